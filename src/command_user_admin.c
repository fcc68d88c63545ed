#include <stdio.h>
#include <string.h>

#include "command.h"
#include "commands.h"
#include "db/migrate.h"
#include "db/statements.h"
#include "settings.h"

/* In a caller's place: nobody's, from here (see identity/caller.h). */
#define CALLER	"\n\ncommand\nparley user admin"

static int	admin_set(PGconn *, const char *, int);

int
command_user_admin(int argc, char **argv)
{
	enum migrate_status	status;
	PGconn			*db;
	const char		*name = NULL;
	char			why[1024];
	int			i, ok, revoke = 0;

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
	else if ((ok = admin_set(db, name, !revoke)))
		printf("%s is %s administrator\n", name,
		    revoke ? "no longer an" : "an");
	PQfinish(db);

	return (ok ? COMMAND_OK : COMMAND_FAILED);
}

static int
admin_set(PGconn *db, const char *name, int granted)
{
	const char	*values[3], *message;
	PGresult	*result;
	int		ok = 0;

	values[0] = CALLER;
	values[1] = name;
	values[2] = granted ? "true" : "false";
	result = PQexecParams(db, statements[STATEMENT_user_admin].sql, 3,
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
