/* parley check: all that serving depends on, one line each. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checks.h"
#include "command.h"
#include "commands.h"
#include "db/conninfo.h"
#include "db/migrate.h"
#include "settings.h"

#define DETAIL_MAX	1024

static check_run	check_settings, check_database, check_migrations;

/* A check may use what those above it found. */
static const struct {
	const char	*what;
	check_run	*run;
} checks[] = {
	{ "settings", check_settings },
	{ "database", check_database },
	{ "migrations", check_migrations },
	{ "clock", check_clock },
	{ "certificate", check_certificate },
	{ "livekit", check_livekit },
	{ "livekit key", check_livekit_key },
	{ "webhook", check_webhook }
};

static const char *const verdicts[] = {
	[VERDICT_OK] = "ok",
	[VERDICT_WARN] = "warn",
	[VERDICT_FAIL] = "fail"
};

int
command_check(int argc, char **argv)
{
	struct findings	findings;
	enum verdict	verdict, worst;
	char		detail[DETAIL_MAX];
	size_t		i;

	if (argc > 0) {
		command_complain("check takes no \"%s\"", argv[0]);
		return (COMMAND_MISUSED);
	}

	worst = VERDICT_OK;
	memset(&findings, 0, sizeof(findings));
	for (i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
		detail[0] = '\0';
		verdict = checks[i].run(&findings, detail, sizeof(detail));
		printf("%-4s  %-12s  %s\n", verdicts[verdict], checks[i].what,
		    detail);
		if (verdict > worst)
			worst = verdict;
		/* Nothing else can be looked at without. */
		if (settings == NULL)
			break;
	}
	if (findings.db != NULL)
		PQfinish(findings.db);

	return (worst == VERDICT_FAIL ? COMMAND_FAILED : COMMAND_OK);
}

static enum verdict
check_settings(struct findings *findings, char *detail, size_t size)
{
	FILE	*complaints;
	char	*said = NULL;
	size_t	len = 0, lines, i;
	int	ok;

	(void)findings;

	if ((complaints = open_memstream(&said, &len)) == NULL) {
		(void)snprintf(detail, size, "out of memory");
		return (VERDICT_FAIL);
	}
	ok = settings_load(SETTINGS_SERVE, complaints);
	(void)fclose(complaints);
	for (lines = 0, i = 0; i < len; i++)
		lines += said[i] == '\n';
	fputs(said, stderr);
	free(said);

	if (ok) {
		settings_print(stdout);
		fputc('\n', stdout);
	}
	if (lines == 0)
		(void)snprintf(detail, size, "all are right");
	else
		(void)snprintf(detail, size, "%zu %s: see the line%s above",
		    lines, ok ? "unwise" : "wrong or missing",
		    lines == 1 ? "" : "s");

	return (!ok ? VERDICT_FAIL : lines > 0 ? VERDICT_WARN : VERDICT_OK);
}

static enum verdict
check_database(struct findings *findings, char *detail, size_t size)
{
	char	place[256];

	if ((findings->db = command_connect(detail, size)) == NULL)
		return (VERDICT_FAIL);

	conninfo_describe(settings->database_url, place, sizeof(place));
	(void)snprintf(detail, size, "%s, PostgreSQL %s", place,
	    PQparameterStatus(findings->db, "server_version"));

	return (VERDICT_OK);
}

static enum verdict
check_migrations(struct findings *findings, char *detail, size_t size)
{
	enum migrate_status	status;

	if (findings->db == NULL) {
		(void)snprintf(detail, size, "not known without the database");
		return (VERDICT_FAIL);
	}

	status = migrate_status(findings->db);
	(void)snprintf(detail, size, "the database is %s",
	    migrate_status_text(status));
	if (status == MIGRATE_CURRENT)
		return (VERDICT_OK);

	return (status == MIGRATE_AHEAD_OK ? VERDICT_WARN : VERDICT_FAIL);
}
