#ifndef PARLEY_HTTP_ROUTE_H
#define PARLEY_HTTP_ROUTE_H

#include "http/exchange.h"
#include "metrics/metrics.h"

/*
 * An endpoint is a row. Who may call it, what it takes, the statement it runs
 * and how that is answered are data; only what needs steps has a page.
 */

enum access {
	ACCESS_PUBLIC,
	ACCESS_USER		/* a valid access token; its subject is $1 */
};

enum body_kind {
	BODY_NONE,
	BODY_JSON,
	BODY_JSON_OR_NONE,	/* its fields may also all be absent */
	BODY_FORM,
	BODY_RAW		/* the page reads the octets itself */
};

enum answer {
	ANSWER_OBJECT,		/* the row's columns after the outcome */
	ANSWER_LIST,		/* an array of such rows */
	ANSWER_NAMED_LIST,	/* {route.message: that array} */
	ANSWER_MESSAGE		/* {"message": route.message} */
};

/* What its requests are limited by: limits/admission.c has the rates. */
enum rate_class {
	RATE_DEFAULT,		/* RATE_WRITE when it changes something */
	RATE_LOGIN,
	RATE_REGISTER,
	RATE_REFRESH,
	RATE_PASSWORD,
	RATE_WRITE,
	RATE_CLASS__MAX
};

struct route {
	enum head_method	method;
	const char		*path;		/* "/rooms/{room_id}/join" */
	enum access		access;
	enum body_kind		body;
	const struct field	*fields;
	size_t			nfields;
	enum statement_id	statement;	/* when there is no page */
	enum answer		answer;
	const char		*message;	/* or the name of the list */
	const char		*csv;		/* also as CSV, in a file so named */
	page_step		*page;
	enum rate_class		rate;
	enum metric		tally;	/* counts what its answers say */
};

#define ROUTE_FIELDS(table)						\
	.fields = (table), .nfields = sizeof(table) / sizeof((table)[0])

/* The table, in routes.c. */
extern const struct route	routes[];
extern const size_t		nroutes;

enum route_match {
	ROUTE_FOUND,
	ROUTE_UNKNOWN,		/* no such path */
	ROUTE_METHOD		/* the path, but not with that method */
};

/*
 * Finds the row for a method and an encoded path; a slash at the end makes no
 * difference, and HEAD is served by GET's row. {name} in a row stands for one
 * segment, {name...} for all that are left, or none. params get these values,
 * percent-decoded, in the arena. On ROUTE_METHOD *route is some row of that
 * path.
 */
enum route_match	route_find(struct arena *, enum head_method,
			    struct span path, const struct route **,
			    struct span *params);

/* "GET, HEAD, POST, OPTIONS": the methods of a row's path, in the arena. */
const char		*route_allow(struct arena *, const struct route *);

#endif
