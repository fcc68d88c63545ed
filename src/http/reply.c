#include <stdio.h>
#include <string.h>
#include <time.h>

#include <kore/kore.h>
#include <kore/http.h>

#include "data/row_csv.h"
#include "data/row_json.h"
#include "data/blob.h"
#include "http/accept.h"
#include "http/cors.h"
#include "http/intake.h"
#include "http/paging.h"
#include "http/reply.h"
#include "http/route.h"
#include "limits/admission.h"
#include "log.h"

#define RETRY_AFTER	"1"		/* seconds, with every 503 */
#define HSTS		"max-age=31536000"
#define HEAD_ROOM	800		/* octets: those of nearly every head */
#define CACHE_NONE	"no-store"
#define BODY_LONG	4096		/* octets that are not worth a copy */

/* How long a body stays where it is. */
enum lifetime {
	LIFETIME_EXCHANGE,
	LIFETIME_BLOB,		/* x->blob */
	LIFETIME_PROCESS
};

static void		write_rows(struct exchange *, enum outcome);
static void		write_list(struct json *, const PGresult *,
			    enum outcome);
static int		rows_count(const PGresult *, enum outcome);
static void		reply_csv(struct exchange *, enum outcome);
static void		send_reply(struct exchange *, const char *,
			    const char *, struct span, enum lifetime);
static void		send_out(struct exchange *, const char *);
static void		note_answer(struct exchange *, size_t);
static const char	*date_now(void);

void
reply_header(struct exchange *x, const char *name, const char *value)
{
	buffer_append_string(&x->extra, name);
	buffer_append_string(&x->extra, ": ");
	buffer_append_string(&x->extra, value);
	buffer_append_string(&x->extra, "\r\n");
}

void
reply_json(struct exchange *x, int status)
{
	if (x->status != 0)
		return;

	x->status = status;
	send_out(x, "application/json");
}

void
reply_lasting(struct exchange *x, int status, const char *type,
    const char *cache, struct span body)
{
	if (x->status != 0)
		return;

	x->status = status;
	send_reply(x, type, cache, body, LIFETIME_PROCESS);
}

void
reply_not_modified(struct exchange *x, const char *cache)
{
	if (x->status != 0)
		return;

	x->status = 304;
	send_reply(x, NULL, cache, SPAN(""), LIFETIME_PROCESS);
}

void
reply_redirect(struct exchange *x, int status, const char *location)
{
	if (x->status != 0)
		return;

	reply_header(x, "Location", location);
	x->status = status;
	send_reply(x, NULL, CACHE_NONE, SPAN(""), LIFETIME_PROCESS);
}

void
reply_text(struct exchange *x, const char *type)
{
	if (x->status != 0)
		return;

	x->status = 200;
	send_out(x, type);
}

void
reply_outcome(struct exchange *x, enum outcome outcome)
{
	struct json	json;

	buffer_cleanup(&x->out);
	json_init(&json, &x->out);
	json_object_begin(&json);
	json_name(&json, "detail");
	if (outcomes[outcome].status == 422) {
		/* A rule about several members, that only the database knows. */
		json_array_begin(&json);
		fields_body_error(&json, "value_error",
		    outcomes[outcome].text);
		json_array_end(&json);
	} else {
		json_put_text(&json, outcomes[outcome].text);
	}
	json_object_end(&json);

	/* RFC 6750 section 3, RFC 9110 section 10.2.3 */
	if (outcomes[outcome].status == 401)
		reply_header(x, "WWW-Authenticate", "Bearer");
	if (outcomes[outcome].status == 503)
		reply_header(x, "Retry-After", RETRY_AFTER);

	reply_json(x, outcomes[outcome].status);
}

void
reply_invalid(struct exchange *x, const struct buffer *errors)
{
	buffer_cleanup(&x->out);
	buffer_append_string(&x->out, "{\"detail\":");
	buffer_append(&x->out, errors->data, errors->len);
	buffer_append_string(&x->out, "}");
	reply_json(x, 422);
}

void
reply_message(struct exchange *x, const char *text)
{
	struct json	json;

	json_init(&json, &x->out);
	json_object_begin(&json);
	json_member(&json, "message", text);
	json_object_end(&json);
	reply_json(x, 200);
}

void
reply_options(struct exchange *x, const char *allow)
{
	if (x->status != 0)
		return;

	reply_header(x, "Allow", allow);
	cors_preflight_headers(&x->extra, &x->head, allow);
	x->status = 200;
	send_out(x, NULL);
}

enum outcome
reply_query_outcome(const struct exchange *x)
{
	switch (x->query.result) {
	case QUERY_OK:
		if (PQntuples(x->query.rows) == 0 ||
		    PQgetisnull(x->query.rows, x->query.row, 0))
			return (OUTCOME_internal);
		return (outcome_find(query_text(&x->query, 0)));
	case QUERY_UNAVAILABLE:
		return (database_state() == DATABASE_NOT_MIGRATED ?
		    OUTCOME_not_migrated : OUTCOME_unavailable);
	case QUERY_OVERLOADED:
		return (OUTCOME_overloaded);
	case QUERY_UNKNOWN:
		return (OUTCOME_unknown_fate);
	default:
		return (OUTCOME_internal);
	}
}

void
reply_statement(struct exchange *x)
{
	enum outcome	outcome;
	struct blob	**made;

	outcome = reply_query_outcome(x);
	if (outcomes[outcome].text != NULL) {
		reply_outcome(x, outcome);
		return;
	}

	if (x->route->csv != NULL) {
		reply_header(x, "Vary", "Accept");
		if (accept_prefers(&x->head, "text/csv", "application/json")) {
			reply_csv(x, outcome);
			return;
		}
	}

	if (x->route->answer == ANSWER_MESSAGE) {
		reply_message(x, x->route->message);
		return;
	}
	if (x->route->answer == ANSWER_LIST)
		paging_link(x, rows_count(x->query.rows, outcome));

	/* The first of those who share the rows writes for all. */
	made = query_made(&x->query);
	if (made != NULL && *made != NULL) {
		x->blob = blob_hold(*made);
	} else {
		write_rows(x, outcome);
		if (made != NULL) {
			x->blob = blob_take(&x->out);
			*made = blob_hold(x->blob);
		}
	}
	reply_json(x, outcomes[outcome].status);
}

/* The body, as the route says. */
static void
write_rows(struct exchange *x, enum outcome outcome)
{
	struct json	json;

	json_init(&json, &x->out);
	switch (x->route->answer) {
	case ANSWER_OBJECT:
		rows_json(&json, x->query.rows, x->query.row,
		    x->query.row + 1, 1);
		break;
	case ANSWER_LIST:
		write_list(&json, x->query.rows, outcome);
		break;
	case ANSWER_NAMED_LIST:
		json_object_begin(&json);
		json_name(&json, x->route->message);
		write_list(&json, x->query.rows, outcome);
		json_object_end(&json);
		break;
	case ANSWER_MESSAGE:
		break;
	}
}

/* The same rows, for a spreadsheet. */
static void
reply_csv(struct exchange *x, enum outcome outcome)
{
	if (x->status != 0)
		return;

	row_csv(&x->out, x->query.rows, rows_count(x->query.rows,
	    outcome), 1);
	reply_header(x, "Content-Disposition", arena_printf(&x->arena,
	    "attachment; filename=\"%s\"", x->route->csv));
	x->status = outcomes[outcome].status;
	send_out(x, "text/csv; charset=utf-8");
}

static void
write_list(struct json *json, const PGresult *rows, enum outcome outcome)
{
	json_array_begin(json);
	rows_json(json, rows, 0, rows_count(rows, outcome), 1);
	json_array_end(json);
}

/* A list that is empty has a row all the same: its outcome's. */
static int
rows_count(const PGresult *rows, enum outcome outcome)
{
	return (outcome == OUTCOME_empty ? 0 : PQntuples(rows));
}

/* Sends what the page wrote; type is NULL when that is nothing. */
static void
send_out(struct exchange *x, const char *type)
{
	const char	*cache = type == NULL ? NULL : CACHE_NONE;
	struct span	body;

	if (x->blob == NULL && x->out.len >= BODY_LONG)
		x->blob = blob_take(&x->out);
	if (x->blob != NULL) {
		send_reply(x, type, cache, blob_span(x->blob),
		    LIFETIME_BLOB);
		return;
	}
	body.data = x->out.data;
	body.len = x->out.len;
	send_reply(x, type, cache, body, LIFETIME_EXCHANGE);
}

/* Puts head and body on the connection; no type and no cache: no such line. */
static void
send_reply(struct exchange *x, const char *type, const char *cache,
    struct span body, enum lifetime lifetime)
{
	struct buffer	head;

	buffer_init(&head);
	(void)buffer_reserve(&head, HEAD_ROOM +
	    (lifetime == LIFETIME_EXCHANGE ? body.len : 0));
	buffer_append_string(&head, "HTTP/1.1 ");
	buffer_append_number(&head, (uint64_t)x->status);
	buffer_append_string(&head, " ");
	buffer_append_string(&head, status_phrase(x->status));
	buffer_append_string(&head, "\r\nDate: ");
	buffer_append_string(&head, date_now());
	if (type != NULL) {
		buffer_append_string(&head, "\r\nContent-Type: ");
		buffer_append_string(&head, type);
		buffer_append_string(&head,
		    "\r\nX-Content-Type-Options: nosniff");
	}
	if (cache != NULL) {
		buffer_append_string(&head, "\r\nCache-Control: ");
		buffer_append_string(&head, cache);
	}
	/* It would be the length of the answer that is not sent. */
	if (x->status != 304) {
		buffer_append_string(&head, "\r\nContent-Length: ");
		buffer_append_number(&head, body.len);
	}
	buffer_append_string(&head, "\r\nX-Request-Id: ");
	buffer_append_string(&head, x->id);
	buffer_append_string(&head, "\r\n");
	cors_headers(&head, &x->head);
	if (x->tls)
		buffer_append_string(&head,
		    "Strict-Transport-Security: " HSTS "\r\n");

	/* RFC 9112 section 9.3: an HTTP/1.0 client must be told it may stay. */
	if (x->close)
		buffer_append_string(&head, "Connection: close\r\n");
	else if (x->head.minor == 0)
		buffer_append_string(&head, "Connection: keep-alive\r\n");

	buffer_append(&head, x->extra.data, x->extra.len);
	buffer_append_string(&head, "\r\n");

	note_answer(x, body.len);
	if (x->head.method == METHOD_HEAD)
		body.len = 0;
	if (lifetime == LIFETIME_EXCHANGE) {
		buffer_append(&head, body.data, body.len);
		body.len = 0;
	}
	intake_send(x, (struct span){ head.data, head.len }, body,
	    lifetime == LIFETIME_BLOB ? x->blob : NULL);
	buffer_cleanup(&head);
}

static void
note_answer(struct exchange *x, size_t bytes)
{
	struct log_request	line;
	struct timespec		now;
	uint64_t		us;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	us = (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000 -
	    x->started;
	admission_settle(x);
	metrics_answered(x->route, x->head.method, x->status, us, bytes);

	memset(&line, 0, sizeof(line));
	line.method = span_of(head_method_name(x->head.method));
	line.route = x->route == NULL ? NULL : x->route->path;
	line.path = x->head.path;
	line.status = x->status;
	line.ms = (double)us / 1e3;
	line.bytes = bytes;
	line.request_id = span_of(x->id);
	line.address = x->address;
	log_request(&line);
}

/* RFC 9110 section 6.6.1; made once a second. */
static const char *
date_now(void)
{
	static char	text[32];
	static time_t	made;
	struct tm	tm;
	time_t		now;

	now = time(NULL);
	if (now != made && gmtime_r(&now, &tm) != NULL) {
		(void)strftime(text, sizeof(text),
		    "%a, %d %b %Y %H:%M:%S GMT", &tm);
		made = now;
	}

	return (text);
}
