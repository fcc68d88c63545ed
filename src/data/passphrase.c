#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <uninorm.h>

#include "data/passphrase.h"
#include "data/utf8.h"

/* Four code points become one at most, and a password has 128 at most. */
#define LENGTH_LOOKED_AT	512

static int	compare(const void *, const void *);

static char	**common;	/* in order */
static size_t	ncommon;

char *
passphrase_normal(struct span text, size_t *len)
{
	uint8_t	*normal;
	char	*copy;

	normal = u8_normalize(UNINORM_NFKC, (const uint8_t *)text.data,
	    text.len, NULL, len);
	if (normal == NULL)
		return (NULL);

	if ((copy = malloc(*len + 1)) != NULL) {
		memcpy(copy, normal, *len);
		copy[*len] = '\0';
	}
	explicit_bzero(normal, *len);
	free(normal);

	return (copy);
}

void
passphrase_free(char *text, size_t len)
{
	if (text == NULL)
		return;
	explicit_bzero(text, len);
	free(text);
}

size_t
passphrase_length(struct span text)
{
	struct span	normal;
	char		*copy;
	size_t		length;

	length = utf8_length(text);
	if (length > LENGTH_LOOKED_AT ||
	    (copy = passphrase_normal(text, &normal.len)) == NULL)
		return (length);

	normal.data = copy;
	length = utf8_length(normal);
	passphrase_free(copy, normal.len);

	return (length);
}

void
passphrase_init(const char *list)
{
	struct span	line;
	size_t		size, len;

	for (; list != NULL && *list != '\0'; list += line.len) {
		list += strspn(list, "\n");
		line.data = list;
		line.len = strcspn(list, "\n");
		if (line.len == 0)
			continue;

		/* Doubled whenever it is full. */
		if ((ncommon & (ncommon - 1)) == 0) {
			size = ncommon == 0 ? 1 : ncommon * 2;
			common = realloc(common, size * sizeof(*common));
			if (common == NULL)
				abort();
		}
		/* What is no UTF-8 nobody can type. */
		if ((common[ncommon] = passphrase_normal(line, &len)) != NULL)
			ncommon++;
	}
	if (ncommon > 0)
		qsort(common, ncommon, sizeof(*common), compare);
}

int
passphrase_is_common(struct span text)
{
	char	*normal;
	size_t	len;
	int	found;

	if (ncommon == 0 || (normal = passphrase_normal(text, &len)) == NULL)
		return (0);
	found = bsearch(&normal, common, ncommon, sizeof(*common),
	    compare) != NULL;
	passphrase_free(normal, len);

	return (found);
}

static int
compare(const void *a, const void *b)
{
	const char *const	*left = a;
	const char *const	*right = b;

	return (strcasecmp(*left, *right));
}
