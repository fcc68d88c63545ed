#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "command.h"
#include "commands.h"
#include "db/conninfo.h"
#include "db/migrate.h"
#include "log.h"
#include "settings.h"

#define NAME_WORDS_MAX	2	/* of a command: "user add" */

struct command {
	const char	*name;
	const char	*arguments;
	const char	*help;
	command_run	*run;
};

static command_run	run_serve, run_migrate, run_version, run_help;

static const struct command	commands[] = {
	{ "serve", "", "answer requests, in the foreground, until SIGTERM",
	    run_serve },
	{ "migrate", "[--dry-run]",
	    "bring the database up to date, or only say what that would do",
	    run_migrate },
	{ "check", "",
	    "show the settings and look at all that serving depends on",
	    command_check },
	{ "user add", "NAME EMAIL [--full-name TEXT] [--password-stdin]",
	    "make an account; asks for the password, or reads it as a line",
	    command_user_add },
	{ "user admin", "NAME [--revoke]",
	    "make somebody an administrator, or take that away",
	    command_user_admin },
	{ "user deactivate", "NAME",
	    "switch an account off: its sessions end, it leaves all calls",
	    command_user_deactivate },
	{ "user reactivate", "NAME", "let somebody sign in again",
	    command_user_reactivate },
	{ "version", "", "print the versions of parley and its libraries",
	    run_version },
	{ "help", "[COMMAND | settings]",
	    "print this, one command or all settings", run_help }
};
#define NCOMMANDS	(sizeof(commands) / sizeof(commands[0]))

static const struct command	*find(int, char **, int *);
static void			print_command(FILE *, const struct command *);
static void			print_all(FILE *);

int
command_main(int argc, char **argv)
{
	const struct command	*command;
	int			words;

	if (argc < 2) {
		print_all(stderr);
		return (COMMAND_MISUSED);
	}
	if (strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "--help") == 0)
		return (run_help(argc - 2, argv + 2));
	if (strcmp(argv[1], "--version") == 0)
		return (run_version(argc - 2, argv + 2));

	command = find(argc - 1, argv + 1, &words);
	if (command == NULL) {
		command_complain("there is no command \"%s\"; "
		    "`parley help' lists them", argv[1]);
		return (COMMAND_MISUSED);
	}
	argc -= 1 + words;
	argv += 1 + words;
	if (argc > 0 && (strcmp(argv[0], "-h") == 0 ||
	    strcmp(argv[0], "--help") == 0)) {
		print_command(stdout, command);
		return (COMMAND_OK);
	}

	return (command->run(argc, argv));
}

void
command_complain(const char *fmt, ...)
{
	va_list	args;

	fputs("parley: ", stderr);
	va_start(args, fmt);
	(void)vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
}

PGconn *
command_connect(char *why, size_t whylen)
{
	PGconn	*db;
	char	*p;

	db = PQconnectdb(settings->database_url);
	if (PQstatus(db) == CONNECTION_OK)
		return (db);

	/* It may have a line for each host that was tried. */
	(void)snprintf(why, whylen, "%s", PQerrorMessage(db));
	for (p = why; *p != '\0'; p++) {
		if (*p == '\n')
			*p = p[1] == '\0' ? '\0' : ' ';
	}
	PQfinish(db);

	return (NULL);
}

/* The command whose name the words begin with, and how many it has. */
static const struct command *
find(int argc, char **argv, int *words)
{
	char	name[64];
	size_t	i;

	for (*words = 1; *words <= NAME_WORDS_MAX && *words <= argc;
	    (*words)++) {
		(void)snprintf(name, sizeof(name), "%s%s%s", argv[0],
		    *words > 1 ? " " : "", *words > 1 ? argv[1] : "");
		for (i = 0; i < NCOMMANDS; i++) {
			if (strcmp(name, commands[i].name) == 0)
				return (&commands[i]);
		}
	}

	return (NULL);
}

static int
run_serve(int argc, char **argv)
{
	if (argc > 0) {
		command_complain("serve takes no \"%s\"; everything is a "
		    "setting: `parley help settings'", argv[0]);
		return (COMMAND_MISUSED);
	}
	if (!settings_load(SETTINGS_SERVE, stderr))
		return (COMMAND_FAILED);

	log_init_name(settings->log_format);
	log_set_process("parent");

	return (COMMAND_SERVE);
}

static int
run_migrate(int argc, char **argv)
{
	PGconn	*db;
	char	why[1024];
	int	dry_run, ok;

	dry_run = argc == 1 && strcmp(argv[0], "--dry-run") == 0;
	if (argc > dry_run) {
		command_complain("migrate takes no \"%s\", only --dry-run",
		    argv[dry_run]);
		return (COMMAND_MISUSED);
	}
	if (!settings_load(SETTINGS_DATABASE, stderr))
		return (COMMAND_FAILED);
	if ((db = command_connect(why, sizeof(why))) == NULL) {
		command_complain("the database cannot be reached: %s", why);
		return (COMMAND_FAILED);
	}
	ok = migrate_run(db, dry_run, stdout, stderr);
	PQfinish(db);

	return (ok ? COMMAND_OK : COMMAND_FAILED);
}

static int
run_version(int argc, char **argv)
{
	int	libpq;

	(void)argc;
	(void)argv;

	libpq = PQlibVersion();
	printf("parley %s (libpq %d.%d, %s)\n", PARLEY_VERSION, libpq / 10000,
	    libpq % 10000, OpenSSL_version(OPENSSL_VERSION));

	return (COMMAND_OK);
}

static int
run_help(int argc, char **argv)
{
	const struct command	*command;
	int			words;

	if (argc == 0) {
		print_all(stdout);
		return (COMMAND_OK);
	}
	if (argc == 1 && strcmp(argv[0], "settings") == 0) {
		settings_print_help(stdout);
		return (COMMAND_OK);
	}

	command = find(argc, argv, &words);
	if (command == NULL || words != argc) {
		command_complain("there is no command \"%s\"; "
		    "`parley help' lists them", argv[0]);
		return (COMMAND_MISUSED);
	}
	print_command(stdout, command);

	return (COMMAND_OK);
}

static void
print_command(FILE *out, const struct command *command)
{
	fprintf(out, "parley %s%s%s\n    %s\n", command->name,
	    command->arguments[0] == '\0' ? "" : " ", command->arguments,
	    command->help);
}

static void
print_all(FILE *out)
{
	size_t	i;

	for (i = 0; i < NCOMMANDS; i++)
		print_command(out, &commands[i]);
	fputs("\nSettings are environment variables, files named by NAME_FILE, "
	    "or lines of .env:\n`parley help settings' lists them.\n", out);
}
