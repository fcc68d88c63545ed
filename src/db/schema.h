#ifndef PARLEY_DB_SCHEMA_H
#define PARLEY_DB_SCHEMA_H

#include <libpq-fe.h>

#include "data/span.h"
#include "db/migrate.h"

/* What this program knows of the schema, and what a database has of it. */

/*
 * Every file of sql/migrations: number, name, and 1 when a program that does
 * not know it must not run on a database that has it. Numbers only grow; an
 * applied file never changes. kodev turns sql/.../NAME.sql into a
 * NUL-terminated asset_NAME_sql.
 */
#define MIGRATIONS(X)				\
	X(1, 0001_base, 0)			\
	X(2, 0002_seats, 0)			\
	X(3, 0003_visits_outbox, 0)		\
	X(4, 0004_presence, 0)			\
	X(5, 0005_attendance, 0)		\
	X(6, 0006_sessions, 0)			\
	X(7, 0007_audit, 0)			\
	X(9, 0009_livekit_look, 0)		\
	X(10, 0010_schedule, 0)			\
	X(11, 0011_permissions, 0)

/*
 * Every file of sql/functions, in the order they are applied: answers.sql drops
 * the types that others give back, so all are applied when one has changed. A
 * file holds one function, by its own name (answers.sql sees to its views).
 */
#define FUNCTIONS(X)				\
	X(answers)				\
	X(caller)				\
	X(room_by_ref)				\
	X(audit_note)				\
	X(may_command)				\
	X(seen_room)				\
	X(command_room)				\
	X(register_user)			\
	X(update_account)			\
	X(begin_session)			\
	X(refresh_session)			\
	X(end_session)				\
	X(delete_session)			\
	X(change_password)			\
	X(switch_account)			\
	X(set_active)				\
	X(set_admin)				\
	X(create_room)				\
	X(update_room)				\
	X(delete_room)				\
	X(room_is_full)				\
	X(permission_of)			\
	X(permit_participant)			\
	X(join_room)				\
	X(leave_room)				\
	X(livekit_errand)			\
	X(livekit_warn)				\
	X(next_alarm)				\
	X(arm_room)				\
	X(run_schedule)				\
	X(settle_seat)				\
	X(livekit_visit)			\
	X(livekit_report)			\
	X(livekit_tracks)			\
	X(livekit_repair)			\
	X(expel)				\
	X(remove_participant)			\
	X(ban_user)				\
	X(unban_user)

#define SCHEMA_COUNT_MIGRATION(number, name, breaking)	+ 1
#define SCHEMA_COUNT_FUNCTION(name)			+ 1
#define SCHEMA_MIGRATIONS	(0 MIGRATIONS(SCHEMA_COUNT_MIGRATION))
#define SCHEMA_FUNCTIONS	(0 FUNCTIONS(SCHEMA_COUNT_FUNCTION))

#define SCHEMA_CHECKSUM_LEN	(32 * 2 + 1)	/* SHA-256 in hex, and NUL */

struct schema_migration {
	int		number;
	const char	*name;
	const char	*sql;
	int		breaking;
};

struct schema_function {
	const char	*name;
	const char	*sql;
};

extern const struct schema_migration	schema_migrations[SCHEMA_MIGRATIONS];
extern const struct schema_function	schema_functions[SCHEMA_FUNCTIONS];
extern const char			*const schema_bookkeeping;
extern const char			*const schema_survey;

struct schema_state {
	enum migrate_status		status;
	int				applied[SCHEMA_MIGRATIONS];
	int				newest;	/* of all it has; 0: none */
	const struct schema_migration	*changed; /* has another text there */
	int				functions_missing;
	int				functions_changed;
};

/*
 * Reads what a database has. Returns 0 when it does not answer or does not let
 * us look; PQerrorMessage then says why.
 */
int	schema_read(PGconn *, struct schema_state *) MUST_CHECK;

void	schema_checksum(const char *text, char out[SCHEMA_CHECKSUM_LEN]);

#endif
