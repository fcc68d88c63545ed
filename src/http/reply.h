#ifndef PARLEY_HTTP_REPLY_H
#define PARLEY_HTTP_REPLY_H

#include "data/json_write.h"
#include "http/exchange.h"

/*
 * The answer to an exchange. Exactly one of these ends it; a second is
 * ignored, so that an error path never answers twice.
 */

/* A header line of its own, before the answer is sent. */
void	reply_header(struct exchange *, const char *name, const char *value);

/* Sends x->out as JSON. */
void	reply_json(struct exchange *, int status);

/* 200 with x->out as it is, of that type. */
void	reply_text(struct exchange *, const char *type);

/*
 * Sends octets that are there as long as the process is: they are not copied.
 * cache is the Cache-Control.
 */
void	reply_lasting(struct exchange *, int status, const char *type,
	    const char *cache, struct span body);

/* 304: what the client has is still right. */
void	reply_not_modified(struct exchange *, const char *cache);

/* Sends the client elsewhere, with one of the 30x that say how. */
void	reply_redirect(struct exchange *, int status, const char *location);

/* {"detail": text} of the catalogue, with the headers that status asks for. */
void	reply_outcome(struct exchange *, enum outcome);

/* 422 {"detail": [...]}: errors is the JSON array. */
void	reply_invalid(struct exchange *, const struct buffer *errors);

/* {"message": text} */
void	reply_message(struct exchange *, const char *text);

/* The answer to OPTIONS: allow is the list of methods. */
void	reply_options(struct exchange *, const char *allow);

/*
 * What the statement came to, as its route says: the object, the list or the
 * message for `ok', the catalogue's row for anything else.
 */
void	reply_statement(struct exchange *);

/*
 * The outcome of the first row of x->query. A query that did not come through
 * gives its own outcome (unavailable, ...).
 */
enum outcome	reply_query_outcome(const struct exchange *);

#endif
