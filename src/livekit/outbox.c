#include <stdlib.h>
#include <string.h>

#include <kore/kore.h>

#include "db/look.h"
#include "livekit/outbox.h"
#include "livekit/packet.h"
#include "livekit/participant.h"
#include "livekit/room_service.h"
#include "data/json_write.h"
#include "log.h"
#include "metrics/metrics.h"

#define OUTBOX_TICK_MS	300
#define OUTBOX_TEXT_MAX	64
#define OUTBOX_BATCH	8	/* as outbox_claim.sql takes */
#define OUTBOX_TOPIC	"call_ending"	/* of what people are told */

/* The columns of outbox_claim's rows. */
enum claim_column {
	CLAIM_OUTCOME,
	CLAIM_ID,
	CLAIM_CREATED_AT,
	CLAIM_ACTION,
	CLAIM_ROOM,
	CLAIM_IDENTITY,
	CLAIM_DECIDED_AT,
	CLAIM_MESSAGE,
	CLAIM_PERMISSIONS	/* as many as there are in all */
};

enum action {
	ACTION_DELETE_ROOM,
	ACTION_REMOVE_PARTICIPANT,
	ACTION_SEND_DATA,
	ACTION_UPDATE_PARTICIPANT,
	ACTION__MAX
};

static const struct {
	const char		*name;		/* in the database */
	const char		*method;	/* in LiveKit */
	enum service_grant	grant;
} actions[ACTION__MAX] = {
	[ACTION_DELETE_ROOM] = { "delete_room", "DeleteRoom",
	    GRANT_ROOM_CREATE },
	[ACTION_REMOVE_PARTICIPANT] = { "remove_participant",
	    "RemoveParticipant", GRANT_ROOM_ADMIN },
	[ACTION_SEND_DATA] = { "send_data", "SendData", GRANT_ROOM_ADMIN },
	[ACTION_UPDATE_PARTICIPANT] = { "update_participant",
	    "UpdateParticipant", GRANT_ROOM_ADMIN },
};

struct errand {
	char		id[OUTBOX_TEXT_MAX];
	char		created_at[OUTBOX_TEXT_MAX];
	enum action	action;
	struct query	query;		/* that notes how it ended */
};

static int	claimed(struct query *);
static void	carry_out(const PGresult *, int);
static void	errand_json(struct json *, enum action, const PGresult *, int);
static enum action	action_find(const char *);
static void	carried_out(void *, enum service_result, int, struct span);
static void	noted(struct query *);

static struct look	claim = {
	.query = { .statement = STATEMENT_outbox_claim },
	.seen = claimed
};
static int		going;		/* errands not yet noted */
static int		more;		/* the last batch was a whole one */

void
outbox_worker_init(void)
{
	look_every(&claim, OUTBOX_TICK_MS);
}

/* The next batch waits for this one: see noted(). */
static int
claimed(struct query *query)
{
	int	row;

	if (query->result == QUERY_OK) {
		more = PQntuples(query->rows) == OUTBOX_BATCH;
		for (row = 0; row < PQntuples(query->rows); row++)
			carry_out(query->rows, row);
	}

	return (0);
}

static void
carry_out(const PGresult *rows, int row)
{
	struct errand	*errand;
	struct buffer	body;
	struct json	json;
	const char	*room;

	if ((errand = calloc(1, sizeof(*errand))) == NULL)
		fatal("outbox: out of memory");
	(void)kore_strlcpy(errand->id, PQgetvalue(rows, row, CLAIM_ID),
	    sizeof(errand->id));
	(void)kore_strlcpy(errand->created_at,
	    PQgetvalue(rows, row, CLAIM_CREATED_AT),
	    sizeof(errand->created_at));

	errand->action = action_find(PQgetvalue(rows, row, CLAIM_ACTION));
	if (errand->action == ACTION__MAX) {
		free(errand);	/* for nodes that are newer than we are */
		return;
	}

	room = PQgetvalue(rows, row, CLAIM_ROOM);
	buffer_init(&body);
	json_init(&json, &body);
	json_object_begin(&json);
	json_member(&json, "room", room);
	errand_json(&json, errand->action, rows, row);
	json_object_end(&json);

	if (room_service_call(actions[errand->action].method,
	    actions[errand->action].grant, room, &body, carried_out,
	    errand) == NULL)
		free(errand);	/* due again in ten seconds */
	else
		going++;
	buffer_cleanup(&body);
}

/* What LiveKit is told of it besides the room. */
static void
errand_json(struct json *json, enum action action, const PGresult *rows,
    int row)
{
	static const struct value	unknown = { .type = VALUE_NULL };
	const char			*permission[PERMISSION__MAX];
	int				i;

	if (action == ACTION_SEND_DATA) {
		packet_json(json, PQgetvalue(rows, row, CLAIM_MESSAGE),
		    (size_t)PQgetlength(rows, row, CLAIM_MESSAGE),
		    OUTBOX_TOPIC);
		return;
	}
	if (action == ACTION_DELETE_ROOM)
		return;

	json_member(json, "identity", PQgetvalue(rows, row, CLAIM_IDENTITY));
	if (action == ACTION_REMOVE_PARTICIPANT) {
		/* LiveKit Cloud refuses older tokens from then on. */
		json_member(json, "revokeTokenTs",
		    PQgetvalue(rows, row, CLAIM_DECIDED_AT));
		return;
	}
	for (i = 0; i < PERMISSION__MAX; i++) {
		permission[i] = PQgetisnull(rows, row, CLAIM_PERMISSIONS + i) ?
		    NULL : PQgetvalue(rows, row, CLAIM_PERMISSIONS + i);
	}
	json_name(json, "permission");
	participant_permission(json, &unknown, permission);
}

static enum action
action_find(const char *name)
{
	int	i;

	for (i = 0; i < ACTION__MAX; i++) {
		if (strcmp(actions[i].name, name) == 0)
			break;
	}

	return ((enum action)i);
}

static void
carried_out(void *arg, enum service_result result, int status,
    struct span body)
{
	struct errand	*errand = arg;
	struct query	*query = &errand->query;

	(void)body;
	(void)status;

	metric_add(METRIC_outbox_errands_total, result, 0, 1);
	query->params[0] = errand->id;
	query->params[1] = errand->created_at;
	query->done = noted;
	query->arg = errand;
	/* What LiveKit will not tell them now it will not tell them later. */
	if (result == SERVICE_OK || result == SERVICE_GONE ||
	    (errand->action == ACTION_SEND_DATA &&
	    result == SERVICE_REFUSED)) {
		query->statement = STATEMENT_outbox_done;
		query->nparams = 2;
	} else {
		query->statement = STATEMENT_outbox_failed;
		query->nparams = 3;
		query->params[2] = result == SERVICE_REFUSED ? "refused" :
		    result == SERVICE_TIMEOUT ? "no answer in time" :
		    "not reachable";
	}
	query_start(query);
}

/*
 * Should the note be lost the errand is due again, which does no harm. When
 * many wait, the next batch does not wait for the clock.
 */
static void
noted(struct query *query)
{
	query_clear(query);
	free(query->arg);
	if (--going == 0 && more)
		look_now(&claim);
}
