#ifndef PARLEY_DATA_BUFFER_H
#define PARLEY_DATA_BUFFER_H

#include <stddef.h>
#include <stdint.h>

#include "data/span.h"

/* A growing run of bytes on the heap, wiped when it is freed or moved. */
struct buffer {
	char	*data;
	size_t	len;
	size_t	size;
};

/* Readies an empty buffer; allocates nothing. */
void	buffer_init(struct buffer *);

/* Makes room for len more bytes and returns where they go. Never NULL. */
char	*buffer_reserve(struct buffer *, size_t len);

void	buffer_append(struct buffer *, const void *, size_t len);
void	buffer_append_string(struct buffer *, const char *);
void	buffer_append_number(struct buffer *, uint64_t);	/* decimal */
void	buffer_printf(struct buffer *, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));

/* Drops the first len bytes. */
void	buffer_consume(struct buffer *, size_t len);

/* Wipes and frees; the buffer is empty and usable again. */
void	buffer_cleanup(struct buffer *);

#endif
