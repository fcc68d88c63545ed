#ifndef PARLEY_METRICS_SERIES_H
#define PARLEY_METRICS_SERIES_H

#include "metrics/metrics.h"

/* What metrics.c knows of a metric, for metrics_text.c, which shows them. */

enum series_type {
	SERIES_COUNTER,
	SERIES_SECONDS,
	SERIES_GAUGE,
	SERIES_NODE,
	SERIES_SUMMARY,
	SERIES_HISTOGRAM
};

enum series_label_id {
	LABEL_NONE,
	LABEL_BUILD,
	LABEL_WORKER,		/* not added up: each worker's own */
	LABEL_ROUTE,
	LABEL_METHOD,
	LABEL_STATUS,
	LABEL_LISTENER,
	LABEL_REASON,
	LABEL_LIMIT,
	LABEL_LOGIN,
	LABEL_WEBHOOK,
	LABEL_STATEMENT,
	LABEL_QUERY,
	LABEL_SERVICE,
	LABEL_CALL,
	LABEL_REPAIR,
	LABEL__MAX
};

#define SERIES_LABELS	3
#define SERIES_BUCKETS	15

struct series_label {
	const char		*name;
	const char *const	*words;		/* ended by NULL */
	size_t			(*count)(void);
	const char		*(*text)(size_t);
};

struct series {
	const char		*name;		/* without the prefix */
	enum series_type	type;
	enum series_label_id	labels[SERIES_LABELS];
	const char		*help;
};

struct series_bucket {
	const char	*text;
	uint64_t	us;
};

extern const struct series		series[METRIC__MAX];
extern const struct series_label	series_labels[LABEL__MAX];
extern const struct series_bucket	series_buckets[SERIES_BUCKETS];

/* How many values a label has, and each of them. */
size_t		series_label_count(enum series_label_id);
const char	*series_label_text(enum series_label_id, size_t i);

/*
 * Combinations of a metric's labels, and words of memory for each: the sum
 * and, behind it, the buckets or the count of a HISTOGRAM or SUMMARY.
 */
size_t		series_points(enum metric);
size_t		series_cells(enum metric);

/* Word i of a metric, of all workers together and of one. */
uint64_t	series_value(enum metric, size_t i);
uint64_t	series_value_of(enum metric, size_t i, size_t which);

#endif
