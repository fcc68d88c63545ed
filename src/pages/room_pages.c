#include <stdlib.h>
#include <time.h>

#include "data/json_read.h"
#include "http/endpoint.h"
#include "http/reply.h"
#include "livekit/grant.h"
#include "pages/pages.h"
#include "settings.h"

#define NAME_MAX_LENGTH		100
#define DESCRIPTION_MAX		10000
#define REASON_MAX		1000
#define PARTICIPANTS		"50"
#define PARTICIPANTS_MAX	1000000
#define MINUTES_MAX		10080	/* a week */

static page_step		join_seated;
static const struct value	*join_permission(struct exchange *,
				    struct value *);

const struct field room_fields[1] = {
	{ FIELD_PATH, "room_id", FIELD_ROOM_ID, 0, 0, 0, NULL },
};

const struct field room_page_fields[3] = {
	{ FIELD_PATH, "room_id", FIELD_ROOM_ID, 0, 0, 0, NULL },
	{ FIELD_QUERY, "skip", FIELD_INTEGER, 0, 0, INT64_MAX, "0" },
	{ FIELD_QUERY, "limit", FIELD_INTEGER, FIELD_CLAMPED, 0,
	    PAGE_SIZE_MAX, PAGE_SIZE },
};

const struct field room_create_fields[6] = {
	{ FIELD_BODY, "name", FIELD_STRING, FIELD_REQUIRED, 1,
	    NAME_MAX_LENGTH, NULL },
	{ FIELD_BODY, "description", FIELD_STRING, FIELD_NULLABLE, 0,
	    DESCRIPTION_MAX, NULL },
	{ FIELD_BODY, "max_participants", FIELD_INTEGER, FIELD_NULLABLE, 1,
	    PARTICIPANTS_MAX, PARTICIPANTS },
	{ FIELD_BODY, "opens_at", FIELD_TIMESTAMP, FIELD_NULLABLE, 0, 0,
	    NULL },
	{ FIELD_BODY, "closes_at", FIELD_TIMESTAMP, FIELD_NULLABLE, 0, 0,
	    NULL },
	{ FIELD_BODY, "max_minutes", FIELD_INTEGER, FIELD_NULLABLE, 1,
	    MINUTES_MAX, NULL },
};

const struct field room_update_fields[7] = {
	{ FIELD_PATH, "room_id", FIELD_ROOM_ID, 0, 0, 0, NULL },
	{ FIELD_BODY, "name", FIELD_STRING, FIELD_PATCH, 1, NAME_MAX_LENGTH,
	    NULL },
	{ FIELD_BODY, "description", FIELD_STRING,
	    FIELD_PATCH | FIELD_NULLABLE, 0, DESCRIPTION_MAX, NULL },
	{ FIELD_BODY, "max_participants", FIELD_INTEGER,
	    FIELD_PATCH | FIELD_NULLABLE, 1, PARTICIPANTS_MAX, PARTICIPANTS },
	{ FIELD_BODY, "opens_at", FIELD_TIMESTAMP,
	    FIELD_PATCH | FIELD_NULLABLE, 0, 0, NULL },
	{ FIELD_BODY, "closes_at", FIELD_TIMESTAMP,
	    FIELD_PATCH | FIELD_NULLABLE, 0, 0, NULL },
	{ FIELD_BODY, "max_minutes", FIELD_INTEGER,
	    FIELD_PATCH | FIELD_NULLABLE, 1, MINUTES_MAX, NULL },
};

const struct field participant_fields[2] = {
	{ FIELD_PATH, "room_id", FIELD_ROOM_ID, 0, 0, 0, NULL },
	{ FIELD_PATH, "identity", FIELD_STRING, 0, 0, 0, NULL },
};

const struct field ban_fields[3] = {
	{ FIELD_PATH, "room_id", FIELD_ROOM_ID, 0, 0, 0, NULL },
	{ FIELD_BODY, "username", FIELD_STRING, FIELD_REQUIRED, 1, 0, NULL },
	{ FIELD_BODY, "reason", FIELD_STRING, FIELD_NULLABLE, 0, REASON_MAX,
	    NULL },
};

const struct field banned_fields[2] = {
	{ FIELD_PATH, "room_id", FIELD_ROOM_ID, 0, 0, 0, NULL },
	{ FIELD_PATH, "username", FIELD_STRING, 0, 0, 0, NULL },
};

/* A seat from the database, a token from us: LiveKit is not asked. */
void
room_join(struct exchange *x)
{
	endpoint_statement(x, join_seated, STATEMENT_room_join, NULL, 0);
}

static void
join_seated(struct exchange *x)
{
	struct json	json;
	char		token[GRANT_MAX];

	if (!room_join_token(x, token, sizeof(token)))
		return;

	json_init(&json, &x->out);
	json_object_begin(&json);
	json_member(&json, "token", token);
	json_member(&json, "room_url", arena_printf(&x->arena, "%s?token=%s",
	    settings->livekit_url, token));
	json_object_end(&json);
	explicit_bzero(token, sizeof(token));
	reply_json(x, 200);
}

int
room_join_token(struct exchange *x, char *token, size_t size)
{
	struct join_grant	grant;
	struct value		permission;
	enum outcome		outcome;

	outcome = reply_query_outcome(x);
	if (outcome != OUTCOME_ok) {
		reply_outcome(x, outcome);
		return (0);
	}

	grant.room = query_text(&x->query, JOIN_COLUMN_ROOM);
	grant.identity = x->caller.subject;
	grant.max_participants = strtol(query_text(&x->query, JOIN_COLUMN_MAX),
	    NULL, 10);
	grant.permission = join_permission(x, &permission);
	if (!grant_join(&grant, time(NULL), token, size)) {
		reply_outcome(x, OUTCOME_internal);
		return (0);
	}

	return (1);
}

/* What the caller may do other than everybody; NULL for nothing. */
static const struct value *
join_permission(struct exchange *x, struct value *permission)
{
	const char	*text, *why;
	size_t		offset;

	text = query_text(&x->query, JOIN_COLUMN_PERMISSION);

	return (text[0] != '\0' && json_read(&x->arena, text, strlen(text),
	    permission, &offset, &why) == JSON_OK ? permission : NULL);
}
