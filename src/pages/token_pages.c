#include <stdlib.h>
#include <string.h>

#include "data/number.h"
#include "http/endpoint.h"
#include "http/reply.h"
#include "livekit/grant.h"
#include "pages/pages.h"
#include "settings.h"

/*
 * LiveKit's token endpoint, which its client libraries know how to ask. Who
 * somebody is and what they may do follows from their access token and the
 * room: what they ask for must be what join gives, or nothing.
 */

#define LIMIT_UNKNOWN	-1	/* the database has not been asked yet */

/* A member that may be asked for, in either of protobuf's spellings. */
struct held {
	const char	*name;
	const char	*other;
	int64_t		number;		/* true is 1; below 0 it may be any */
};

static page_step	token_limit_found;
static page_step	token_seat;
static page_step	token_seated;

static int	permissions_held(const struct value *);
static int	config_held(const struct value *, int64_t);
static int	all_held(const struct value *, const struct held *, size_t);
static int	is_held(const struct member *, const struct held *, size_t);
static int	is_nothing(const struct value *);
static int	limit_is_wanted(const struct value *);
static void	refuse(struct json *, enum token_field, const char *);

const struct field token_fields[TOKEN__MAX] = {
	[TOKEN_ROOM] = { FIELD_BODY, "room_name", FIELD_ROOM_ID,
	    FIELD_REQUIRED, 0, 0, NULL },
	[TOKEN_NAME] = { FIELD_BODY, "participant_name", FIELD_STRING,
	    FIELD_NULLABLE, 0, 0, NULL },
	[TOKEN_IDENTITY] = { FIELD_BODY, "participant_identity", FIELD_STRING,
	    FIELD_NULLABLE, 0, 0, NULL },
	[TOKEN_METADATA] = { FIELD_BODY, "participant_metadata", FIELD_STRING,
	    FIELD_NULLABLE, 0, 0, NULL },
	[TOKEN_ATTRIBUTES] = { FIELD_BODY, "participant_attributes",
	    FIELD_OBJECT, FIELD_NULLABLE, 0, 0, NULL },
	[TOKEN_PERMISSIONS] = { FIELD_BODY, "participant_permissions",
	    FIELD_OBJECT, FIELD_NULLABLE, 0, 0, NULL },
	[TOKEN_CONFIG] = { FIELD_BODY, "room_config", FIELD_OBJECT,
	    FIELD_NULLABLE, 0, 0, NULL },
};

/* The wishes that need no look at the room, then the room, then a seat. */
void
livekit_token(struct exchange *x)
{
	static const char	joined[] =
	    "Value error, must be what joining the room gives";
	const struct input	*in = x->inputs;
	const char		*params[2];
	struct buffer		out;
	struct json		errors;

	buffer_init(&out);
	json_init(&errors, &out);
	json_array_begin(&errors);
	if (in[TOKEN_IDENTITY].len > 0 &&
	    strcmp(in[TOKEN_IDENTITY].text, x->caller.subject) != 0)
		refuse(&errors, TOKEN_IDENTITY,
		    "Value error, must be your own username");
	if (in[TOKEN_METADATA].len > 0)
		refuse(&errors, TOKEN_METADATA, joined);
	if (!all_held(in[TOKEN_ATTRIBUTES].value, NULL, 0))
		refuse(&errors, TOKEN_ATTRIBUTES, joined);
	if (!permissions_held(in[TOKEN_PERMISSIONS].value))
		refuse(&errors, TOKEN_PERMISSIONS, joined);
	if (!config_held(in[TOKEN_CONFIG].value, LIMIT_UNKNOWN))
		refuse(&errors, TOKEN_CONFIG, joined);
	json_array_end(&errors);

	params[0] = endpoint_caller_text(x);
	params[1] = in[TOKEN_ROOM].text;
	if (out.len > sizeof("[]") - 1)
		reply_invalid(x, &out);
	else if (limit_is_wanted(in[TOKEN_CONFIG].value))
		exchange_statement(x, token_limit_found, STATEMENT_room_get, 2,
		    params);
	else
		token_seat(x);
	buffer_cleanup(&out);
}

static void
token_limit_found(struct exchange *x)
{
	enum outcome	outcome;
	struct buffer	out;
	struct json	errors;
	const char	*limit;

	outcome = reply_query_outcome(x);
	if (outcome != OUTCOME_ok) {
		reply_outcome(x, outcome);
		return;
	}

	limit = query_text(&x->query,
	    PQfnumber(x->query.rows, "max_participants"));
	if (config_held(x->inputs[TOKEN_CONFIG].value, atoi(limit))) {
		token_seat(x);
		return;
	}

	buffer_init(&out);
	json_init(&errors, &out);
	json_array_begin(&errors);
	refuse(&errors, TOKEN_CONFIG,
	    "Value error, must be what joining the room gives");
	json_array_end(&errors);
	reply_invalid(x, &out);
	buffer_cleanup(&out);
}

static void
token_seat(struct exchange *x)
{
	const char	*params[] = { endpoint_caller_text(x),
			    x->inputs[TOKEN_ROOM].text };

	exchange_statement(x, token_seated, STATEMENT_room_join, 2, params);
}

static void
token_seated(struct exchange *x)
{
	struct json	json;
	char		token[GRANT_MAX];

	if (!room_join_token(x, token, sizeof(token)))
		return;

	json_init(&json, &x->out);
	json_object_begin(&json);
	json_member(&json, "server_url", settings->livekit_url);
	json_member(&json, "participant_token", token);
	json_member(&json, "room_name",
	    query_text(&x->query, JOIN_COLUMN_ROOM));
	json_member(&json, "participant_name", x->caller.subject);
	json_object_end(&json);
	explicit_bzero(token, sizeof(token));
	reply_json(x, 201);
}

static int
permissions_held(const struct value *value)
{
	static const struct held	held[] = {
		{ "room_join", "roomJoin", 1 },
		{ "can_publish", "canPublish", 1 },
		{ "can_publish_data", "canPublishData", 1 },
		{ "can_subscribe", "canSubscribe", 1 },
	};

	return (all_held(value, held, sizeof(held) / sizeof(held[0])));
}

static int
config_held(const struct value *value, int64_t limit)
{
	const struct held	held[] = {
		{ "empty_timeout", "emptyTimeout", GRANT_EMPTY_TIMEOUT },
		{ "departure_timeout", "departureTimeout",
		    GRANT_DEPARTURE_TIMEOUT },
		{ "max_participants", "maxParticipants", limit },
	};

	return (all_held(value, held, sizeof(held) / sizeof(held[0])));
}

static int
all_held(const struct value *value, const struct held *held, size_t n)
{
	const struct member	*member;

	for (member = value == NULL ? NULL : value->members; member != NULL;
	    member = member->next) {
		if (!is_held(member, held, n))
			return (0);
	}

	return (1);
}

/* Exactly what the row says, or nothing at all where there is no row. */
static int
is_held(const struct member *member, const struct held *held, size_t n)
{
	const struct value	*value = &member->value;
	int64_t			number;
	size_t			i;

	for (i = 0; i < n; i++) {
		if (!span_is(member->name, held[i].name) &&
		    !span_is(member->name, held[i].other))
			continue;
		return (value->type == VALUE_NULL ||
		    (number_of_value(value, &number) == NUMBER_OK &&
		    (held[i].number < 0 || number == held[i].number)));
	}

	return (is_nothing(value));
}

/* What protobuf's JSON may as well leave out. */
static int
is_nothing(const struct value *value)
{
	switch (value->type) {
	case VALUE_NULL:
		return (1);
	case VALUE_BOOL:
		return (!value->boolean);
	case VALUE_INTEGER:
		return (value->integer == 0);
	case VALUE_STRING:
		return (value->text.len == 0);
	case VALUE_ARRAY:
	case VALUE_OBJECT:
		return (value->members == NULL);
	default:
		return (0);
	}
}

static int
limit_is_wanted(const struct value *config)
{
	return (config != NULL &&
	    (value_member(config, "max_participants") != NULL ||
	    value_member(config, "maxParticipants") != NULL));
}

/* An error as the field rules write them. */
static void
refuse(struct json *errors, enum token_field field, const char *message)
{
	json_object_begin(errors);
	json_member(errors, "type", "value_error");
	json_name(errors, "loc");
	json_array_begin(errors);
	json_put_text(errors, "body");
	json_put_text(errors, token_fields[field].name);
	json_array_end(errors);
	json_member(errors, "msg", message);
	json_object_end(errors);
}
