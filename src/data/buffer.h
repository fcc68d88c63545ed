#ifndef PARLEY_DATA_BUFFER_H
#define PARLEY_DATA_BUFFER_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "data/span.h"

/* A growing run of bytes on the heap, wiped when it is freed or moved. */
struct buffer {
	char	*data;
	size_t	len;
	size_t	size;
};

/* Readies an empty buffer; allocates nothing. */
void	buffer_init(struct buffer *);

/* Moves to where there is room for len more bytes; of buffer_reserve() only. */
void	buffer_grow(struct buffer *, size_t len);

/* Makes room for len more bytes and returns where they go. */
static inline char *
buffer_reserve(struct buffer *buffer, size_t len)
{
	if (len > buffer->size - buffer->len)
		buffer_grow(buffer, len);

	return (buffer->data + buffer->len);
}

static inline void
buffer_append(struct buffer *buffer, const void *data, size_t len)
{
	if (len == 0)
		return;
	memcpy(buffer_reserve(buffer, len), data, len);
	buffer->len += len;
}

/* In the header, so that the length of a literal is known when compiled. */
static inline void
buffer_append_string(struct buffer *buffer, const char *text)
{
	buffer_append(buffer, text, strlen(text));
}

void	buffer_append_number(struct buffer *, uint64_t);	/* decimal */
void	buffer_printf(struct buffer *, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));

/* Drops the first len bytes. */
void	buffer_consume(struct buffer *, size_t len);

/* Wipes and frees; the buffer is empty and usable again. */
void	buffer_cleanup(struct buffer *);

#endif
