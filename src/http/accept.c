#include <string.h>
#include <strings.h>

#include "http/accept.h"
#include "http/octet.h"

#define QUALITY_MAX	1000	/* thousandths */

/* How well a type is liked: by the most specific range that takes it. */
struct liking {
	int	specificity;	/* 0: no range does, 1 any, 2 type, 3 subtype */
	int	quality;
};

static void	liking_find(const struct head *, const char *,
		    struct liking *);
static void	range_read(struct span, const char *, struct liking *);
static int	range_takes(struct span, const char *);
static int	quality_read(struct span);
static int	piece_next(struct span *, char, struct span *);

int
accept_prefers(const struct head *head, const char *second, const char *first)
{
	struct liking	a, b;

	liking_find(head, second, &a);
	liking_find(head, first, &b);

	/* Who names one and takes all others as well means the one. */
	return (a.quality > b.quality || (a.quality > 0 &&
	    a.quality == b.quality && a.specificity > b.specificity));
}

static void
liking_find(const struct head *head, const char *type, struct liking *liking)
{
	struct span	rest, range;
	size_t		i;

	memset(liking, 0, sizeof(*liking));
	for (i = 0; i < head->nfields; i++) {
		if (!span_is_nocase(head->fields[i].name, "accept"))
			continue;
		rest = head->fields[i].value;
		while (piece_next(&rest, ',', &range))
			range_read(range, type, liking);
	}
}

/* "text/csv;q=0.5": counts when nothing more specific has been seen. */
static void
range_read(struct span range, const char *type, struct liking *liking)
{
	struct span	media, parameter;
	int		specificity, quality;

	if (!piece_next(&range, ';', &media))
		return;
	specificity = range_takes(media, type);
	if (specificity == 0 || specificity < liking->specificity)
		return;

	quality = QUALITY_MAX;
	while (piece_next(&range, ';', &parameter)) {
		if (parameter.len > 2 &&
		    strncasecmp(parameter.data, "q=", 2) == 0) {
			parameter.data += 2;
			parameter.len -= 2;
			quality = quality_read(parameter);
		}
	}
	if (specificity > liking->specificity || quality > liking->quality)
		liking->quality = quality;
	liking->specificity = specificity;
}

static int
range_takes(struct span range, const char *type)
{
	size_t	group;

	group = (size_t)(strchr(type, '/') - type) + 1;
	if (span_is_nocase(range, type))
		return (3);
	if (range.len == group + 1 && range.data[group] == '*' &&
	    strncasecmp(range.data, type, group) == 0)
		return (2);

	return (span_is(range, "*/*") ? 1 : 0);
}

/* In thousandths; what is no quality is as good as 1: the type was named. */
static int
quality_read(struct span text)
{
	int	quality, unit;
	size_t	i;

	if (text.len == 0 || text.len > 5 ||
	    (text.data[0] != '0' && text.data[0] != '1') ||
	    (text.len > 1 && text.data[1] != '.'))
		return (QUALITY_MAX);

	quality = text.data[0] == '1' ? QUALITY_MAX : 0;
	unit = 100;
	for (i = 2; i < text.len; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return (QUALITY_MAX);
		quality += (text.data[i] - '0') * unit;
		unit /= 10;
	}

	return (quality > QUALITY_MAX ? QUALITY_MAX : quality);
}

/* Takes what stands before the next separator; 0 when nothing is left. */
static int
piece_next(struct span *rest, char separator, struct span *piece)
{
	const char	*end;

	if (rest->len == 0)
		return (0);

	end = memchr(rest->data, separator, rest->len);
	piece->data = rest->data;
	piece->len = end == NULL ? rest->len : (size_t)(end - rest->data);
	rest->data += piece->len;
	rest->len -= piece->len;
	if (rest->len > 0) {
		rest->data++;
		rest->len--;
	}
	*piece = octets_trim(*piece);

	return (1);
}
