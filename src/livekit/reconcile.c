#include <stdio.h>
#include <string.h>

#include <kore/kore.h>

#include "data/arena.h"
#include "data/json_write.h"
#include "db/query.h"
#include "livekit/reconcile.h"
#include "livekit/room_service.h"
#include "log.h"
#include "metrics/metrics.h"
#include "settings.h"

#define RECONCILE_TICK_MS	1000
#define RECONCILE_FIRST		2	/* seconds since another node asked */
#define RECONCILE_PATIENCE	2	/* rooms in turn without an answer */

/* The columns of reconcile_due's row. */
enum due_column {
	DUE_OUTCOME,
	DUE_ASKED_AT,
	DUE_IS_WHOLE
};

/* The columns of reconcile_room's rows. */
enum repair_column {
	REPAIR_OUTCOME,
	REPAIR_KIND,
	REPAIR_IDENTITY,
	REPAIR_SID
};

/*
 * A round, step by step: may we (due), which rooms live (listed), which to ask
 * about (chosen), and for each of them who is there (asked, mended).
 */
struct turn {
	int		running;
	int		rounds;		/* that this process saw begin */
	struct arena	arena;
	struct arena	room;		/* of the one room that is asked about */
	struct query	query;
	char		*asked_at;
	char		*is_whole;
	char		**rooms;
	int		nrooms;
	int		next;
	int		silent;		/* rooms in turn without an answer */
};

static void	tick(void *, u_int64_t);
static void	due(struct query *);
static void	listed(void *, enum service_result, int, struct span);
static void	chosen(struct query *);
static void	ask_next(void);
static void	asked(void *, enum service_result, int, struct span);
static void	mended(struct query *);
static void	run(enum statement_id, void (*)(struct query *), int);
static int	call(const char *, enum service_grant, const char *,
		    service_done *);
static void	unanswered(void);
static void	again(struct query *);
static void	finish(void);
static char	*kept(const PGresult *, int, int);
static char	*number_text(int);

static struct turn	turn;

void
reconcile_worker_init(void)
{
	arena_init(&turn.arena);
	arena_init(&turn.room);
	(void)kore_timer_add(tick, RECONCILE_TICK_MS, NULL, 0);
}

static void
tick(void *arg, u_int64_t now)
{
	(void)arg;
	(void)now;

	if (turn.running || database_state() != DATABASE_READY)
		return;

	/* After a restart at once: what LiveKit said meanwhile is lost. */
	turn.running = 1;
	turn.query.params[0] = number_text(turn.rounds > 0 ?
	    settings->reconcile_seconds : RECONCILE_FIRST);
	run(STATEMENT_reconcile_due, due, 1);
}

static void
due(struct query *query)
{
	if (query->result == QUERY_OK)
		turn.rounds = 1;
	if (query->result != QUERY_OK || PQntuples(query->rows) == 0) {
		finish();
		return;
	}

	turn.asked_at = kept(query->rows, 0, DUE_ASKED_AT);
	turn.is_whole = kept(query->rows, 0, DUE_IS_WHOLE);
	if (!call("ListRooms", GRANT_ROOM_LIST, NULL, listed))
		finish();
}

static void
listed(void *arg, enum service_result result, int status, struct span body)
{
	(void)arg;
	(void)status;

	if (result != SERVICE_OK) {
		unanswered();
		return;
	}
	turn.query.params[0] = arena_strndup(&turn.arena, body.data,
	    body.len);
	turn.query.params[1] = turn.asked_at;
	turn.query.params[2] = turn.is_whole;
	run(STATEMENT_reconcile_rooms, chosen, 3);
}

static void
chosen(struct query *query)
{
	int	row;

	if (query->result != QUERY_OK) {
		finish();
		return;
	}

	turn.nrooms = PQntuples(query->rows);
	turn.next = 0;
	turn.silent = 0;
	turn.rooms = arena_calloc(&turn.arena,
	    ((size_t)turn.nrooms + 1) * sizeof(char *));
	for (row = 0; row < turn.nrooms; row++)
		turn.rooms[row] = kept(query->rows, row, 1);
	ask_next();
}

static void
ask_next(void)
{
	if (turn.next == turn.nrooms ||
	    !call("ListParticipants", GRANT_ROOM_ADMIN,
	    turn.rooms[turn.next], asked))
		finish();
}

/*
 * A room that LiveKit does not know has nobody in it. One that it will not tell
 * about is left as it is, and keeps none of the others waiting.
 */
static void
asked(void *arg, enum service_result result, int status, struct span body)
{
	(void)arg;
	(void)status;

	if (result == SERVICE_UNREACHABLE || (result == SERVICE_TIMEOUT &&
	    ++turn.silent == RECONCILE_PATIENCE)) {
		unanswered();
		return;
	} else if (result == SERVICE_REFUSED || result == SERVICE_TIMEOUT) {
		turn.next++;
		ask_next();
		return;
	}
	turn.silent = 0;

	turn.query.params[0] = turn.rooms[turn.next];
	turn.query.params[1] = result == SERVICE_GONE ?
	    "{\"participants\":[]}" :
	    arena_strndup(&turn.room, body.data, body.len);
	turn.query.params[2] = turn.asked_at;
	turn.query.params[3] = number_text(settings->seat_timeout_seconds);
	run(STATEMENT_reconcile_room, mended, 4);
}

static void
mended(struct query *query)
{
	struct log_field	fields[4];
	int			row;

	for (row = 0; query->result == QUERY_OK &&
	    row < PQntuples(query->rows); row++) {
		metric_add(METRIC_repairs_total, metrics_repair(
		    PQgetvalue(query->rows, row, REPAIR_KIND)), 0, 1);
		fields[0] = log_text("repair",
		    PQgetvalue(query->rows, row, REPAIR_KIND));
		fields[1] = log_text("room", turn.rooms[turn.next]);
		fields[2] = log_text("identity",
		    PQgetvalue(query->rows, row, REPAIR_IDENTITY));
		fields[3] = log_text("participant",
		    PQgetvalue(query->rows, row, REPAIR_SID));
		log_line(LOG_LEVEL_WARN, "repair", fields, 4);
	}

	arena_cleanup(&turn.room);
	turn.next++;
	ask_next();
}

static void
run(enum statement_id statement, void (*done)(struct query *), int nparams)
{
	query_clear(&turn.query);
	turn.query.statement = statement;
	turn.query.nparams = nparams;
	turn.query.done = done;
	query_start(&turn.query);
}

static int
call(const char *method, enum service_grant grant, const char *room,
    service_done *done)
{
	struct service_call	*started;
	struct buffer		body;
	struct json		json;

	buffer_init(&body);
	json_init(&json, &body);
	json_object_begin(&json);
	if (room != NULL)
		json_member(&json, "room", room);
	json_object_end(&json);
	started = room_service_call(method, grant, room, &body, done, NULL);
	buffer_cleanup(&body);

	return (started != NULL);
}

/* LiveKit is away, or not itself: the round is not over. */
static void
unanswered(void)
{
	turn.query.params[0] = number_text(settings->reconcile_seconds);
	run(STATEMENT_reconcile_again, again, 1);
}

static void
again(struct query *query)
{
	(void)query;
	finish();
}

static void
finish(void)
{
	query_clear(&turn.query);
	arena_cleanup(&turn.arena);
	arena_cleanup(&turn.room);
	turn.running = 0;
}

/* A value that outlives its row. */
static char *
kept(const PGresult *rows, int row, int column)
{
	return (arena_strndup(&turn.arena, PQgetvalue(rows, row, column),
	    (size_t)PQgetlength(rows, row, column)));
}

static char *
number_text(int number)
{
	return (arena_printf(&turn.arena, "%d", number));
}
