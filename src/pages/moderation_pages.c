#include "http/endpoint.h"
#include "http/reply.h"
#include "livekit/ask.h"
#include "livekit/packet.h"
#include "livekit/participant.h"
#include "pages/pages.h"

#define TRACK_SID_MAX	256
#define MESSAGE_MAX	4096
#define TOPIC_MAX	256

/* The columns of participant_moderate's, -_permit's and room_moderate's row. */
enum moderate_column {
	MODERATE_COLUMN_OUTCOME,
	MODERATE_COLUMN_ROOM,
	MODERATE_COLUMN_USER
};

/* Somebody's tracks, muted one after the other. */
struct muting {
	const struct member	*tracks;
	const struct member	*next;		/* whose turn it is */
};

static page_step	mute_allowed;
static page_step	mute_found;
static page_step	mute_next;
static page_step	mute_note;
static page_step	mute_noted;
static page_step	permit_allowed;
static page_step	permit_found;
static page_step	permit_answer;
static page_step	message_allowed;
static page_step	message_sent;

static const struct value	*mute_track(struct exchange *,
				    const struct member *);
static int	is_change(const struct exchange *);
static int	is_allowed(struct exchange *);
static void	question_begin(struct exchange *, struct json *,
		    struct buffer *, const char *);
static void	question_end(struct exchange *, struct json *, page_step *,
		    const char *);

const struct field permit_fields[PERMIT__MAX] = {
	[PERMIT_ROOM] = { FIELD_PATH, "room_id", FIELD_ROOM_ID, 0, 0, 0,
	    NULL },
	[PERMIT_IDENTITY] = { FIELD_PATH, "identity", FIELD_STRING, 0, 0, 0,
	    NULL },
	[PERMIT_PUBLISH] = { FIELD_BODY, "can_publish", FIELD_BOOLEAN, 0, 0, 0,
	    NULL },
	[PERMIT_SUBSCRIBE] = { FIELD_BODY, "can_subscribe", FIELD_BOOLEAN, 0,
	    0, 0, NULL },
	[PERMIT_SOURCES] = { FIELD_BODY, "can_publish_sources", FIELD_SOURCES,
	    0, 0, 0, NULL },
};

const struct field mute_fields[MUTE__MAX] = {
	[MUTE_ROOM] = { FIELD_PATH, "room_id", FIELD_ROOM_ID, 0, 0, 0, NULL },
	[MUTE_IDENTITY] = { FIELD_PATH, "identity", FIELD_STRING, 0, 0, 0,
	    NULL },
	[MUTE_MUTED] = { FIELD_BODY, "muted", FIELD_BOOLEAN, FIELD_REQUIRED, 0,
	    0, NULL },
	[MUTE_SOURCE] = { FIELD_BODY, "source", FIELD_SOURCE, FIELD_NULLABLE,
	    0, 0, NULL },
	[MUTE_TRACK] = { FIELD_BODY, "track_sid", FIELD_STRING, FIELD_NULLABLE,
	    1, TRACK_SID_MAX, NULL },
};

const struct field message_fields[MESSAGE__MAX] = {
	[MESSAGE_ROOM] = { FIELD_PATH, "room_id", FIELD_ROOM_ID, 0, 0, 0,
	    NULL },
	[MESSAGE_TEXT] = { FIELD_BODY, "text", FIELD_STRING, FIELD_REQUIRED, 1,
	    MESSAGE_MAX, NULL },
	[MESSAGE_TOPIC] = { FIELD_BODY, "topic", FIELD_STRING, FIELD_NULLABLE,
	    0, TOPIC_MAX, NULL },
};

/* What they may now, then all of that with the changes made. */
void
participant_permit(struct exchange *x)
{
	endpoint_statement(x, permit_allowed, STATEMENT_participant_permit,
	    NULL, 0);
}

static void
permit_allowed(struct exchange *x)
{
	struct buffer	body;
	struct json	json;

	if (!is_allowed(x))
		return;

	question_begin(x, &json, &body, x->inputs[PERMIT_IDENTITY].text);
	question_end(x, &json, permit_found, "GetParticipant");
}

static void
permit_found(struct exchange *x)
{
	const char	*changes[PERMISSION__MAX] = {
		[PERMISSION_PUBLISH] = x->inputs[PERMIT_PUBLISH].text,
		[PERMISSION_SUBSCRIBE] = x->inputs[PERMIT_SUBSCRIBE].text,
		[PERMISSION_SOURCES] = x->inputs[PERMIT_SOURCES].text,
	};
	struct buffer	body;
	struct json	json;

	if (!is_change(x)) {
		permit_answer(x);
		return;
	}

	question_begin(x, &json, &body, x->inputs[PERMIT_IDENTITY].text);
	json_name(&json, "permission");
	participant_permission(&json, &x->answer, changes);
	question_end(x, &json, permit_answer, "UpdateParticipant");
}

static void
permit_answer(struct exchange *x)
{
	struct json	json;

	json_init(&json, &x->out);
	json_object_begin(&json);
	participant_json(&json, &x->answer,
	    query_text(&x->query, MODERATE_COLUMN_USER));
	json_object_end(&json);
	reply_json(x, 200);
}

/* Whether any permission was given. */
static int
is_change(const struct exchange *x)
{
	return (x->inputs[PERMIT_PUBLISH].text != NULL ||
	    x->inputs[PERMIT_SUBSCRIBE].text != NULL ||
	    x->inputs[PERMIT_SOURCES].text != NULL);
}

/* What they publish, then each track of it that is meant. */
void
participant_mute(struct exchange *x)
{
	endpoint_path_statement(x, mute_allowed,
	    STATEMENT_participant_moderate,
	    x->inputs[MUTE_MUTED].text[0] == 't' ? "mute" : "unmute");
}

static void
mute_allowed(struct exchange *x)
{
	struct buffer	body;
	struct json	json;

	if (!is_allowed(x))
		return;

	question_begin(x, &json, &body, x->inputs[MUTE_IDENTITY].text);
	question_end(x, &json, mute_found, "GetParticipant");
}

static void
mute_found(struct exchange *x)
{
	struct muting	*muting;

	muting = arena_alloc(&x->arena, sizeof(*muting));
	muting->tracks = muting->next = participant_tracks(&x->answer);
	x->page = muting;
	mute_next(x);
}

static void
mute_next(struct exchange *x)
{
	struct muting		*muting = x->page;
	const struct value	*sid;
	struct buffer		body;
	struct json		json;

	for (sid = NULL; muting->next != NULL && sid == NULL;
	    muting->next = muting->next->next)
		sid = mute_track(x, muting->next);
	if (sid == NULL) {
		mute_note(x);
		return;
	}

	question_begin(x, &json, &body, x->inputs[MUTE_IDENTITY].text);
	json_name(&json, "trackSid");
	json_put_string(&json, sid->text.data, sid->text.len);
	json_name(&json, "muted");
	json_put_raw(&json, x->inputs[MUTE_MUTED].text,
	    x->inputs[MUTE_MUTED].len);
	question_end(x, &json, mute_next, "MutePublishedTrack");
}

/* All that were meant are done. The database is told: nobody else will. */
static void
mute_note(struct exchange *x)
{
	struct muting		*muting = x->page;
	const struct member	*track;
	const struct value	*sid;
	const char		*params[2];
	struct buffer		sids;
	struct json		json, answer;
	int			n;

	buffer_init(&sids);
	json_init(&json, &sids);
	json_array_begin(&json);
	n = 0;
	for (track = muting->tracks; track != NULL; track = track->next) {
		if ((sid = mute_track(x, track)) == NULL)
			continue;
		json_put_string(&json, sid->text.data, sid->text.len);
		n++;
	}
	json_array_end(&json);
	params[0] = x->inputs[MUTE_MUTED].text;
	params[1] = arena_strndup(&x->arena, sids.data, sids.len);
	buffer_cleanup(&sids);

	/* A track that was named and is not there. */
	if (n == 0 && x->inputs[MUTE_TRACK].text != NULL) {
		reply_outcome(x, OUTCOME_participant_not_found);
		return;
	}

	json_init(&answer, &x->out);
	json_object_begin(&answer);
	json_name(&answer, "muted");
	json_put_integer(&answer, n);
	json_object_end(&answer);
	exchange_query(x, mute_noted, STATEMENT_tracks_muted, 2, params);
}

/* It is done, noted or not: the reconciler will see it. */
static void
mute_noted(struct exchange *x)
{
	reply_json(x, 200);
}

/* The sid of a track that is meant, else NULL. */
static const struct value *
mute_track(struct exchange *x, const struct member *track)
{
	return (participant_track(&track->value, x->inputs[MUTE_TRACK].text,
	    x->inputs[MUTE_SOURCE].text));
}

/* To everybody who is there, as a packet of data (DataReceived). */
void
room_message(struct exchange *x)
{
	endpoint_path_statement(x, message_allowed, STATEMENT_room_moderate,
	    "message");
}

static void
message_allowed(struct exchange *x)
{
	const struct input	*text = &x->inputs[MESSAGE_TEXT];
	struct buffer		body;
	struct json		json;

	if (!is_allowed(x))
		return;

	question_begin(x, &json, &body, NULL);
	packet_json(&json, text->text, text->len,
	    x->inputs[MESSAGE_TOPIC].text);
	question_end(x, &json, message_sent, "SendData");
}

static void
message_sent(struct exchange *x)
{
	reply_message(x, "Message sent");
}

/* Whether the caller may; the refusal is answered. */
static int
is_allowed(struct exchange *x)
{
	enum outcome	outcome;

	outcome = reply_query_outcome(x);
	if (outcome != OUTCOME_ok)
		reply_outcome(x, outcome);

	return (outcome == OUTCOME_ok);
}

/* The body of a question about the room, and perhaps about somebody in it. */
static void
question_begin(struct exchange *x, struct json *json, struct buffer *body,
    const char *identity)
{
	buffer_init(body);
	json_init(json, body);
	json_object_begin(json);
	json_member(json, "room",
	    query_text(&x->query, MODERATE_COLUMN_ROOM));
	if (identity != NULL)
		json_member(json, "identity", identity);
}

static void
question_end(struct exchange *x, struct json *json, page_step *next,
    const char *method)
{
	json_object_end(json);
	livekit_ask(x, next, method,
	    query_text(&x->query, MODERATE_COLUMN_ROOM), json->out);
	buffer_cleanup(json->out);
}
