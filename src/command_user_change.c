/* parley user admin, deactivate, reactivate: what an account is changed to. */
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "commands.h"
#include "db/migrate.h"
#include "db/statements.h"
#include "settings.h"

struct change {
	const char		*command;
	enum statement_id	statement;	/* of a name and a value */
	const char		*value;
	const char		*said;		/* of whose account it was */
};

static const struct change	admin = {
	"user admin", STATEMENT_user_admin, "true", "is an administrator"
};
static const struct change	no_admin = {
	"user admin", STATEMENT_user_admin, "false",
	"is no longer an administrator"
};
static const struct change	deactivate = {
	"user deactivate", STATEMENT_user_switch, "false",
	"is switched off, signed out and out of all calls"
};
static const struct change	reactivate = {
	"user reactivate", STATEMENT_user_switch, "true", "may sign in again"
};

static int	named(const struct change *, int, char **);
static int	account_change(const struct change *, const char *);
static int	change_run(PGconn *, const struct change *, const char *);

int
command_user_admin(int argc, char **argv)
{
	const char	*name = NULL;
	int		i, revoke = 0;

	for (i = 0; i < argc; i++) {
		if (strcmp(argv[i], "--revoke") == 0) {
			revoke = 1;
		} else if (name == NULL && argv[i][0] != '-') {
			name = argv[i];
		} else {
			command_complain("user admin takes a name and "
			    "--revoke, and no \"%s\"", argv[i]);
			return (COMMAND_MISUSED);
		}
	}
	if (name == NULL) {
		command_complain("user admin needs a name; see "
		    "`parley help user admin'");
		return (COMMAND_MISUSED);
	}

	return (account_change(revoke ? &no_admin : &admin, name));
}

int
command_user_deactivate(int argc, char **argv)
{
	return (named(&deactivate, argc, argv));
}

int
command_user_reactivate(int argc, char **argv)
{
	return (named(&reactivate, argc, argv));
}

/* A command that takes a name and nothing else. */
static int
named(const struct change *change, int argc, char **argv)
{
	if (argc != 1 || argv[0][0] == '-') {
		command_complain("%s takes a name and nothing else; see "
		    "`parley help %s'", change->command, change->command);
		return (COMMAND_MISUSED);
	}

	return (account_change(change, argv[0]));
}

static int
account_change(const struct change *change, const char *name)
{
	enum migrate_status	status;
	PGconn			*db;
	char			why[1024];
	int			ok;

	if (!settings_load(SETTINGS_DATABASE, stderr))
		return (COMMAND_FAILED);

	if ((db = command_connect(why, sizeof(why))) == NULL) {
		command_complain("the database cannot be reached: %s", why);
		return (COMMAND_FAILED);
	}
	status = migrate_status(db);
	ok = status == MIGRATE_CURRENT || status == MIGRATE_AHEAD_OK;
	if (!ok)
		command_complain("the database is %s",
		    migrate_status_text(status));
	else if ((ok = change_run(db, change, name)))
		printf("%s %s\n", name, change->said);
	PQfinish(db);

	return (ok ? COMMAND_OK : COMMAND_FAILED);
}

static int
change_run(PGconn *db, const struct change *change, const char *name)
{
	const char	*values[3], *message;
	PGresult	*result;
	char		caller[64];
	int		ok = 0;

	/* Nobody's, from here: see identity/caller.h. */
	(void)snprintf(caller, sizeof(caller), "\n\ncommand\nparley %s",
	    change->command);
	values[0] = caller;
	values[1] = name;
	values[2] = change->value;
	result = PQexecParams(db, statements[change->statement].sql, 3,
	    NULL, values, NULL, NULL, 0);
	if (PQresultStatus(result) != PGRES_TUPLES_OK ||
	    PQntuples(result) != 1) {
		message = PQresultErrorMessage(result);
		command_complain("the database refused: %.*s",
		    (int)strcspn(message, "\n"), message);
	} else if (strcmp(PQgetvalue(result, 0, 0), "ok") == 0) {
		ok = 1;
	} else {
		command_complain("there is no user of that name");
	}
	PQclear(result);

	return (ok);
}
