#include <string.h>

#include <openssl/crypto.h>

#include "http/connections.h"
#include "http/intake.h"
#include "http/reply.h"
#include "metrics/metrics.h"
#include "pages/pages.h"
#include "settings.h"

#define TYPE	"text/plain; version=0.0.4; charset=utf-8"

static enum outcome	admission(struct exchange *);
static int		token_given(const struct exchange *);
static int		is_local(const struct exchange *);

void
metrics_page(struct exchange *x)
{
	enum outcome	outcome;

	if ((outcome = admission(x)) != OUTCOME_ok) {
		reply_outcome(x, outcome);
		return;
	}
	metrics_write(&x->out);
	reply_text(x, TYPE);
}

/* The token opens it anywhere; without one it is open only where few can be. */
static enum outcome
admission(struct exchange *x)
{
	if (settings->metrics_token != NULL)
		return (token_given(x) ? OUTCOME_ok : OUTCOME_unauthenticated);
	if (settings->metrics_host != NULL)
		return (x->listener == LISTENER_METRICS ? OUTCOME_ok :
		    OUTCOME_not_found);

	return (is_local(x) ? OUTCOME_ok : OUTCOME_not_found);
}

static int
token_given(const struct exchange *x)
{
	const struct span	*field;
	size_t			len;

	len = strlen(settings->metrics_token);
	field = head_field(&x->head, "authorization");

	return (field != NULL && field->len == len + 7 &&
	    strncasecmp(field->data, "bearer ", 7) == 0 &&
	    CRYPTO_memcmp(field->data + 7, settings->metrics_token, len) == 0);
}

/*
 * From this machine, and not on behalf of somebody: a proxy beside us that
 * passes all of the world on would come from here, too.
 */
static int
is_local(const struct exchange *x)
{
	static const char *const	behalf[] = { "x-forwarded-for",
					    "forwarded", "x-real-ip", "via",
					    "x-forwarded-host" };
	const struct connection		*c;
	struct address			peer;
	size_t				i;

	for (i = 0; i < sizeof(behalf) / sizeof(behalf[0]); i++) {
		if (head_field(&x->head, behalf[i]) != NULL)
			return (0);
	}
	if ((c = intake_connection(x)) == NULL)
		return (0);
	address_of_peer(&peer, c);

	return (address_is_loopback(&peer));
}
