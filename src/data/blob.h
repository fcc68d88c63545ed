#ifndef PARLEY_DATA_BLOB_H
#define PARLEY_DATA_BLOB_H

#include "data/span.h"

struct buffer;

/*
 * Octets that several hold and nobody changes; wiped and freed when the last
 * lets go of them.
 */
struct blob;

/* Takes what the buffer has, which is empty then; the caller holds it. */
struct blob	*blob_take(struct buffer *);

/* Another holder. */
struct blob	*blob_hold(struct blob *);

/* Lets go of it; does nothing with NULL. */
void		blob_release(struct blob *);

struct span	blob_span(const struct blob *);

/* Octets of memory that all blobs of this process take. */
size_t		blob_memory(void);

#endif
