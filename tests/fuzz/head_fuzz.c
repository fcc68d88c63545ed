/* Any bytes as a request's head and its chunked body. */
/* sources: src/http/head.c src/http/framing.c src/http/target.c src/http/chunked.c */

#include <stdint.h>
#include <stdlib.h>

#include "http/head.h"
#include "http/octet.h"

/* What must hold, or the fuzzer has found something. */
#define HOLDS(cond)	do { if (!(cond)) abort(); } while (0)

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static uint32_t	seed;

/* Where to split depends on the bytes alone, so that a crash can be repeated. */
static size_t
random_below(size_t limit)
{
	seed = seed * 1664525 + 1013904223;

	return ((seed >> 8) % limit);
}

static char *
copy(const char *data, size_t len)
{
	char	*bytes;

	bytes = malloc(len > 0 ? len : 1);
	if (len > 0)
		memcpy(bytes, data, len);

	return (bytes);
}

static void
span_check(struct span s, const char *data, size_t len)
{
	HOLDS(s.len == 0 || (s.data >= data && s.data + s.len <= data + len));
}

static void
head_check(const struct head *head, enum head_result result, const char *data,
    size_t len)
{
	const struct head_field	*field;
	size_t			i;

	HOLDS((result == HEAD_REFUSED) == (head->status != 0));
	if (result == HEAD_MORE)
		return;

	HOLDS(head->size <= len && head->size <= HEAD_SIZE_MAX);
	span_check(head->path, data, head->size);
	span_check(head->query, data, head->size);
	span_check(head->host, data, head->size);
	HOLDS(head->nfields <= HEAD_FIELDS_MAX);
	for (i = 0; i < head->nfields; i++) {
		field = &head->fields[i];
		span_check(field->name, data, head->size);
		span_check(field->value, data, head->size);
		HOLDS(field->name.len > 0);
		HOLDS(octets_are(field->name, OCTET_TOKEN));
		HOLDS(octets_are(field->value, OCTET_TEXT));
		HOLDS(octets_trim(field->value).len == field->value.len);
	}

	if (result == HEAD_REFUSED) {
		HOLDS(!head->chunked && head->length == 0);
		HOLDS(!head->keep_alive && !head->expect_continue);
		return;
	}

	HOLDS(data[head->size - 1] == '\n');
	HOLDS(head->length <= INT64_MAX);
	HOLDS(!head->chunked || (head->length == 0 && head->minor == 1));
	HOLDS(!head->expect_continue || head->minor == 1);
	HOLDS(head->path.len > 0 && octets_are(head->path, OCTET_TARGET));
	HOLDS(octets_are(head->query, OCTET_TARGET));
	HOLDS(memchr(head->path.data, '?', head->path.len) == NULL);
	HOLDS(head->minor == 0 || head_field(head, "host") != NULL);
}

/* The same head in pieces: MORE up to the very same verdict. */
static void
head_split(const struct head *whole, enum head_result expected,
    const char *data, size_t len, size_t step)
{
	static struct head	head;
	enum head_result	result;
	char			*bytes;
	size_t			part, scanned;

	scanned = part = 0;
	do {
		part += 1 + random_below(step);
		if (part > len)
			part = len;
		bytes = copy(data, part);
		result = head_parse(&head, bytes, part, &scanned);
		head_check(&head, result, bytes, part);
		free(bytes);
	} while (result == HEAD_MORE && part < len);

	HOLDS(result == expected);
	HOLDS(head.status == whole->status);
	/* Less may be known of a head that is refused before all of it came. */
	if (result != HEAD_DONE)
		return;
	HOLDS(head.size == whole->size);
	HOLDS(head.nfields == whole->nfields);
	HOLDS(head.length == whole->length && head.chunked == whole->chunked);
	HOLDS(head.keep_alive == whole->keep_alive);
	HOLDS(head.path.len == whole->path.len);
}

/* Decodes into body in pieces, each in place. Returns the octets taken. */
static size_t
chunked_split(const char *data, size_t len, size_t step, char *body,
    size_t *nbody, enum chunked_result *result)
{
	struct chunked	chunked;
	char		*bytes;
	size_t		consumed, n, produced, taken;

	memset(&chunked, 0, sizeof(chunked));
	taken = *nbody = 0;
	do {
		n = 1 + random_below(step);
		if (n > len - taken)
			n = len - taken;
		bytes = copy(data + taken, n);
		*result = chunked_decode(&chunked, bytes, n, &consumed, bytes,
		    &produced);
		HOLDS(consumed <= n && produced <= consumed);
		HOLDS(*result != CHUNKED_MORE || consumed == n);
		memcpy(body + *nbody, bytes, produced);
		free(bytes);
		taken += consumed;
		*nbody += produced;
	} while (*result == CHUNKED_MORE && taken < len);

	return (taken);
}

static void
chunked_check(const char *data, size_t len)
{
	struct chunked		chunked;
	enum chunked_result	result, again;
	char			*one, *other;
	size_t			consumed, nother, produced;

	memset(&chunked, 0, sizeof(chunked));
	one = copy(data, len);
	other = copy(data, len);

	result = chunked_decode(&chunked, data, len, &consumed, one, &produced);
	HOLDS(consumed <= len && produced <= consumed);
	HOLDS(result != CHUNKED_MORE || consumed == len);
	HOLDS(result != CHUNKED_DONE || (consumed >= produced + 5 &&
	    memcmp(data + consumed - 2, "\r\n", 2) == 0));

	HOLDS(chunked_split(data, len, 1 + random_below(40), other, &nother,
	    &again) == consumed);
	HOLDS(again == result && nother == produced);
	HOLDS(memcmp(one, other, produced) == 0);

	free(one);
	free(other);
}

int
LLVMFuzzerTestOneInput(const uint8_t *input, size_t len)
{
	static struct head	head;
	enum head_result	result;
	const char		*data;
	size_t			i, scanned;

	seed = 2166136261u;
	for (i = 0; i < len; i++)
		seed = (seed ^ input[i]) * 16777619;

	data = (const char *)input;
	scanned = 0;
	result = head_parse(&head, data, len, &scanned);
	head_check(&head, result, data, len);

	head_split(&head, result, data, len, 1 + len);
	head_split(&head, result, data, len, 1 + random_below(64));
	if (len <= 512)
		head_split(&head, result, data, len, 1);

	chunked_check(data, len);
	if (result == HEAD_DONE && head.chunked)
		chunked_check(data + head.size, len - head.size);

	return (0);
}
