#include <stdio.h>

#include "data/timestamp.h"

#define DATE_TIME_LEN	19	/* 2025-09-05T10:30:00 */
#define FRACTION_MAX	6	/* digits that PostgreSQL keeps */

struct reader {
	const char	*next;
	const char	*end;
	int		ok;
};

static int	digits_read(struct reader *, int);
static void	mark_read(struct reader *, char, char);
static int	days_in(int, int);
static enum timestamp_result	zone_read(struct reader *, char[8]);

enum timestamp_result
timestamp_parse(struct span text, char out[TIMESTAMP_MAX])
{
	enum timestamp_result	result;
	struct reader		r = { text.data, text.data + text.len, 1 };
	const char		*fraction;
	char			zone[8];
	int			year, month, day, hour, minute, second, n;

	year = digits_read(&r, 4);
	mark_read(&r, '-', '-');
	month = digits_read(&r, 2);
	mark_read(&r, '-', '-');
	day = digits_read(&r, 2);
	mark_read(&r, 'T', 't');
	hour = digits_read(&r, 2);
	mark_read(&r, ':', ':');
	minute = digits_read(&r, 2);
	mark_read(&r, ':', ':');
	second = digits_read(&r, 2);
	if (!r.ok || year < 1000 || year > 9998 || month < 1 || month > 12 ||
	    day < 1 || day > days_in(year, month) || hour > 23 ||
	    minute > 59 || second > 59)
		return (TIMESTAMP_INVALID);

	fraction = "0";
	n = 1;
	if (r.next < r.end && *r.next == '.') {
		fraction = ++r.next;
		while (r.next < r.end && *r.next >= '0' && *r.next <= '9')
			r.next++;
		if (r.next == fraction)
			return (TIMESTAMP_INVALID);
		n = r.next - fraction > FRACTION_MAX ? FRACTION_MAX :
		    (int)(r.next - fraction);
	}

	result = zone_read(&r, zone);
	if (result == TIMESTAMP_OK)
		(void)snprintf(out, TIMESTAMP_MAX, "%.*s.%.*s%s",
		    DATE_TIME_LEN, text.data, n, fraction, zone);

	return (result);
}

/* What is left has to be the zone, and the end. */
static enum timestamp_result
zone_read(struct reader *r, char out[8])
{
	const char	*zone = r->next;
	int		hour, minute;
	char		sign;

	if (r->next == r->end)
		return (TIMESTAMP_NO_ZONE);

	sign = *r->next++;
	if (sign == 'Z' || sign == 'z') {
		(void)snprintf(out, 8, "Z");
		return (r->next == r->end ? TIMESTAMP_OK : TIMESTAMP_INVALID);
	}
	if (sign != '+' && sign != '-')
		return (TIMESTAMP_INVALID);

	hour = digits_read(r, 2);
	mark_read(r, ':', ':');
	minute = digits_read(r, 2);
	/* PostgreSQL takes no zone farther off, nor is there one. */
	if (!r->ok || r->next != r->end || hour > 15 || minute > 59)
		return (TIMESTAMP_INVALID);
	(void)snprintf(out, 8, "%.6s", zone);

	return (TIMESTAMP_OK);
}

static int
digits_read(struct reader *r, int n)
{
	int	value;

	for (value = 0; n > 0 && r->ok; n--) {
		if (r->next == r->end || *r->next < '0' || *r->next > '9')
			r->ok = 0;
		else
			value = value * 10 + (*r->next++ - '0');
	}

	return (value);
}

static void
mark_read(struct reader *r, char mark, char other)
{
	if (!r->ok || r->next == r->end ||
	    (*r->next != mark && *r->next != other))
		r->ok = 0;
	else
		r->next++;
}

static int
days_in(int year, int month)
{
	static const int	days[] = {
		31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31
	};

	return (days[month - 1] + (month == 2 && year % 4 == 0 &&
	    (year % 100 != 0 || year % 400 == 0)));
}
