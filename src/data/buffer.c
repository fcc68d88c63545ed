#include <err.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/buffer.h"

#define BUFFER_FIRST	512

void
buffer_init(struct buffer *buffer)
{
	buffer->data = NULL;
	buffer->len = 0;
	buffer->size = 0;
}

void
buffer_grow(struct buffer *buffer, size_t len)
{
	size_t	size;
	char	*data;

	size = buffer->size == 0 ? BUFFER_FIRST : buffer->size;
	while (size - buffer->len < len)
		size *= 2;

	/* Not realloc: it could leave a password behind. */
	if ((data = malloc(size)) == NULL)
		err(1, "out of memory");
	if (buffer->data != NULL) {
		memcpy(data, buffer->data, buffer->len);
		explicit_bzero(buffer->data, buffer->len);
		free(buffer->data);
	}
	buffer->data = data;
	buffer->size = size;
}

void
buffer_append_number(struct buffer *buffer, uint64_t value)
{
	char	digits[20];
	size_t	at;

	at = sizeof(digits);
	do {
		digits[--at] = (char)('0' + value % 10);
		value /= 10;
	} while (value > 0);
	buffer_append(buffer, digits + at, sizeof(digits) - at);
}

void
buffer_printf(struct buffer *buffer, const char *fmt, ...)
{
	va_list		args;
	int		len;

	va_start(args, fmt);
	len = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	if (len < 0)
		errx(1, "buffer_printf: bad format");

	va_start(args, fmt);
	(void)vsnprintf(buffer_reserve(buffer, (size_t)len + 1),
	    (size_t)len + 1, fmt, args);
	va_end(args);
	buffer->len += (size_t)len;
}

void
buffer_consume(struct buffer *buffer, size_t len)
{
	size_t	left;

	if (len == 0)
		return;

	left = buffer->len - len;
	if (left == 0) {
		buffer_cleanup(buffer);
		return;
	}
	memmove(buffer->data, buffer->data + len, left);
	explicit_bzero(buffer->data + left, len);
	buffer->len = left;
}

void
buffer_cleanup(struct buffer *buffer)
{
	if (buffer->data != NULL) {
		explicit_bzero(buffer->data, buffer->len);
		free(buffer->data);
	}
	buffer_init(buffer);
}
