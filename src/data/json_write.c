#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "data/json_write.h"

static void	separate(struct json *);
static size_t	plain_run(const unsigned char *, size_t);

void
json_init(struct json *json, struct buffer *out)
{
	json->out = out;
	json->comma = 0;
}

void
json_object_begin(struct json *json)
{
	separate(json);
	buffer_append(json->out, "{", 1);
	json->comma = 0;
}

void
json_object_end(struct json *json)
{
	buffer_append(json->out, "}", 1);
	json->comma = 1;
}

void
json_array_begin(struct json *json)
{
	separate(json);
	buffer_append(json->out, "[", 1);
	json->comma = 0;
}

void
json_array_end(struct json *json)
{
	buffer_append(json->out, "]", 1);
	json->comma = 1;
}

void
json_name(struct json *json, const char *name)
{
	json_name_string(json, name, strlen(name));
}

void
json_name_string(struct json *json, const char *name, size_t len)
{
	separate(json);
	json_quote(json->out, name, len);
	buffer_append(json->out, ":", 1);
	json->comma = 0;
}

void
json_put_string(struct json *json, const char *text, size_t len)
{
	separate(json);
	json_quote(json->out, text, len);
	json->comma = 1;
}

void
json_put_text(struct json *json, const char *text)
{
	if (text == NULL)
		json_put_null(json);
	else
		json_put_string(json, text, strlen(text));
}

void
json_put_integer(struct json *json, int64_t value)
{
	char	digits[24];
	int	len;

	len = snprintf(digits, sizeof(digits), "%" PRId64, value);
	json_put_raw(json, digits, (size_t)len);
}

void
json_put_boolean(struct json *json, int value)
{
	if (value)
		json_put_raw(json, "true", 4);
	else
		json_put_raw(json, "false", 5);
}

void
json_put_null(struct json *json)
{
	json_put_raw(json, "null", 4);
}

void
json_put_raw(struct json *json, const char *text, size_t len)
{
	separate(json);
	buffer_append(json->out, text, len);
	json->comma = 1;
}

void
json_member(struct json *json, const char *name, const char *text)
{
	json_name(json, name);
	json_put_text(json, text);
}

static void
separate(struct json *json)
{
	if (json->comma)
		buffer_append(json->out, ",", 1);
}

/* RFC 8259 section 7: quotation mark, reverse solidus and controls. */
void
json_quote(struct buffer *out, const char *text, size_t len)
{
	static const char	hex[] = "0123456789abcdef";
	const unsigned char	*in;
	char			*p, *start;
	size_t			i, run;

	in = (const unsigned char *)text;
	run = plain_run(in, len);
	start = p = buffer_reserve(out, run + (len - run) * 6 + 2);

	*p++ = '"';
	memcpy(p, in, run);
	p += run;
	for (i = run; i < len; i++) {
		if (in[i] == '"' || in[i] == '\\') {
			*p++ = '\\';
			*p++ = (char)in[i];
		} else if (in[i] == '\n') {
			*p++ = '\\';
			*p++ = 'n';
		} else if (in[i] < 0x20 || in[i] == 0x7f) {
			memcpy(p, "\\u00", 4);
			p[4] = hex[in[i] >> 4];
			p[5] = hex[in[i] & 15];
			p += 6;
		} else {
			*p++ = (char)in[i];
		}
	}
	*p++ = '"';

	out->len += (size_t)(p - start);
}

/* Octets at the beginning that stand for themselves, eight at a time. */
static size_t
plain_run(const unsigned char *in, size_t len)
{
	const uint64_t	ones = 0x0101010101010101, high = ones << 7;
	uint64_t	word, quote, slash, delete, found;
	size_t		i;

	for (i = 0; len - i >= sizeof(word); i += sizeof(word)) {
		memcpy(&word, in + i, sizeof(word));
		quote = word ^ ones * '"';
		slash = word ^ ones * '\\';
		delete = word ^ ones * 0x7f;
		found = (word - ones * 0x20) & ~word;
		found |= (quote - ones) & ~quote;
		found |= (slash - ones) & ~slash;
		found |= (delete - ones) & ~delete;
		if (found & high)
			break;
	}
	while (i < len && in[i] >= 0x20 && in[i] != '"' && in[i] != '\\' &&
	    in[i] != 0x7f)
		i++;

	return (i);
}
