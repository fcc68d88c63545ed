#include "data/number.h"
#include "data/value_json.h"
#include "livekit/participant.h"

struct name {
	const char	*snake;		/* as LiveKit answers */
	const char	*camel;		/* as protobuf's JSON may have it */
};

static const struct name	joined_at = { "joined_at", "joinedAt" };
static const struct name	permissions[PERMISSION__MAX] = {
	[PERMISSION_PUBLISH] = { "can_publish", "canPublish" },
	[PERMISSION_SUBSCRIBE] = { "can_subscribe", "canSubscribe" },
	[PERMISSION_SOURCES] = { "can_publish_sources", "canPublishSources" },
};

/* What join's token lets everybody do, should LiveKit not say. */
static const char *const	granted[PERMISSION__MAX] = { "true", "true" };

static const struct value	*member_named(const struct value *,
				    const struct name *);
static void	put_text_member(struct json *, const char *,
		    const struct value *);
static int	is_changed(const struct member *, const char *const *);

void
participant_json(struct json *json, const struct value *info,
    const char *user_id)
{
	const struct member	*member;
	const struct value	*value;
	int64_t			joined;

	put_text_member(json, "identity", value_member(info, "identity"));
	put_text_member(json, "name", value_member(info, "identity"));
	put_text_member(json, "sid", value_member(info, "sid"));

	value = member_named(info, &joined_at);
	if (value == NULL || number_of_value(value, &joined) != NUMBER_OK)
		joined = 0;
	json_name(json, "joined_at");
	json_put_integer(json, joined);

	value = value_member(info, "state");
	json_member(json, "state", value != NULL &&
	    value->type == VALUE_STRING && span_is(value->text, "ACTIVE") ?
	    "ACTIVE" : "JOINING");
	json_name(json, "user_id");
	json_put_raw(json, user_id, strlen(user_id));

	json_name(json, "tracks");
	json_array_begin(json);
	for (member = participant_tracks(info); member != NULL;
	    member = member->next) {
		json_object_begin(json);
		put_text_member(json, "sid",
		    value_member(&member->value, "sid"));
		value = value_member(&member->value, "source");
		if (value == NULL)
			json_member(json, "source", "UNKNOWN");
		else
			put_text_member(json, "source", value);
		value = value_member(&member->value, "muted");
		json_name(json, "muted");
		json_put_boolean(json, value != NULL && value->boolean);
		json_object_end(json);
	}
	json_array_end(json);
}

void
participant_permission(struct json *json, const struct value *info,
    const char *const changes[PERMISSION__MAX])
{
	const struct value	*current;
	const struct member	*member;
	const char		*change;
	int			i, known;

	current = value_member(info, "permission");
	known = current != NULL && current->type == VALUE_OBJECT;

	json_object_begin(json);
	for (member = known ? current->members : NULL; member != NULL;
	    member = member->next) {
		if (is_changed(member, changes))
			continue;
		json_name_string(json, member->name.data, member->name.len);
		value_json(json, &member->value);
	}
	if (!known) {
		json_name(json, "can_publish_data");
		json_put_boolean(json, 1);
	}

	for (i = 0; i < PERMISSION__MAX; i++) {
		change = changes[i] == NULL && !known ? granted[i] :
		    changes[i];
		if (change == NULL)
			continue;
		json_name(json, permissions[i].snake);
		json_put_raw(json, change, strlen(change));
	}
	json_object_end(json);
}

const struct member *
participant_tracks(const struct value *info)
{
	const struct value	*tracks;

	tracks = value_member(info, "tracks");

	return (tracks != NULL && tracks->type == VALUE_ARRAY ?
	    tracks->members : NULL);
}

const struct value *
participant_track(const struct value *track, const char *sid,
    const char *source)
{
	const struct value	*own_sid, *own_source;

	own_sid = value_member(track, "sid");
	own_source = value_member(track, "source");
	if (own_sid == NULL || own_sid->type != VALUE_STRING ||
	    (sid != NULL && !span_is(own_sid->text, sid)))
		return (NULL);
	if (source != NULL && (own_source == NULL ||
	    own_source->type != VALUE_STRING ||
	    !span_is(own_source->text, source)))
		return (NULL);

	return (own_sid);
}

static const struct value *
member_named(const struct value *object, const struct name *name)
{
	const struct value	*value;

	value = value_member(object, name->snake);

	return (value != NULL ? value : value_member(object, name->camel));
}

static void
put_text_member(struct json *json, const char *name, const struct value *value)
{
	json_name(json, name);
	if (value != NULL && value->type == VALUE_STRING)
		json_put_string(json, value->text.data, value->text.len);
	else
		json_put_text(json, "");
}

static int
is_changed(const struct member *member, const char *const *changes)
{
	int	i;

	for (i = 0; i < PERMISSION__MAX; i++) {
		if (changes[i] != NULL &&
		    (span_is(member->name, permissions[i].snake) ||
		    span_is(member->name, permissions[i].camel)))
			return (1);
	}

	return (0);
}
