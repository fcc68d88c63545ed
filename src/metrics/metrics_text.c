#include <inttypes.h>
#include <stdio.h>

#include "metrics/series.h"
#include "settings.h"

#define PREFIX		"parley_"
#define SHOW_ALL_MAX	64	/* points; of more only those that happened */

static void	write_metric(struct buffer *, enum metric);
static void	write_workers(struct buffer *, enum metric);
static void	write_point(struct buffer *, enum metric, size_t);
static uint64_t	write_buckets(struct buffer *, enum metric, size_t,
		    const char *);
static void	write_value(struct buffer *, enum metric, uint64_t);
static void	labels_of(enum metric, size_t, char *, size_t);
static uint64_t	count_of(enum metric, size_t);

static const char *const types[] = {
	[SERIES_COUNTER] = "counter",
	[SERIES_SECONDS] = "counter",
	[SERIES_GAUGE] = "gauge",
	[SERIES_NODE] = "gauge",
	[SERIES_SUMMARY] = "summary",
	[SERIES_HISTOGRAM] = "histogram"
};

void
metrics_write(struct buffer *out)
{
	int	i;

	for (i = 0; i < METRIC__MAX; i++)
		write_metric(out, (enum metric)i);
}

static void
write_metric(struct buffer *out, enum metric metric)
{
	size_t	points, i;

	buffer_printf(out, "# HELP " PREFIX "%s %s\n# TYPE " PREFIX "%s %s\n",
	    series[metric].name, series[metric].help, series[metric].name,
	    types[series[metric].type]);

	if (series[metric].labels[0] == LABEL_WORKER) {
		write_workers(out, metric);
		return;
	}

	points = series_points(metric);
	for (i = 0; i < points; i++) {
		if (points <= SHOW_ALL_MAX || count_of(metric, i) > 0)
			write_point(out, metric, i);
	}
}

static void
write_workers(struct buffer *out, enum metric metric)
{
	int	i;

	for (i = 1; i <= settings->workers; i++) {
		buffer_printf(out, PREFIX "%s{worker=\"%d\"} ",
		    series[metric].name, i);
		write_value(out, metric, series_value_of(metric, 0, (size_t)i));
	}
}

static void
write_point(struct buffer *out, enum metric metric, size_t i)
{
	uint64_t	count;
	char		labels[512];

	labels_of(metric, i, labels, sizeof(labels));

	switch (series[metric].type) {
	case SERIES_HISTOGRAM:
	case SERIES_SUMMARY:
		/* Counted once: what comes in meanwhile is not half shown. */
		count = series[metric].type == SERIES_HISTOGRAM ?
		    write_buckets(out, metric, i, labels) :
		    count_of(metric, i);
		buffer_printf(out, PREFIX "%s_sum%s%s%s ", series[metric].name,
		    labels[0] == '\0' ? "" : "{", labels,
		    labels[0] == '\0' ? "" : "}");
		write_value(out, metric,
		    series_value(metric, i * series_cells(metric)));
		buffer_printf(out, PREFIX "%s_count%s%s%s %" PRIu64 "\n",
		    series[metric].name, labels[0] == '\0' ? "" : "{", labels,
		    labels[0] == '\0' ? "" : "}", count);
		break;
	default:
		buffer_printf(out, PREFIX "%s%s%s%s ", series[metric].name,
		    labels[0] == '\0' ? "" : "{", labels,
		    labels[0] == '\0' ? "" : "}");
		write_value(out, metric, series_value(metric, i));
		break;
	}
}

/* Prometheus' buckets hold all that is not above their bound; the last all. */
static uint64_t
write_buckets(struct buffer *out, enum metric metric, size_t i,
    const char *labels)
{
	uint64_t	sum;
	size_t		k;

	sum = 0;
	for (k = 0; k < SERIES_BUCKETS; k++) {
		sum += series_value(metric, i * series_cells(metric) + 1 + k);
		buffer_printf(out, PREFIX "%s_bucket{%s%sle=\"%s\"} %" PRIu64
		    "\n", series[metric].name, labels,
		    labels[0] == '\0' ? "" : ",", series_buckets[k].text, sum);
	}

	return (sum);
}

static void
write_value(struct buffer *out, enum metric metric, uint64_t value)
{
	switch (series[metric].type) {
	case SERIES_SECONDS:
	case SERIES_SUMMARY:
	case SERIES_HISTOGRAM:
		buffer_printf(out, "%" PRIu64 ".%06" PRIu64 "\n",
		    value / 1000000, value % 1000000);
		break;
	default:
		buffer_printf(out, "%" PRId64 "\n", (int64_t)value);
		break;
	}
}

/* name="value",... of point i. None needs escaping: all are our own words. */
static void
labels_of(enum metric metric, size_t i, char *out, size_t size)
{
	const enum series_label_id	*labels = series[metric].labels;
	size_t				places[SERIES_LABELS], n, len;

	for (n = SERIES_LABELS; n > 0; n--) {
		places[n - 1] = i % series_label_count(labels[n - 1]);
		i /= series_label_count(labels[n - 1]);
	}

	out[0] = '\0';
	len = 0;
	for (n = 0; n < SERIES_LABELS && labels[n] != LABEL_NONE; n++)
		len += (size_t)snprintf(out + len, size - len, "%s%s=\"%s\"",
		    n == 0 ? "" : ",", series_labels[labels[n]].name,
		    series_label_text(labels[n], places[n]));
}

/* How often; what is no SUMMARY or HISTOGRAM has only a value. */
static uint64_t
count_of(enum metric metric, size_t i)
{
	uint64_t	sum;
	size_t		cells, k;

	cells = series_cells(metric);
	if (cells == 1)
		return (series_value(metric, i));

	sum = 0;
	for (k = 1; k < cells; k++)
		sum += series_value(metric, i * cells + k);

	return (sum);
}
