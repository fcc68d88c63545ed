#include <stdlib.h>
#include <string.h>

#include "data/row_value.h"
#include "http/paging.h"
#include "http/reply.h"
#include "http/route.h"

static const struct input	*query_input(const struct exchange *,
				    const char *);
static void			append_others(struct buffer *,
				    const struct exchange *);

void
paging_link(struct exchange *x, int count)
{
	const struct input	*limit;
	struct buffer		link;
	int			id;

	limit = query_input(x, "limit");
	if (query_input(x, "after") == NULL || limit == NULL || count == 0 ||
	    count < strtol(limit->text, NULL, 10) ||
	    (id = PQfnumber(x->query.rows, "id")) == -1)
		return;

	buffer_init(&link);
	buffer_append_string(&link, "<?after=");
	buffer_append_number(&link, (uint64_t)row_integer(x->query.rows,
	    count - 1, id));
	buffer_append_string(&link, "&limit=");
	buffer_append_string(&link, limit->text);
	append_others(&link, x);
	buffer_append(&link, ">; rel=\"next\"", sizeof(">; rel=\"next\""));
	reply_header(x, "Link", link.data);
	buffer_cleanup(&link);
}

static const struct input *
query_input(const struct exchange *x, const char *name)
{
	size_t	i;

	for (i = 0; i < x->route->nfields; i++) {
		if (x->route->fields[i].place == FIELD_QUERY &&
		    strcmp(x->route->fields[i].name, name) == 0)
			return (&x->inputs[i]);
	}

	return (NULL);
}

/* What else was asked for is asked for on the next page, too. */
static void
append_others(struct buffer *link, const struct exchange *x)
{
	static const char	plain[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";
	static const char	hex[] = "0123456789ABCDEF";
	const struct field	*field;
	const struct input	*input;
	size_t			i, k;
	char			code[3];

	for (i = 0; i < x->route->nfields; i++) {
		field = &x->route->fields[i];
		input = &x->inputs[i];
		if (field->place != FIELD_QUERY ||
		    input->state != INPUT_GIVEN ||
		    strcmp(field->name, "after") == 0 ||
		    strcmp(field->name, "limit") == 0 ||
		    strcmp(field->name, "skip") == 0)
			continue;

		buffer_append(link, "&", 1);
		buffer_append_string(link, field->name);
		buffer_append(link, "=", 1);
		for (k = 0; k < input->len; k++) {
			if (strchr(plain, input->text[k]) != NULL) {
				buffer_append(link, &input->text[k], 1);
				continue;
			}
			code[0] = '%';
			code[1] = hex[(unsigned char)input->text[k] >> 4];
			code[2] = hex[(unsigned char)input->text[k] & 15];
			buffer_append(link, code, sizeof(code));
		}
	}
}
