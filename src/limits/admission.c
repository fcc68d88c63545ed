#include <stdio.h>
#include <string.h>

#include <kore/kore.h>

#include "http/reply.h"
#include "http/route.h"
#include "limits/admission.h"
#include "limits/buckets.h"
#include "metrics/metrics.h"
#include "pages/pages.h"
#include "settings.h"

#define STEPS_MAX	3
#define KEY_MAX		272	/* octets: an address and a name's start */

/* Whose bucket. */
enum owner {
	OWNER_NOBODY,
	OWNER_ADDRESS,
	OWNER_CALLER,		/* who the access token is of */
	OWNER_INPUT,		/* whom the input names */
	OWNER_INPUT_AT_ADDRESS	/* the same from this address */
};

struct step {
	enum rate_limit	limit;
	enum owner	owner;
	size_t		input;		/* of OWNER_INPUT... */
	int		failures;	/* a success is given back */
	/*
	 * When it is empty nobody is refused: the next step takes its whole
	 * bucket instead. An account that is under attack from everywhere
	 * leaves everybody one try at a time, so its owner always has one.
	 */
	int		tightens;
};

static const struct step steps[RATE_CLASS__MAX][STEPS_MAX] = {
	[RATE_LOGIN] = {
		{ RATE_LIMIT_login, OWNER_ADDRESS, 0, 0, 0 },
		{ RATE_LIMIT_login_account, OWNER_INPUT, LOGIN_USERNAME, 1,
		    1 },
		{ RATE_LIMIT_login_failures, OWNER_INPUT_AT_ADDRESS,
		    LOGIN_USERNAME, 1, 0 },
	},
	[RATE_REGISTER] = {
		{ RATE_LIMIT_register, OWNER_ADDRESS, 0, 0, 0 },
		{ RATE_LIMIT_register_account, OWNER_INPUT, REGISTER_USERNAME,
		    0, 0 },
	},
	[RATE_REFRESH] = {
		{ RATE_LIMIT_refresh, OWNER_ADDRESS, 0, 0, 0 },
	},
	[RATE_PASSWORD] = {
		{ RATE_LIMIT_password, OWNER_ADDRESS, 0, 0, 0 },
		{ RATE_LIMIT_password_account, OWNER_CALLER, 0, 1, 0 },
	},
	[RATE_WRITE] = {
		{ RATE_LIMIT_writes, OWNER_CALLER, 0, 0, 0 },
	},
};

/* As clients see them. */
static const char *const names[RATE_LIMIT__MAX] = {
#define NAME(name)	[RATE_LIMIT_##name] = #name,
	RATE_LIMITS(NAME)
#undef NAME
};

static enum rate_class	class_of(const struct route *);
static size_t	key_of(const struct exchange *, const struct step *, char *);
static size_t	append(char *, size_t, const void *, size_t);
static int	take(struct exchange *, const struct step *, uint64_t,
		    int whole);
static void	tell(struct exchange *, enum rate_limit,
		    const struct bucket_state *);
static void	refuse(struct exchange *, enum rate_limit,
		    const struct bucket_state *);

int
admission_by_input(struct exchange *x)
{
	const struct step	*step;
	char			key[KEY_MAX];
	int			i, tight;

	if (!settings->rate_limits)
		return (1);

	tight = 0;
	step = steps[class_of(x->route)];
	for (i = 0; i < STEPS_MAX && step[i].owner != OWNER_NOBODY; i++) {
		if (settings->rates[step[i].limit].count == 0)
			continue;
		if (!take(x, &step[i], bucket_key(step[i].limit, key,
		    key_of(x, &step[i], key)), tight)) {
			if (!step[i].tightens)
				return (0);
			tight = 1;
		}
	}

	return (1);
}

int
admission_by_account(struct exchange *x, enum rate_limit limit,
    const char *account)
{
	const struct step	step = { limit, OWNER_CALLER, 0, 0, 0 };

	if (!settings->rate_limits || settings->rates[limit].count == 0)
		return (1);

	return (take(x, &step, bucket_key(limit, account, strlen(account)),
	    0));
}

void
admission_settle(struct exchange *x)
{
	size_t	i;

	/* A fault of ours is nobody's failure, nor what was not tried. */
	if (x->status >= 400 && x->status < 500 && x->status != 429)
		return;

	for (i = 0; i < x->ncharges; i++)
		bucket_give_back(x->charges[i].key,
		    settings->rates[x->charges[i].limit],
		    x->charges[i].tokens, kore_time_ms());
	x->ncharges = 0;
}

/* What changes something is limited, unless the route's row says otherwise. */
static enum rate_class
class_of(const struct route *route)
{
	if (route->rate == RATE_DEFAULT && route->access == ACCESS_USER &&
	    route->method != METHOD_GET)
		return (RATE_WRITE);

	return (route->rate);
}

/* Takes for one step; answers when there is nothing left to take. */
static int
take(struct exchange *x, const struct step *step, uint64_t key, int whole)
{
	struct rate		rate = settings->rates[step->limit];
	struct bucket_state	state;
	unsigned int		tokens;
	int			taken;

	tokens = whole ? rate.count : 1;
	taken = bucket_take(key, rate, tokens, kore_time_ms(), &state);
	if (state.crowded)
		metric_add(METRIC_rate_buckets_taken_over_total, 0, 0, 1);
	if (taken && step->failures && x->ncharges < EXCHANGE_CHARGES) {
		x->charges[x->ncharges].key = key;
		x->charges[x->ncharges].limit = step->limit;
		x->charges[x->ncharges++].tokens = tokens;
	}
	if (step->tightens)
		return (taken);

	tell(x, step->limit, &state);
	if (!taken)
		refuse(x, step->limit, &state);

	return (taken);
}

static void
tell(struct exchange *x, enum rate_limit limit,
    const struct bucket_state *state)
{
	const struct rate	*rate = &settings->rates[limit];
	char			text[128];

	(void)snprintf(text, sizeof(text), "\"%s\";q=%u;w=%u", names[limit],
	    rate->count, rate->seconds);
	reply_header(x, "RateLimit-Policy", text);

	/* Of a refusal the time is Retry-After's. */
	(void)snprintf(text, sizeof(text), "\"%s\";r=%u;t=%u", names[limit],
	    state->retry_after > 0 ? 0 : state->left,
	    state->retry_after > 0 ? state->retry_after : state->full_after);
	reply_header(x, "RateLimit", text);
}

static void
refuse(struct exchange *x, enum rate_limit limit,
    const struct bucket_state *state)
{
	char	text[16];

	metric_add(METRIC_rate_limited_total, limit, 0, 1);
	(void)snprintf(text, sizeof(text), "%u", state->retry_after);
	reply_header(x, "Retry-After", text);
	reply_outcome(x, OUTCOME_too_many);
}

static size_t
key_of(const struct exchange *x, const struct step *step, char *key)
{
	const struct input	*input = &x->inputs[step->input];
	size_t			len;

	len = 0;
	if (step->owner == OWNER_ADDRESS ||
	    step->owner == OWNER_INPUT_AT_ADDRESS)
		len = append(key, len, x->client.octets,
		    address_prefix(&x->client));
	if (step->owner == OWNER_CALLER)
		len = append(key, len, x->caller.subject,
		    strlen(x->caller.subject));
	if (step->owner == OWNER_INPUT ||
	    step->owner == OWNER_INPUT_AT_ADDRESS)
		len = append(key, len, input->text, input->len);

	return (len);
}

static size_t
append(char *key, size_t len, const void *data, size_t n)
{
	if (n > KEY_MAX - len)
		n = KEY_MAX - len;
	memcpy(key + len, data, n);

	return (len + n);
}
