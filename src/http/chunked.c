#include "data/hex.h"
#include "http/head.h"
#include "http/octet.h"

/*
 * One octet at a time except for the chunks' data, so that it does not matter
 * where the body was split on its way. Lines end in CR LF only: a bare LF in
 * here is how requests are smuggled past a proxy that reads it differently.
 */

#define SIZE_DIGITS_MAX	16	/* what fits 64 bits */

enum state {
	STATE_SIZE,		/* must be 0: how a zeroed struct begins */
	STATE_BLANK,		/* after the size */
	STATE_EXTENSION,
	STATE_SIZE_LF,
	STATE_DATA,
	STATE_DATA_CR,
	STATE_DATA_LF,
	STATE_TRAILER,		/* at the start of a trailer line */
	STATE_NAME,
	STATE_VALUE,
	STATE_VALUE_LF,
	STATE_END_LF,
	STATE_DONE,
	STATE_REFUSED
};

static enum state	size_step(struct chunked *, char);
static enum state	line_step(struct chunked *, char);
static enum state	trailer_step(struct chunked *, char);

enum chunked_result
chunked_decode(struct chunked *body, const char *in, size_t len,
    size_t *consumed, char *out, size_t *produced)
{
	size_t	at, n;

	at = 0;
	*produced = 0;

	while (at < len && body->state != STATE_DONE &&
	    body->state != STATE_REFUSED) {
		if (body->state == STATE_DATA) {
			n = len - at;
			if (n > body->left)
				n = (size_t)body->left;
			memmove(out + *produced, in + at, n);
			*produced += n;
			at += n;
			body->left -= n;
			if (body->left == 0)
				body->state = STATE_DATA_CR;
		} else if (body->state == STATE_SIZE) {
			body->state = (int)size_step(body, in[at++]);
		} else if (body->state < STATE_TRAILER) {
			body->state = (int)line_step(body, in[at++]);
		} else {
			body->state = (int)trailer_step(body, in[at++]);
		}
	}

	*consumed = at;

	if (body->state == STATE_DONE)
		return (CHUNKED_DONE);
	if (body->state == STATE_REFUSED)
		return (CHUNKED_REFUSED);

	return (CHUNKED_MORE);
}

static enum state
size_step(struct chunked *body, char c)
{
	int	value;

	value = hex_digit(c);
	if (value == -1) {
		body->line = 0;
		return (body->digits > 0 ? line_step(body, c) : STATE_REFUSED);
	}

	if (body->digits++ == SIZE_DIGITS_MAX)
		return (STATE_REFUSED);
	body->left = body->left << 4 | (uint64_t)value;

	return (STATE_SIZE);
}

/* What surrounds a chunk's data: the rest of the size line, and its end. */
static enum state
line_step(struct chunked *body, char c)
{
	switch (body->state) {
	case STATE_SIZE_LF:
		if (c != '\n')
			return (STATE_REFUSED);
		return (body->left > 0 ? STATE_DATA : STATE_TRAILER);
	case STATE_DATA_CR:
		return (c == '\r' ? STATE_DATA_LF : STATE_REFUSED);
	case STATE_DATA_LF:
		body->digits = 0;
		return (c == '\n' ? STATE_SIZE : STATE_REFUSED);
	}

	if (c == '\r')
		return (STATE_SIZE_LF);
	if (++body->line > CHUNKED_LINE_MAX ||
	    ++body->extensions > CHUNKED_LINES_MAX || !octet_is(c, OCTET_TEXT))
		return (STATE_REFUSED);
	if (body->state == STATE_EXTENSION || c == ';')
		return (STATE_EXTENSION);

	/* Before the semicolon the grammar has blanks; some only send those. */
	return (c == ' ' || c == '\t' ? STATE_BLANK : STATE_REFUSED);
}

static enum state
trailer_step(struct chunked *body, char c)
{
	if (++body->trailers > CHUNKED_TRAILERS_MAX)
		return (STATE_REFUSED);

	switch (body->state) {
	case STATE_TRAILER:
		if (c == '\r')
			return (STATE_END_LF);
		return (octet_is(c, OCTET_TOKEN) ? STATE_NAME : STATE_REFUSED);
	case STATE_NAME:
		if (c == ':')
			return (STATE_VALUE);
		return (octet_is(c, OCTET_TOKEN) ? STATE_NAME : STATE_REFUSED);
	case STATE_VALUE:
		if (c == '\r')
			return (STATE_VALUE_LF);
		return (octet_is(c, OCTET_TEXT) ? STATE_VALUE : STATE_REFUSED);
	case STATE_VALUE_LF:
		return (c == '\n' ? STATE_TRAILER : STATE_REFUSED);
	}

	/* STATE_END_LF */
	return (c == '\n' ? STATE_DONE : STATE_REFUSED);
}
