#ifndef PARLEY_DB_STATEMENTS_H
#define PARLEY_DB_STATEMENTS_H

/*
 * Every statement the workers run: one row here, one file in sql/statements/.
 *
 *	READ	changes nothing; is run again when its connection is lost
 *	LOOKUP	the same, and always gives one row: those who ask for it at
 *		the same time are asked for together (see many.h)
 *	SCAN	the same, and reads many rows: it rides apart, on lanes of its
 *		own, so that nothing quick waits behind it
 *	SHARED	a scan that gives everybody the same: those who ask for it at
 *		the same time, with the same parameters, share its rows. Who
 *		calls is not among these, but judged before it, by caller_check
 *	WRITE	its fate is unknown when its connection is lost before it
 *		answered, and is never run twice
 *
 * Each file's first column is the outcome (see outcome.h), unless a page reads
 * the rows itself.
 */
#define STATEMENTS(X)			\
	X(ready, READ)			\
	X(backlog, READ)		\
	X(caller_check, LOOKUP)		\
	X(user_me, LOOKUP)		\
	X(user_login, READ)		\
	X(session_begin, WRITE)		\
	X(session_refresh, WRITE)	\
	X(session_end, WRITE)		\
	X(session_list, SCAN)		\
	X(session_delete, WRITE)	\
	X(session_prune, WRITE)		\
	X(audit_failure, WRITE)		\
	X(audit_list, SCAN)		\
	X(audit_prune, WRITE)		\
	X(user_admin, WRITE)		\
	X(user_switch, WRITE)		\
	X(user_deactivate, WRITE)	\
	X(user_reactivate, WRITE)	\
	X(user_register, WRITE)		\
	X(user_update, WRITE)		\
	X(user_password, READ)		\
	X(user_set_password, WRITE)	\
	X(user_list, SCAN)		\
	X(user_get, LOOKUP)		\
	X(room_create, WRITE)		\
	X(room_list, SHARED)		\
	X(room_get, LOOKUP)		\
	X(room_update, WRITE)		\
	X(room_delete, WRITE)		\
	X(room_join, WRITE)		\
	X(room_leave, WRITE)		\
	X(room_participants, SHARED)	\
	X(livekit_event, WRITE)		\
	X(outbox_claim, WRITE)		\
	X(outbox_done, WRITE)		\
	X(outbox_failed, WRITE)		\
	X(schedule_run, WRITE)		\
	X(reconcile_due, WRITE)		\
	X(reconcile_again, WRITE)	\
	X(reconcile_rooms, WRITE)	\
	X(reconcile_room, WRITE)	\
	X(participant_remove, WRITE)	\
	X(room_visits, SCAN)		\
	X(user_visits, SCAN)		\
	X(participant_moderate, WRITE)	\
	X(participant_permit, WRITE)	\
	X(room_moderate, WRITE)		\
	X(tracks_muted, WRITE)		\
	X(ban_create, WRITE)		\
	X(ban_list, SCAN)		\
	X(ban_delete, WRITE)

enum statement_kind {
	STATEMENT_READ,
	STATEMENT_LOOKUP,
	STATEMENT_SCAN,
	STATEMENT_SHARED,
	STATEMENT_WRITE
};

enum statement_id {
#define STATEMENT_ID(name, kind)	STATEMENT_##name,
	STATEMENTS(STATEMENT_ID)
#undef STATEMENT_ID
	STATEMENT__MAX
};

struct statement {
	const char		*name;	/* also its name on the server */
	const char		*many;	/* there, of a look-up for many */
	const char		*sql;
	enum statement_kind	kind;
};

extern const struct statement	statements[STATEMENT__MAX];

#endif
