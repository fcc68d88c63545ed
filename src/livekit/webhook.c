#include <inttypes.h>
#include <strings.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/sha.h>

#include "data/number.h"
#include "identity/jws.h"
#include "livekit/webhook.h"
#include "settings.h"

#define WEBHOOK_LEEWAY	60	/* seconds, as LiveKit's own receivers */
#define SHA256_BASE64	44	/* with padding */
#define TEXT_LENGTH	1024	/* octets: what is longer no index takes */
#define LATEST		INT64_C(253402300799)	/* the year 9999's last second */

/* Where a field stands: an object of the event, or the event itself. */
static const struct {
	const char	*object;
	const char	*name;		/* as webhooks spell it */
	const char	*other;		/* as LiveKit's API spells it */
} places[WEBHOOK__MAX] = {
	[WEBHOOK_ID] = { NULL, "id", NULL },
	[WEBHOOK_EVENT] = { NULL, "event", NULL },
	[WEBHOOK_CREATED_AT] = { NULL, "createdAt", "created_at" },
	[WEBHOOK_ROOM] = { "room", "name", NULL },
	[WEBHOOK_SESSION] = { "room", "sid", NULL },
	[WEBHOOK_IDENTITY] = { "participant", "identity", NULL },
	[WEBHOOK_PARTICIPANT] = { "participant", "sid", NULL },
	[WEBHOOK_JOINED_AT] = { "participant", "joinedAtMs", "joined_at_ms" },
	[WEBHOOK_REASON] = { "participant", "disconnectReason",
	    "disconnect_reason" },
	[WEBHOOK_TRACK] = { "track", "sid", NULL },
	[WEBHOOK_TRACK_SOURCE] = { "track", "source", NULL },
	[WEBHOOK_TRACK_MUTED] = { "track", "muted", NULL },
};

static int	claims_verify(struct arena *, struct span, struct value *);
static void	body_hash(struct span, char[SHA256_BASE64 + 1]);
static int	date_claim(const struct value *, const char *, int64_t *);
static const struct value	*find(const struct value *,
				    enum webhook_field);
static const char	*text_of(struct arena *, const struct value *);
static const char	*time_of(struct arena *, const struct value *, int);

int
webhook_verify(struct arena *arena, struct span authorization,
    struct span body, time_t now)
{
	const struct value	*hash;
	struct value		claims;
	int64_t			date;
	char			want[SHA256_BASE64 + 1];

	if (authorization.len > 7 &&
	    strncasecmp(authorization.data, "bearer ", 7) == 0) {
		authorization.data += 7;
		authorization.len -= 7;
	}

	if (!claims_verify(arena, authorization, &claims))
		return (0);

	if (!date_claim(&claims, "exp", &date) || date <= now - WEBHOOK_LEEWAY)
		return (0);
	if (value_member(&claims, "nbf") != NULL &&
	    (!date_claim(&claims, "nbf", &date) || date > now + WEBHOOK_LEEWAY))
		return (0);

	hash = value_member(&claims, "sha256");
	body_hash(body, want);

	return (hash != NULL && hash->type == VALUE_STRING &&
	    hash->text.len == SHA256_BASE64 &&
	    CRYPTO_memcmp(hash->text.data, want, SHA256_BASE64) == 0);
}

/* By any of our keys, which must be the one that it is said to be by. */
static int
claims_verify(struct arena *arena, struct span token, struct value *claims)
{
	const struct settings_keys	*keys = &settings->livekit_api_keys;
	const struct settings_keys	*secrets =
					    &settings->livekit_api_secrets;
	const struct value		*issuer;
	size_t				i;

	for (i = 0; i < keys->n; i++) {
		if (!jws_verify(arena, token, secrets->keys[i],
		    strlen(secrets->keys[i]), claims))
			continue;
		issuer = value_member(claims, "iss");
		if (issuer != NULL && issuer->type == VALUE_STRING &&
		    span_is(issuer->text, keys->keys[i]))
			return (1);
	}

	return (0);
}

void
webhook_read(struct arena *arena, const struct value *event, struct span body,
    time_t now, const char *fields[WEBHOOK__MAX])
{
	const struct value	*muted, *joined, *participant;
	char			*hash;
	int			i;

	for (i = 0; i < WEBHOOK__MAX; i++)
		fields[i] = text_of(arena, find(event, (enum webhook_field)i));

	fields[WEBHOOK_CREATED_AT] = time_of(arena,
	    find(event, WEBHOOK_CREATED_AT), 1);
	if (fields[WEBHOOK_CREATED_AT] == NULL)
		fields[WEBHOOK_CREATED_AT] = arena_printf(arena, "%lld",
		    (long long)now);

	/* Older servers give whole seconds only. */
	fields[WEBHOOK_JOINED_AT] = time_of(arena,
	    find(event, WEBHOOK_JOINED_AT), 1000);
	participant = value_member(event, "participant");
	if (fields[WEBHOOK_JOINED_AT] == NULL && participant != NULL) {
		joined = value_member(participant, "joinedAt");
		if (joined == NULL)
			joined = value_member(participant, "joined_at");
		if (time_of(arena, joined, 1) != NULL)
			fields[WEBHOOK_JOINED_AT] = arena_printf(arena,
			    "%s000", time_of(arena, joined, 1));
	}

	muted = find(event, WEBHOOK_TRACK_MUTED);
	fields[WEBHOOK_TRACK_MUTED] = muted != NULL &&
	    muted->type == VALUE_BOOL && muted->boolean ? "true" : "false";

	if (fields[WEBHOOK_ID] == NULL) {
		hash = arena_alloc(arena, SHA256_BASE64 + 1);
		body_hash(body, hash);
		fields[WEBHOOK_ID] = hash;
	}
}

static void
body_hash(struct span body, char out[SHA256_BASE64 + 1])
{
	unsigned char	hash[SHA256_DIGEST_LENGTH];

	(void)SHA256((const unsigned char *)body.data, body.len, hash);
	(void)EVP_EncodeBlock((unsigned char *)out, hash, sizeof(hash));
}

static int
date_claim(const struct value *claims, const char *name, int64_t *date)
{
	const struct value	*value;

	value = value_member(claims, name);

	return (value != NULL && (value->type == VALUE_INTEGER ||
	    value->type == VALUE_NUMBER) &&
	    number_of_value(value, date) == NUMBER_OK);
}

static const struct value *
find(const struct value *event, enum webhook_field field)
{
	const struct value	*object, *value;

	object = event;
	if (places[field].object != NULL)
		object = value_member(event, places[field].object);
	if (object == NULL)
		return (NULL);

	value = value_member(object, places[field].name);
	if (value == NULL && places[field].other != NULL)
		value = value_member(object, places[field].other);

	return (value);
}

/* NULL for what is absent, empty, no string, or nothing PostgreSQL keeps. */
static const char *
text_of(struct arena *arena, const struct value *value)
{
	if (value == NULL || value->type != VALUE_STRING ||
	    value->text.len == 0 || value->text.len > TEXT_LENGTH ||
	    value->has_nul)
		return (NULL);

	return (arena_strndup(arena, value->text.data, value->text.len));
}

/*
 * Unix time in units of which a second has so many: protobuf's JSON writes 64
 * bit numbers as strings, 0 is "not set", and PostgreSQL's calendar has an end.
 */
static const char *
time_of(struct arena *arena, const struct value *value, int units)
{
	int64_t	number;

	if (value == NULL || number_of_value(value, &number) != NUMBER_OK ||
	    number <= 0 || number > LATEST * units)
		return (NULL);

	return (arena_printf(arena, "%" PRId64, number));
}
