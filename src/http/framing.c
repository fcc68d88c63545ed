#include "http/framing.h"
#include "http/octet.h"
#include "http/target.h"

static int	length_parse(struct head *, struct span);
static void	codings_parse(struct framing *, struct span);
static void	options_parse(struct framing *, struct span);
static int	list_next(struct span *, struct span *);

int
framing_read(struct head *head, struct framing *framing,
    const struct head_field *field)
{
	struct span	list, item;

	switch (field->name.len) {
	case 4:
		if (!span_is_nocase(field->name, "host"))
			break;
		/* Empty when the target has no authority: RFC 9112 3.2. */
		if (framing->hosts++ > 0 || (field->value.len > 0 &&
		    !target_host_valid(field->value)))
			return (400);
		/* The absolute form has set it already, and goes before. */
		if (head->host.len == 0)
			head->host = field->value;
		break;
	case 6:
		if (!span_is_nocase(field->name, "expect"))
			break;
		list = field->value;
		while (list_next(&list, &item)) {
			/* An HTTP/1.0 client's is ignored: RFC 9110 10.1.1. */
			if (head->minor > 0 &&
			    span_is_nocase(item, "100-continue"))
				head->expect_continue = 1;
		}
		break;
	case 10:
		if (span_is_nocase(field->name, "connection"))
			options_parse(framing, field->value);
		break;
	case 14:
		if (!span_is_nocase(field->name, "content-length"))
			break;
		/* Two are refused even when equal: RFC 9112 section 6.3. */
		if (framing->lengths++ > 0)
			return (400);
		return (length_parse(head, field->value));
	case 17:
		if (span_is_nocase(field->name, "transfer-encoding"))
			codings_parse(framing, field->value);
		break;
	}

	return (0);
}

int
framing_decide(struct head *head, const struct framing *framing)
{
	if (framing->hosts == 0 && head->minor > 0)
		return (400);

	if (framing->codings > 0) {
		if (head->minor == 0 || framing->lengths > 0 ||
		    framing->malformed)
			return (400);
		if (framing->unknown)
			return (501);
	}

	head->chunked = framing->chunked;
	head->keep_alive = !framing->close &&
	    (head->minor > 0 || framing->keep_alive);

	return (0);
}

/* Digits and nothing else, of a value that an off_t can hold. */
static int
length_parse(struct head *head, struct span text)
{
	uint64_t	length;
	size_t		i;
	unsigned int	digit;

	if (text.len == 0)
		return (400);

	length = 0;
	for (i = 0; i < text.len; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return (400);
		digit = (unsigned int)(text.data[i] - '0');
		if (length > ((uint64_t)INT64_MAX - digit) / 10)
			return (400);
		length = length * 10 + digit;
	}

	head->length = length;

	return (0);
}

static void
options_parse(struct framing *framing, struct span list)
{
	struct span	item;

	while (list_next(&list, &item)) {
		if (span_is_nocase(item, "close"))
			framing->close = 1;
		else if (span_is_nocase(item, "keep-alive"))
			framing->keep_alive = 1;
	}
}

/*
 * Stricter than the list rule of RFC 9110: nobody needs empty elements here,
 * and chunked has no parameters (RFC 9112 section 7.1).
 */
static void
codings_parse(struct framing *framing, struct span list)
{
	struct span	item, name;

	framing->codings++;

	while (list_next(&list, &item)) {
		name = octets_trim(octets_before(item, ';'));

		/* Nothing may follow chunked, itself included. */
		if (framing->chunked || name.len == 0 ||
		    !octets_are(name, OCTET_TOKEN))
			framing->malformed = 1;

		if (!span_is_nocase(name, "chunked"))
			framing->unknown = 1;
		else if (name.len != item.len)
			framing->malformed = 1;
		else
			framing->chunked = 1;
	}
}

/*
 * Takes the next element off a list divided by commas, an empty one too; 0 when
 * none is left, which the list remembers as data being NULL.
 */
static int
list_next(struct span *list, struct span *item)
{
	if (list->data == NULL)
		return (0);

	*item = octets_before(*list, ',');
	if (item->len < list->len) {
		list->data += item->len + 1;
		list->len -= item->len + 1;
	} else {
		list->data = NULL;
	}
	*item = octets_trim(*item);

	return (1);
}
