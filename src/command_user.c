/* parley user add: an account without the web. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "command.h"
#include "commands.h"
#include "data/arena.h"
#include "data/email.h"
#include "data/passphrase.h"
#include "data/utf8.h"
#include "db/migrate.h"
#include "db/statements.h"
#include "identity/password.h"
#include "settings.h"

/* As contract.md limits them, in characters. */
#define USERNAME_MAX	50
#define FULL_NAME_MAX	100
#define EMAIL_MAX	100
#define PASSWORD_MAX	128

#define PASSWORD_OCTETS	(PASSWORD_MAX * UTF8_MAX + 2)

struct account {
	const char	*username;
	const char	*email;
	const char	*full_name;	/* or NULL */
	int		password_stdin;
	char		password[PASSWORD_OCTETS];
};

static volatile sig_atomic_t	prompt_signal;

static int	parse(int, char **, struct account *);
static int	account_is_right(struct arena *, struct account *);
static int	is_label(const char *, size_t);
static int	password_get(struct account *);
static int	password_prompt(int, const char *, char *);
static int	password_line(int, const sigset_t *, char *);
static int	password_is_right(const char *);
static void	prompt_interrupted(int);
static int	account_add(const struct account *);
static int	account_hash(const struct account *, char *, size_t);
static int	account_insert(PGconn *, const struct account *, const char *);

int
command_user_add(int argc, char **argv)
{
	struct account	account;
	struct arena	arena;
	int		ok;

	memset(&account, 0, sizeof(account));
	if (!parse(argc, argv, &account))
		return (COMMAND_MISUSED);
	if (!settings_load(SETTINGS_DATABASE, stderr))
		return (COMMAND_FAILED);

	passphrase_init(settings->common_passwords);
	arena_init(&arena);
	ok = account_is_right(&arena, &account) && password_get(&account) &&
	    account_add(&account);
	explicit_bzero(account.password, sizeof(account.password));
	if (ok)
		printf("added %s\n", account.username);
	arena_cleanup(&arena);

	return (ok ? COMMAND_OK : COMMAND_FAILED);
}

static int
parse(int argc, char **argv, struct account *account)
{
	int	i, options;

	options = 1;
	for (i = 0; i < argc; i++) {
		if (options && strcmp(argv[i], "--") == 0) {
			options = 0;
		} else if (options && strcmp(argv[i], "--password-stdin") == 0) {
			account->password_stdin = 1;
		} else if (options && strcmp(argv[i], "--full-name") == 0 &&
		    i + 1 < argc) {
			account->full_name = argv[++i];
		} else if (options && argv[i][0] == '-') {
			command_complain("user add takes no \"%s\" here; see "
			    "`parley help user add'", argv[i]);
			return (0);
		} else if (account->username == NULL) {
			account->username = argv[i];
		} else if (account->email == NULL) {
			account->email = argv[i];
		} else {
			command_complain("user add takes a name and an e-mail "
			    "address and no \"%s\"", argv[i]);
			return (0);
		}
	}
	if (account->email == NULL) {
		command_complain("user add needs a name and an e-mail address; "
		    "see `parley help user add'");
		return (0);
	}

	return (1);
}

static int
account_is_right(struct arena *arena, struct account *account)
{
	struct span	email, normal;
	const char	*why;

	if (!is_label(account->username, USERNAME_MAX)) {
		command_complain("the name must have 1 to %d characters, no "
		    "control characters, in UTF-8", USERNAME_MAX);
		return (0);
	}
	if (account->full_name != NULL &&
	    !is_label(account->full_name, FULL_NAME_MAX)) {
		command_complain("the full name must have 1 to %d characters, "
		    "no control characters, in UTF-8", FULL_NAME_MAX);
		return (0);
	}

	email = span_of(account->email);
	if (!email_normalize(arena, email, &normal, &why)) {
		command_complain("the e-mail address is not valid: %s", why);
		return (0);
	}
	if (utf8_length(normal) > EMAIL_MAX) {
		command_complain("the e-mail address has more than %d "
		    "characters", EMAIL_MAX);
		return (0);
	}
	account->email = arena_strndup(arena, normal.data, normal.len);

	return (1);
}

static int
is_label(const char *text, size_t max)
{
	struct span	label = span_of(text);
	size_t		used;
	int32_t		point;

	if (!utf8_valid(label) || label.len == 0 || utf8_length(label) > max)
		return (0);
	while (label.len > 0) {
		point = utf8_next(label, &used);
		if (point < 0x20 || (point >= 0x7f && point < 0xa0))
			return (0);
		label.data += used;
		label.len -= used;
	}

	return (1);
}

/* Never an argument: those are seen by everybody on the machine. */
static int
password_get(struct account *account)
{
	char	again[PASSWORD_OCTETS];
	int	tty, ok;

	if (account->password_stdin) {
		if (!password_line(STDIN_FILENO, NULL, account->password)) {
			command_complain("no password on standard input, or "
			    "one that is too long");
			return (0);
		}
		return (password_is_right(account->password));
	}

	if (!isatty(STDIN_FILENO) ||
	    (tty = open("/dev/tty", O_RDWR | O_CLOEXEC)) == -1) {
		command_complain("there is no terminal to ask for the password "
		    "on; give it as a line with --password-stdin");
		return (0);
	}
	ok = password_prompt(tty, "Password: ", account->password) &&
	    password_is_right(account->password) &&
	    password_prompt(tty, "Again: ", again);
	(void)close(tty);
	if (ok && strcmp(account->password, again) != 0) {
		command_complain("the two passwords differ");
		ok = 0;
	}
	explicit_bzero(again, sizeof(again));

	return (ok);
}

/* Echo comes back also when the user gives up with Ctrl-C. */
static int
password_prompt(int tty, const char *prompt, char *out)
{
	static const int	signals[] = {
		SIGINT, SIGTERM, SIGHUP, SIGQUIT
	};
	struct sigaction	action, saved[4];
	struct termios		normal, quiet;
	sigset_t		blocked, before;
	size_t			i;
	int			ok;

	if (tcgetattr(tty, &normal) == -1) {
		command_complain("the terminal cannot be used: %s",
		    strerror(errno));
		return (0);
	}
	prompt_signal = 0;
	memset(&action, 0, sizeof(action));
	action.sa_handler = prompt_interrupted;
	(void)sigemptyset(&blocked);
	for (i = 0; i < 4; i++) {
		(void)sigaction(signals[i], &action, &saved[i]);
		(void)sigaddset(&blocked, signals[i]);
	}
	/* They come in only while password_line() waits. */
	(void)sigprocmask(SIG_BLOCK, &blocked, &before);
	quiet = normal;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	(void)tcsetattr(tty, TCSAFLUSH, &quiet);

	(void)dprintf(tty, "%s", prompt);
	ok = password_line(tty, &before, out);
	(void)dprintf(tty, "\n");

	(void)tcsetattr(tty, TCSAFLUSH, &normal);
	for (i = 0; i < 4; i++)
		(void)sigaction(signals[i], &saved[i], NULL);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	if (prompt_signal != 0)
		(void)raise(prompt_signal);
	if (!ok)
		command_complain("no password, or one that is too long");

	return (ok);
}

static void
prompt_interrupted(int number)
{
	prompt_signal = number;
}

/*
 * A line without its end into PASSWORD_OCTETS octets; not through stdio, which
 * would keep a copy. The mask holds while it waits; a signal ends it.
 */
static int
password_line(int fd, const sigset_t *mask, char *out)
{
	struct pollfd	ready = { fd, POLLIN, 0 };
	size_t		len;
	ssize_t		n;
	char		c;

	for (len = 0;; out[len++] = c) {
		if (ppoll(&ready, 1, NULL, mask) == -1)
			return (0);
		if ((n = read(fd, &c, 1)) == -1)
			return (0);
		if (n == 0 || c == '\n')
			break;
		if (c == '\0' || len == PASSWORD_OCTETS - 1)
			return (0);
	}
	if (len > 0 && out[len - 1] == '\r')
		len--;
	out[len] = '\0';

	return (len > 0);
}

static int
password_is_right(const char *password)
{
	struct span	text = span_of(password);

	if (utf8_valid(text) && passphrase_length(text) <= PASSWORD_MAX &&
	    passphrase_length(text) >= (size_t)settings->min_password_length) {
		if (!passphrase_is_common(text))
			return (1);
		command_complain("the password is one of the most common ones");
		return (0);
	}
	command_complain("the password must have %d to %d characters, in UTF-8",
	    settings->min_password_length, PASSWORD_MAX);

	return (0);
}

static int
account_add(const struct account *account)
{
	enum migrate_status	status;
	PGconn			*db;
	char			why[1024], hash[PASSWORD_HASH_MAX];
	int			ok;

	if ((db = command_connect(why, sizeof(why))) == NULL) {
		command_complain("the database cannot be reached: %s", why);
		return (0);
	}
	ok = 0;
	status = migrate_status(db);
	if (status != MIGRATE_CURRENT && status != MIGRATE_AHEAD_OK)
		command_complain("the database is %s",
		    migrate_status_text(status));
	else if (!account_hash(account, hash, sizeof(hash)))
		command_complain("the password could not be hashed");
	else
		ok = account_insert(db, account, hash);
	PQfinish(db);

	return (ok);
}

static int
account_hash(const struct account *account, char *hash, size_t size)
{
	struct span	text;
	char		*normal;
	size_t		len;
	int		ok;

	text = span_of(account->password);
	if ((normal = passphrase_normal(text, &len)) == NULL)
		return (0);
	ok = password_hash(normal, len, hash, size);
	passphrase_free(normal, len);

	return (ok);
}

/* By the statement that registers; its first column is the outcome. */
static int
account_insert(PGconn *db, const struct account *account, const char *hash)
{
	const char	*values[4], *outcome, *message;
	PGresult	*result;
	int		ok;

	values[0] = account->username;
	values[1] = account->email;
	values[2] = hash;
	values[3] = account->full_name;
	result = PQexecParams(db, statements[STATEMENT_user_register].sql, 4,
	    NULL, values, NULL, NULL, 0);

	ok = 0;
	if (PQresultStatus(result) != PGRES_TUPLES_OK ||
	    PQntuples(result) != 1) {
		message = PQresultErrorMessage(result);
		command_complain("the database refused: %.*s",
		    (int)strcspn(message, "\n"), message);
	} else {
		outcome = PQgetvalue(result, 0, 0);
		ok = strcmp(outcome, "ok") == 0;
		if (strcmp(outcome, "email_taken") == 0)
			command_complain("the e-mail address is another "
			    "user's already");
		else if (!ok)
			command_complain("the name is taken");
	}
	PQclear(result);

	return (ok);
}
