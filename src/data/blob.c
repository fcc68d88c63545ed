#include <err.h>
#include <stdlib.h>

#include "data/buffer.h"
#include "data/blob.h"

struct blob {
	struct buffer	octets;
	unsigned int	holders;
};

static size_t	memory;

struct blob *
blob_take(struct buffer *buffer)
{
	struct blob	*blob;

	if ((blob = malloc(sizeof(*blob))) == NULL)
		err(1, "out of memory");
	blob->octets = *buffer;
	blob->holders = 1;
	buffer_init(buffer);
	memory += blob->octets.size;

	return (blob);
}

struct blob *
blob_hold(struct blob *blob)
{
	blob->holders++;

	return (blob);
}

void
blob_release(struct blob *blob)
{
	if (blob == NULL || --blob->holders > 0)
		return;

	memory -= blob->octets.size;
	buffer_cleanup(&blob->octets);
	free(blob);
}

struct span
blob_span(const struct blob *blob)
{
	struct span	span;

	span.data = blob->octets.data;
	span.len = blob->octets.len;

	return (span);
}

size_t
blob_memory(void)
{
	return (memory);
}
