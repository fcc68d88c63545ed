#ifndef PARLEY_DB_MIGRATE_H
#define PARLEY_DB_MIGRATE_H

#include <stdio.h>

#include <libpq-fe.h>

#include "data/span.h"

/*
 * The schema. Migrations are the numbered files of sql/migrations, each run
 * once in a transaction of its own and recorded with its checksum in
 * schema_migrations; functions are the files of sql/functions, run again
 * whenever their text changed. migrate.c holds the table of both.
 */
enum migrate_status {
	MIGRATE_CURRENT,
	MIGRATE_NOT_MIGRATED,	/* nothing was ever applied */
	MIGRATE_BEHIND,		/* some of ours are missing */
	MIGRATE_AHEAD_OK,	/* newer, but made for us to run on */
	MIGRATE_AHEAD_BREAKING,	/* newer, and not ours to touch */
	MIGRATE_CHANGED,	/* an applied migration is not our file */
	MIGRATE_UNREADABLE	/* the question failed: PQerrorMessage */
};

/*
 * Compares an open connection's schema with this binary's, without changing
 * anything. Synchronous, may be called in a thread.
 */
enum migrate_status	migrate_status(PGconn *);

/* What a status means and what to do about it: one line. */
const char	*migrate_status_text(enum migrate_status);

/*
 * Brings the schema up to date, saying on out what is done, or with dry_run
 * what would be done. Waits for another migration that is running. Returns 0,
 * with one line on complaints, when it could not: everything before the
 * failing migration stays applied, nothing of the failing one.
 */
int	migrate_run(PGconn *, int dry_run, FILE *out, FILE *complaints)
	    MUST_CHECK;

#endif
