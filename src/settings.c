#include <sys/socket.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <pwd.h>
#include <sched.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "settings.h"
#include "settings_source.h"
#include "settings_url.h"
#include "settings_value.h"

#define SECRET_KEY_MIN		16	/* octets */
#define SECRET_KEY_GOOD		32	/* RFC 7518 section 3.2, for HS256 */
#define LIVEKIT_DEV_SECRET	"secret" /* of livekit-server --dev */

#define PORT_MAX		65535
#define WORKERS_MAX		200	/* Kore counts processes in 8 bits */
#define CONNECTIONS_A_WORKER	4
#define CONNECTIONS_DEFAULT_MAX	80
#define CONNECTIONS_MAX		10000
#define VALUE_SHOWN_MAX		60	/* octets of a wrong value in a message */

#define PLACE(field)		offsetof(struct settings, field)

/* The start of a row: name, default as documented, help. */
#define NEEDED(name, help)	{ name, "required", help, 1, 0 }
#define SECRET(name, help)	{ name, "required", help, 1, 1 }
#define SHOWN(name, fallback, help) { name, fallback, help, 0, 0 }
#define HIDDEN(name, fallback, help) { name, fallback, help, 0, 1 }

/* And its end for whole numbers: a default that is read, and the limits. */
#define WHOLE(field, value, min, max)					\
	settings_read_integer, PLACE(field), value, min, max, NULL
#define TEXT(field, value)						\
	settings_read_text, PLACE(field), value, 1, 0, NULL
#define OTHER(reader, field, value)					\
	settings_read_##reader, PLACE(field), value, 0, 0, NULL
#define RATE(limit, value)						\
	settings_read_rate, PLACE(rates[RATE_LIMIT_##limit]), value, 0, 0, NULL
#define CHOICE(field, value, choices)					\
	settings_read_choice, PLACE(field), value, 0, 0, choices

static const char *const algorithms[] = { "HS256", "HS384", "HS512", NULL };
static const char *const log_formats[] = { "text", "json", NULL };

/* In the order of README.md and contract.md. */
static const struct settings_row rows[] = {
	{ SECRET("DATABASE_URL", "PostgreSQL as a URL: "
	    "postgresql://user:password@host:port/database"),
	    OTHER(database, database_url, NULL) },
	{ SECRET("SECRET_KEY", "signs access tokens; 32 random bytes or more. "
	    "Of several, with commas, the first signs, all verify"),
	    OTHER(lines, secret_key, NULL) },
	{ SHOWN("ALGORITHM", "HS256", "of access tokens: HS256, HS384, HS512"),
	    CHOICE(algorithm, "HS256", algorithms) },
	{ SHOWN("ACCESS_TOKEN_EXPIRE_MINUTES", "30", "life of access tokens"),
	    WHOLE(access_token_expire_minutes, "30", 1, 525600) },
	{ NEEDED("LIVEKIT_URL", "LiveKit as browsers reach it: "
	    "wss://host[:port][/path]"),
	    OTHER(livekit_url, livekit_url, NULL) },
	{ NEEDED("LIVEKIT_API_KEY", "the key LiveKit knows us by; several in "
	    "the same way"),
	    OTHER(lines, livekit_api_key, NULL) },
	{ SECRET("LIVEKIT_API_SECRET", "the secret of that key; of several in "
	    "the same order"),
	    OTHER(lines, livekit_api_secret, NULL) },
	{ SHOWN("LIVEKIT_API_URL", "LIVEKIT_URL as http(s)",
	    "LiveKit as this server reaches it"),
	    OTHER(livekit_api_url, livekit_api_url, NULL) },
	{ SHOWN("LIVEKIT_TOKEN_TTL_SECONDS", "900",
	    "time in which a join token must be used"),
	    WHOLE(livekit_token_ttl_seconds, "900", 1, 86400) },
	{ SHOWN("SEAT_TIMEOUT_SECONDS", "120",
	    "after which a seat that nobody took is given back"),
	    WHOLE(seat_timeout_seconds, "120", 1, 86400) },
	{ SHOWN("RECONCILE_SECONDS", "30",
	    "between two questions to LiveKit who is in its rooms"),
	    WHOLE(reconcile_seconds, "30", 1, 86400) },
	{ SHOWN("HOST", "0.0.0.0", "address to listen on"),
	    TEXT(host, "0.0.0.0") },
	{ SHOWN("PORT", "8000", "of plain HTTP; 0 for none"),
	    WHOLE(port, "8000", 0, PORT_MAX) },
	{ SHOWN("TLS_PORT", "8443", "of HTTPS, once there is a certificate"),
	    WHOLE(tls_port, "8443", 1, PORT_MAX) },
	{ SHOWN("TLS_CERT_FILE", "none", "certificate chain in PEM"),
	    OTHER(path, tls_cert_file, NULL) },
	{ SHOWN("TLS_KEY_FILE", "none", "its private key in PEM"),
	    OTHER(path, tls_key_file, NULL) },
	{ SHOWN("CORS_ORIGINS", "any, without credentials",
	    "origins of frontends that may send credentials, with commas"),
	    OTHER(origins, cors_origins, NULL) },
	{ SHOWN("DEBUG", "false", "allows weak secrets; never in production"),
	    OTHER(flag, debug, "false") },
	{ SHOWN("WORKERS", "number of cores", "processes that answer requests"),
	    WHOLE(workers, NULL, 1, WORKERS_MAX) },
	{ SHOWN("DATABASE_CONNECTIONS", "sized from WORKERS",
	    "to PostgreSQL, of all workers together"),
	    WHOLE(database_connections, NULL, 1, CONNECTIONS_MAX) },
	{ SHOWN("RATE_LIMITS", "on", "off where something else limits"),
	    OTHER(flag, rate_limits, "on") },
	{ SHOWN("RATE_LOGIN", "120/minute", "sign-ins from one address"),
	    RATE(login, "120/minute") },
	{ SHOWN("RATE_LOGIN_FAILURES", "10/minute",
	    "wrong passwords for one account from one address"),
	    RATE(login_failures, "10/minute") },
	{ SHOWN("RATE_LOGIN_ACCOUNT", "100/hour", "wrong passwords for one "
	    "account from anywhere; then each address has one try a minute"),
	    RATE(login_account, "100/hour") },
	{ SHOWN("RATE_REGISTER", "120/hour", "new accounts from one address"),
	    RATE(register, "120/hour") },
	{ SHOWN("RATE_REGISTER_ACCOUNT", "10/minute",
	    "attempts to register one username"),
	    RATE(register_account, "10/minute") },
	{ SHOWN("RATE_REFRESH", "600/minute",
	    "renewed tokens from one address"),
	    RATE(refresh, "600/minute") },
	{ SHOWN("RATE_REFRESH_ACCOUNT", "30/minute",
	    "renewed tokens of one session"),
	    RATE(refresh_account, "30/minute") },
	{ SHOWN("RATE_PASSWORD", "60/minute",
	    "password changes from one address"),
	    RATE(password, "60/minute") },
	{ SHOWN("RATE_PASSWORD_ACCOUNT", "10/minute",
	    "password changes of one user with a wrong password"),
	    RATE(password_account, "10/minute") },
	{ SHOWN("RATE_WRITES", "600/minute", "calls of one user that change "
	    "something"),
	    RATE(writes, "600/minute") },
	{ SHOWN("CONNECTIONS_PER_ADDRESS", "1000",
	    "from one client address; 0 for no limit"),
	    WHOLE(connections_per_address, "1000", 0, 1000000) },
	{ SHOWN("TRUSTED_PROXIES", "none",
	    "networks whose X-Forwarded-For or Forwarded is believed, with "
	    "commas"),
	    OTHER(networks, trusted_proxies, NULL) },
	{ SHOWN("MIN_PASSWORD_LENGTH", "6", "characters of new passwords"),
	    WHOLE(min_password_length, "6", 1, 128) },
	{ HIDDEN("COMMON_PASSWORDS", "none",
	    "passwords that nobody may choose, one a line: a _FILE, mostly"),
	    OTHER(lines, common_passwords, NULL) },
	{ SHOWN("METRICS_LISTEN", "none",
	    "address:port of its own for /metrics"),
	    OTHER(listen, metrics_host, NULL) },
	{ HIDDEN("METRICS_TOKEN", "none", "bearer token that opens /metrics"),
	    TEXT(metrics_token, NULL) },
	{ SHOWN("REFRESH_TOKEN_DAYS", "30", "life of a session"),
	    WHOLE(refresh_token_days, "30", 1, 3650) },
	{ SHOWN("REFRESH_IDLE_DAYS", "14",
	    "after which a session that nobody used ends"),
	    WHOLE(refresh_idle_days, "14", 1, 3650) },
	{ SHOWN("AUDIT_DAYS", "365", "the audit trail is kept"),
	    WHOLE(audit_days, "365", 1, 36500) },
	{ SHOWN("RUN_AS", "nobody", "user of the workers, when started as root"),
	    TEXT(run_as, "nobody") },
	{ SHOWN("CHROOT", "none", "root of the workers, when started as root"),
	    OTHER(path, chroot, NULL) },
	{ SHOWN("LOG_FORMAT", "text on a terminal, else json", "text or json"),
	    CHOICE(log_format, NULL, log_formats) }
};
#define NROWS	(sizeof(rows) / sizeof(rows[0]))

const struct settings	*settings;

static struct settings	current;
static struct arena	memory;
static const char	*given[NROWS];	/* as they came; NULL by default */

static int	load_row(size_t, enum settings_need, FILE *);
static void	derive(void);
static int	split_keys(const char *, const char **, int,
		    struct settings_keys *, FILE *);
static int	split_secrets(FILE *);
static int	check_secrets(FILE *);
static int	check_secret_key(size_t, FILE *);
static int	check_listeners(FILE *);
static int	check_file(const char *, const char *, FILE *);
static int	check_root(FILE *);
static int	complain(FILE *, const char *, ...)
		    __attribute__((format(printf, 2, 3)));

int
settings_load(enum settings_need need, FILE *complaints)
{
	size_t	i;
	int	ok;

	settings_cleanup();
	arena_init(&memory);

	ok = source_open(&memory, complaints);
	for (i = 0; i < NROWS; i++)
		ok &= load_row(i, need, complaints);
	for (i = 0; i < NROWS; i++) {
		if (rows[i].shown.secret)
			source_wipe(rows[i].shown.name);
	}
	source_close();

	/* What has to fit together is only known when all of it is right. */
	if (ok)
		derive();
	ok = ok && split_secrets(complaints);
	if (ok && need == SETTINGS_SERVE) {
		ok &= check_secrets(complaints);
		ok &= check_listeners(complaints);
		ok &= check_root(complaints);
	}
	if (!ok) {
		settings_cleanup();
		return (0);
	}
	settings = &current;

	return (1);
}

void
settings_cleanup(void)
{
	arena_cleanup(&memory);
	memset(&current, 0, sizeof(current));
	memset(given, 0, sizeof(given));
	settings = NULL;
}

const struct setting *
settings_row(size_t i)
{
	return (i < NROWS ? &rows[i].shown : NULL);
}

void
settings_print(FILE *out)
{
	const struct setting	*row;
	const char		*value;
	size_t			i;

	for (i = 0; i < NROWS; i++) {
		row = &rows[i].shown;
		if (given[i] != NULL)
			value = row->secret ? "(hidden)" : given[i];
		else if (rows[i].value != NULL)
			value = rows[i].value;
		else
			value = "(unset)";
		fprintf(out, "%-28s %-28s %s\n", row->name, value, row->help);
	}
}

void
settings_print_help(FILE *out)
{
	size_t	i;

	for (i = 0; i < NROWS; i++)
		fprintf(out, "%-28s %-30s %s\n", rows[i].shown.name,
		    rows[i].shown.fallback, rows[i].shown.help);
}

static int
load_row(size_t i, enum settings_need need, FILE *complaints)
{
	const struct settings_row	*row;
	const char			*value;
	char				why[256];

	row = &rows[i];
	switch (source_find(&memory, row->shown.name,
	    row->read == settings_read_lines, &value, complaints)) {
	case SOURCE_FOUND:
		given[i] = value;
		break;
	case SOURCE_UNSET:
		if (row->shown.required && (need == SETTINGS_SERVE ||
		    row->place == PLACE(database_url)))
			return (complain(complaints, "%s: missing; it is %s",
			    row->shown.name, row->shown.help));
		if ((value = row->value) == NULL)
			return (1);
		break;
	default:
		return (0);
	}

	if (row->read(row, value, &current, &memory, why, sizeof(why)))
		return (1);
	if (row->shown.secret)
		return (complain(complaints, "%s: %s", row->shown.name, why));

	return (complain(complaints, "%s: \"%.*s\" is %s", row->shown.name,
	    VALUE_SHOWN_MAX, value, why));
}

/* Defaults that depend on other settings or on the machine. */
static void
derive(void)
{
	cpu_set_t	ours;
	int		cores;

	/* Those that we may use: taskset and containers give fewer. */
	if (current.workers == 0) {
		cores = sched_getaffinity(0, sizeof(ours), &ours) == 0 ?
		    CPU_COUNT(&ours) : (int)sysconf(_SC_NPROCESSORS_ONLN);
		current.workers = cores < 1 ? 1 :
		    cores > WORKERS_MAX ? WORKERS_MAX : cores;
	}
	if (current.database_connections == 0) {
		current.database_connections = CONNECTIONS_A_WORKER *
		    current.workers;
		/* PostgreSQL's own default is 100 for everybody. */
		if (current.database_connections > CONNECTIONS_DEFAULT_MAX)
			current.database_connections =
			    current.workers > CONNECTIONS_DEFAULT_MAX ?
			    current.workers : CONNECTIONS_DEFAULT_MAX;
	}
	if (current.livekit_api_url == NULL && current.livekit_url != NULL)
		current.livekit_api_url = url_as_http(&memory,
		    current.livekit_url);
}

/* Takes the list that text holds apart; text is then the first of it. */
static int
split_keys(const char *name, const char **text, int commas,
    struct settings_keys *keys, FILE *complaints)
{
	if (*text == NULL)
		return (1);
	if (!settings_split_keys(&memory, *text, commas, keys))
		return (complain(complaints, "%s: lists more than %d keys",
		    name, SETTINGS_KEYS_MAX));
	if (keys->n == 0)
		return (complain(complaints, "%s: lists no key", name));
	*text = keys->keys[0];

	return (1);
}

static int
split_secrets(FILE *complaints)
{
	int	ok;

	ok = split_keys("SECRET_KEY", &current.secret_key, 1,
	    &current.secret_keys, complaints);
	ok &= split_keys("LIVEKIT_API_KEY", &current.livekit_api_key, 1,
	    &current.livekit_api_keys, complaints);
	/* One key has one secret, and a comma is a part of that. */
	ok &= split_keys("LIVEKIT_API_SECRET", &current.livekit_api_secret,
	    current.livekit_api_keys.n > 1, &current.livekit_api_secrets,
	    complaints);
	if (ok && current.livekit_api_key != NULL &&
	    current.livekit_api_secret != NULL &&
	    current.livekit_api_keys.n != current.livekit_api_secrets.n)
		ok = complain(complaints, "LIVEKIT_API_SECRET: lists %zu, "
		    "while LIVEKIT_API_KEY lists %zu",
		    current.livekit_api_secrets.n, current.livekit_api_keys.n);

	return (ok);
}

static int
check_secrets(FILE *complaints)
{
	size_t	i;
	int	ok;

	ok = 1;
	for (i = 0; i < current.secret_keys.n; i++)
		ok &= check_secret_key(i, complaints);

	for (i = 0; i < current.livekit_api_secrets.n; i++) {
		if (strcmp(current.livekit_api_secrets.keys[i],
		    LIVEKIT_DEV_SECRET) == 0 && !current.debug &&
		    !url_is_loopback(current.livekit_url))
			ok = complain(complaints, "LIVEKIT_API_SECRET: the one "
			    "of LiveKit's development mode, which is only "
			    "allowed with a LIVEKIT_URL on this machine or "
			    "with DEBUG=true");
	}

	return (ok);
}

static int
check_secret_key(size_t i, FILE *complaints)
{
	char	which[32] = "";
	size_t	len;

	len = strlen(current.secret_keys.keys[i]);
	if (current.secret_keys.n > 1)
		(void)snprintf(which, sizeof(which), "number %zu is ", i + 1);

	if (len < SECRET_KEY_MIN && !current.debug)
		return (complain(complaints, "SECRET_KEY: %sshorter than %d "
		    "octets, which is only allowed with DEBUG=true; "
		    "`openssl rand -hex 32` makes a good one", which,
		    SECRET_KEY_MIN));
	if (len < SECRET_KEY_GOOD)
		(void)complain(complaints, "warning: SECRET_KEY: %sshorter "
		    "than %d octets; `openssl rand -hex 32` makes a good one",
		    which, SECRET_KEY_GOOD);

	return (1);
}

static int
check_listeners(FILE *complaints)
{
	struct addrinfo	hints, *found;
	int		error, ok;

	ok = 1;
	if (current.workers > current.database_connections)
		ok = complain(complaints, "DATABASE_CONNECTIONS: %d, but each "
		    "of the %d workers needs one",
		    current.database_connections, current.workers);
	if ((current.tls_cert_file == NULL) != (current.tls_key_file == NULL))
		ok = complain(complaints, "TLS_%s_FILE: missing, while "
		    "TLS_%s_FILE is given",
		    current.tls_cert_file == NULL ? "CERT" : "KEY",
		    current.tls_cert_file == NULL ? "KEY" : "CERT");
	if (current.tls_cert_file == NULL && current.port == 0)
		ok = complain(complaints, "PORT: 0, and there is no "
		    "TLS_CERT_FILE: nothing to serve");
	if (current.tls_cert_file != NULL && current.port == current.tls_port)
		ok = complain(complaints, "TLS_PORT: %d is also PORT",
		    current.tls_port);
	ok &= check_file("TLS_CERT_FILE", current.tls_cert_file, complaints);
	ok &= check_file("TLS_KEY_FILE", current.tls_key_file, complaints);

	memset(&hints, 0, sizeof(hints));
	hints.ai_socktype = SOCK_STREAM;
	hints.ai_flags = AI_PASSIVE;
	if ((error = getaddrinfo(current.host, NULL, &hints, &found)) != 0)
		ok = complain(complaints, "HOST: \"%s\" is no address of this "
		    "machine: %s", current.host, gai_strerror(error));
	else
		freeaddrinfo(found);

	return (ok);
}

static int
check_file(const char *name, const char *path, FILE *complaints)
{
	int	fd;

	if (path == NULL)
		return (1);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		return (complain(complaints, "%s: %s cannot be read: %s", name,
		    path, strerror(errno)));
	(void)close(fd);

	return (1);
}

static int
check_root(FILE *complaints)
{
	struct stat	st;
	int		ok;

	if (geteuid() != 0)
		return (1);

	ok = 1;
	if (getpwnam(current.run_as) == NULL)
		ok = complain(complaints, "RUN_AS: there is no user \"%s\"",
		    current.run_as);
	if (current.chroot != NULL &&
	    (stat(current.chroot, &st) == -1 || !S_ISDIR(st.st_mode)))
		ok = complain(complaints, "CHROOT: %s is no directory",
		    current.chroot);

	return (ok);
}

/* Writes one line; 0, so that it can be returned. */
static int
complain(FILE *complaints, const char *fmt, ...)
{
	va_list	args;

	fputs("parley: ", complaints);
	va_start(args, fmt);
	(void)vfprintf(complaints, fmt, args);
	va_end(args);
	fputc('\n', complaints);

	return (0);
}
