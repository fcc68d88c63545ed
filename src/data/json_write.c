#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "data/json_write.h"
#include "data/plain.h"

static void	separate(struct json *);

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
	run = plain_octets(text, len, 0);
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
