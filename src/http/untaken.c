#include <kore/kore.h>

#include "data/blob.h"
#include "http/connections.h"
#include "http/untaken.h"
#include "log.h"

#define UNTAKEN_MAX	((size_t)128 * 1024 * 1024)	/* of a worker */

static TAILQ_HEAD(, untaken)	all = TAILQ_HEAD_INITIALIZER(all);

void
untaken_begin(struct untaken *answer, struct connection *c, size_t octets)
{
	struct untaken	*oldest;
	struct address	peer;
	char		address[ADDRESS_TEXT];
	size_t		freed = 0;

	if (octets == 0 || answer->octets > 0)
		return;

	/* Kore frees what they have at the end of the turn. */
	while (blob_memory() > UNTAKEN_MAX + freed &&
	    (oldest = TAILQ_FIRST(&all)) != NULL) {
		address_of_peer(&peer, oldest->c);
		address_print(&peer, address);
		log_warn("untaken", "%s has not taken an answer of %zu octets, "
		    "and there is no room for more of those", address,
		    oldest->octets);
		freed += oldest->octets;
		kore_connection_disconnect(oldest->c);
	}

	answer->c = c;
	answer->octets = octets;
	TAILQ_INSERT_TAIL(&all, answer, list);
}

void
untaken_end(struct untaken *answer)
{
	if (answer->octets == 0)
		return;

	answer->octets = 0;
	TAILQ_REMOVE(&all, answer, list);
}
