#ifndef PARLEY_HTTP_ASSET_H
#define PARLEY_HTTP_ASSET_H

#include "http/exchange.h"
#include "http/negotiate.h"

/*
 * Files that are part of the program: they are sent from where the program
 * lies in memory, in the coding that a client likes, and cost no heap.
 */

struct asset_body {
	const char	*data;		/* NULL: not there in this coding */
	size_t		len;
	const char	*tag;		/* its entity tag, in quotes */
};

struct asset {
	const char		*path;		/* where it is served */
	const char		*type;		/* media type */
	int			lasting;	/* its name says what is in it */
	struct asset_body	bodies[CODING__MAX];
};

/*
 * What ./dev build made of web/ and apidocs/, in the order of strcmp(). The
 * file that has them is made by it: kodev alone does without.
 */
extern const struct asset	staged_assets[] __attribute__((weak));
extern const size_t		nstaged_assets __attribute__((weak));

/* The asset that is served at a path, or NULL. */
const struct asset	*asset_find(const char *path);

/* What to show where the client or the documentation were not built in. */
const struct asset	*asset_not_built(void);

/*
 * Answers with an asset, or 304 to a client that has it: the status is that of
 * the answer when it has not.
 */
void			asset_reply(struct exchange *, int status,
			    const struct asset *);

#endif
