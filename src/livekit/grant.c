#include <string.h>

#include "data/json_write.h"
#include "data/value_json.h"
#include "identity/jws.h"
#include "livekit/grant.h"
#include "settings.h"

#define GRANT_BACKDATE		10	/* seconds: clocks differ */
#define SERVICE_TTL		60	/* seconds, of a call's token */

static int	sign(const struct buffer *, char *, size_t);
static void	claims_begin(struct json *, const char *, time_t, long);
static void	permission_json(struct json *, const struct value *);
static int	is_allowed(const struct value *, const char *);

int
grant_join(const struct join_grant *grant, time_t now, char *out, size_t size)
{
	struct buffer	claims;
	struct json	json;
	int		ok;

	buffer_init(&claims);
	json_init(&json, &claims);
	json_object_begin(&json);
	claims_begin(&json, grant->identity, now,
	    settings->livekit_token_ttl_seconds);
	json_member(&json, "name", grant->identity);

	json_name(&json, "video");
	json_object_begin(&json);
	json_name(&json, "roomJoin");
	json_put_boolean(&json, 1);
	json_member(&json, "room", grant->room);
	permission_json(&json, grant->permission);
	json_object_end(&json);

	json_name(&json, "roomConfig");
	json_object_begin(&json);
	json_name(&json, "emptyTimeout");
	json_put_integer(&json, GRANT_EMPTY_TIMEOUT);
	json_name(&json, "departureTimeout");
	json_put_integer(&json, GRANT_DEPARTURE_TIMEOUT);
	json_name(&json, "maxParticipants");
	json_put_integer(&json, grant->max_participants);
	json_object_end(&json);
	json_object_end(&json);

	ok = sign(&claims, out, size);
	buffer_cleanup(&claims);

	return (ok);
}

int
grant_service(enum service_grant grant, const char *room, time_t now,
    char *out, size_t size)
{
	static const char *const	names[] = {
		[GRANT_ROOM_CREATE] = "roomCreate",
		[GRANT_ROOM_LIST] = "roomList",
		[GRANT_ROOM_ADMIN] = "roomAdmin",
	};
	struct buffer	claims;
	struct json	json;
	int		ok;

	buffer_init(&claims);
	json_init(&json, &claims);
	json_object_begin(&json);
	claims_begin(&json, "parley", now, SERVICE_TTL);
	json_name(&json, "video");
	json_object_begin(&json);
	json_name(&json, names[grant]);
	json_put_boolean(&json, 1);
	if (room != NULL)
		json_member(&json, "room", room);
	json_object_end(&json);
	json_object_end(&json);

	ok = sign(&claims, out, size);
	buffer_cleanup(&claims);

	return (ok);
}

/* The claims of RFC 7519 section 4.1 that LiveKit reads. */
static void
claims_begin(struct json *json, const char *subject, time_t now, long ttl)
{
	json_member(json, "iss", settings->livekit_api_key);
	json_member(json, "sub", subject);
	json_name(json, "nbf");
	json_put_integer(json, now - GRANT_BACKDATE);
	json_name(json, "exp");
	json_put_integer(json, now + ttl);
}

/* LiveKit takes what is not said of data for what is said of tracks. */
static void
permission_json(struct json *json, const struct value *permission)
{
	const struct value	*sources;

	json_name(json, "canPublish");
	json_put_boolean(json, is_allowed(permission, "can_publish"));
	json_name(json, "canSubscribe");
	json_put_boolean(json, is_allowed(permission, "can_subscribe"));
	if (permission == NULL)
		return;

	json_name(json, "canPublishData");
	json_put_boolean(json, 1);
	sources = value_member(permission, "can_publish_sources");
	if (sources != NULL) {
		json_name(json, "canPublishSources");
		value_json(json, sources);
	}
}

static int
is_allowed(const struct value *permission, const char *name)
{
	const struct value	*value;

	value = permission == NULL ? NULL : value_member(permission, name);

	return (value == NULL || value->boolean);
}

static int
sign(const struct buffer *claims, char *out, size_t size)
{
	return (jws_sign((struct span){ claims->data, claims->len },
	    settings->livekit_api_secret, strlen(settings->livekit_api_secret),
	    out, size));
}
