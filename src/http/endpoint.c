#include <string.h>
#include <time.h>

#include "data/form.h"
#include "data/json_read.h"
#include "http/endpoint.h"
#include "http/octet.h"
#include "http/reply.h"
#include "http/route.h"
#include "identity/caller.h"
#include "identity/identity.h"
#include "identity/token_cache.h"
#include "limits/admission.h"
#include "pages/pages.h"

static int	route_is_there(const struct exchange *);
static page_step	shared_begin, shared_judged;
static int	params_fill(struct exchange *, enum statement_id,
		    const char **, int);
static int	inputs_read(struct exchange *);
static int	body_read(struct exchange *, struct value *, struct json *);
static int	body_json(struct exchange *, struct value *, struct json *);
static int	content_type_is(const struct exchange *, const char *);
static void	json_invalid(struct json *, size_t, const char *);

void
endpoint_begin(struct exchange *x)
{
	const struct route	*route = x->route;

	if (x->head.method == METHOD_OPTIONS) {
		reply_options(x, route == NULL ?
		    "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS" :
		    route_allow(&x->arena, route));
		return;
	}
	if (route == NULL || !route_is_there(x)) {
		reply_outcome(x, OUTCOME_not_found);
		return;
	}
	if (!x->method_allowed) {
		reply_header(x, "Allow", route_allow(&x->arena, route));
		reply_outcome(x, OUTCOME_method_not_allowed);
		return;
	}
	if (route->access == ACCESS_USER && !endpoint_caller(x)) {
		reply_outcome(x, OUTCOME_unauthenticated);
		return;
	}
	if (!inputs_read(x) || !admission_by_input(x))
		return;

	if (route->page != NULL)
		route->page(x);
	else if (statements[route->statement].kind == STATEMENT_SHARED)
		shared_begin(x);
	else
		endpoint_statement(x, reply_statement, route->statement,
		    NULL, 0);
}

/* A shared statement does not know who calls: that is judged before it. */
static void
shared_begin(struct exchange *x)
{
	const char	*caller;

	caller = endpoint_caller_text(x);
	exchange_statement(x, shared_judged, STATEMENT_caller_check, 1,
	    &caller);
}

static void
shared_judged(struct exchange *x)
{
	enum outcome	outcome;

	outcome = reply_query_outcome(x);
	if (outcome != OUTCOME_ok)
		reply_outcome(x, outcome);
	else
		endpoint_statement(x, reply_statement, x->route->statement,
		    NULL, 0);
}

void
endpoint_statement(struct exchange *x, page_step *next,
    enum statement_id statement, const char *const *extra, int nextra)
{
	const char	*params[QUERY_PARAMS_MAX];
	int		n, k;

	n = params_fill(x, statement, params, 0);
	for (k = 0; k < nextra; k++)
		params[n++] = extra[k];

	exchange_statement(x, next, statement, n, params);
}

void
endpoint_path_statement(struct exchange *x, page_step *next,
    enum statement_id statement, const char *extra)
{
	const char	*params[QUERY_PARAMS_MAX];
	int		n;

	n = params_fill(x, statement, params, 1);
	params[n++] = extra;
	exchange_statement(x, next, statement, n, params);
}

/* The caller and the inputs, as a statement takes them; returns how many. */
static int
params_fill(struct exchange *x, enum statement_id statement,
    const char **params, int path_only)
{
	const struct field	*field;
	size_t			i;
	int			n;

	n = 0;
	if (x->route->access == ACCESS_USER &&
	    statements[statement].kind != STATEMENT_SHARED)
		params[n++] = endpoint_caller_text(x);
	for (i = 0; i < x->route->nfields; i++) {
		field = &x->route->fields[i];
		if (path_only && field->place != FIELD_PATH)
			continue;
		if (field->flags & FIELD_PATCH)
			params[n++] = x->inputs[i].state == INPUT_ABSENT ?
			    "false" : "true";
		params[n++] = x->inputs[i].text;
	}

	return (n);
}

/* An address of their own has the metrics alone. */
static int
route_is_there(const struct exchange *x)
{
	return (x->listener != LISTENER_METRICS ||
	    x->route->page == metrics_page);
}

/* RFC 6750 section 2.1; the scheme in any case (RFC 9110 section 11.1). */
int
endpoint_caller(struct exchange *x)
{
	const struct span	*field;
	struct span		token;

	field = head_field(&x->head, "authorization");
	if (field == NULL || field->len < 8 ||
	    strncasecmp(field->data, "bearer ", 7) != 0)
		return (0);

	token.data = field->data + 7;
	token.len = field->len - 7;
	while (token.len > 0 && *token.data == ' ') {
		token.data++;
		token.len--;
	}

	return (token_cache_verify(identity_keys(), token, time(NULL),
	    &x->caller) == TOKEN_OK);
}

const char *
endpoint_caller_text(struct exchange *x)
{
	return (caller_text(&x->arena, &x->caller, x->address, x->id));
}

/* Reads all that the route's fields name; answers 422 when something is off. */
static int
inputs_read(struct exchange *x)
{
	struct field_sources	sources;
	struct value		query, body;
	struct buffer		out;
	struct json		errors;
	int			nerrors;

	if (x->route->nfields == 0)
		return (1);

	memset(&query, 0, sizeof(query));
	memset(&body, 0, sizeof(body));
	buffer_init(&out);
	json_init(&errors, &out);
	json_array_begin(&errors);

	nerrors = body_read(x, &body, &errors);
	if (nerrors == 0) {
		if (!form_read(&x->arena, x->head.query.data,
		    x->head.query.len, &query))
			memset(&query, 0, sizeof(query));
		sources.path = x->path_params;
		sources.query = &query;
		sources.body = &body;
		sources.empty_is_absent = x->route->body == BODY_FORM;
		nerrors = fields_read(&x->arena, x->route->fields,
		    x->route->nfields, &sources, x->inputs, &errors);
	}

	json_array_end(&errors);
	if (nerrors > 0)
		reply_invalid(x, &out);
	buffer_cleanup(&out);

	return (nerrors == 0);
}

/* The body as an object; the errors of a body that is none. */
static int
body_read(struct exchange *x, struct value *body, struct json *errors)
{
	switch (x->route->body) {
	case BODY_JSON_OR_NONE:
		if (x->body.len == 0)
			return (0);
		return (body_json(x, body, errors));
	case BODY_JSON:
		return (body_json(x, body, errors));
	case BODY_FORM:
		/* Another type holds no form: every field is missing. */
		if (!content_type_is(x, "application/x-www-form-urlencoded") ||
		    !form_read(&x->arena, x->body.data, x->body.len, body))
			memset(body, 0, sizeof(*body));
		return (0);
	default:
		return (0);
	}
}

static int
body_json(struct exchange *x, struct value *body, struct json *errors)
{
	static const char	not_object[] = "Input should be a valid "
	    "dictionary or object to extract fields from";
	const char		*why;
	size_t			offset;

	if (x->body.len == 0) {
		fields_body_error(errors, "missing", "Field required");
		return (1);
	}
	if (!content_type_is(x, "application/json")) {
		fields_body_error(errors, "model_attributes_type", not_object);
		return (1);
	}

	if (json_read(&x->arena, x->body.data, x->body.len, body, &offset,
	    &why) != JSON_OK) {
		json_invalid(errors, offset, why);
		return (1);
	}
	if (body->type != VALUE_OBJECT) {
		fields_body_error(errors, "model_attributes_type", not_object);
		return (1);
	}

	return (0);
}

/*
 * Whether the body is of that type, parameters aside. A body without a type
 * is taken as JSON, as the old service did; so is any application/...+json.
 */
static int
content_type_is(const struct exchange *x, const char *want)
{
	const struct span	*field;
	struct span		type;
	int			json;

	json = strcmp(want, "application/json") == 0;
	field = head_field(&x->head, "content-type");
	if (field == NULL || field->len == 0)
		return (json);

	type = octets_trim(octets_before(*field, ';'));
	if (span_is_nocase(type, want))
		return (1);

	return (json && type.len > 17 &&
	    strncasecmp(type.data, "application/", 12) == 0 &&
	    strncasecmp(type.data + type.len - 5, "+json", 5) == 0);
}

static void
json_invalid(struct json *errors, size_t offset, const char *why)
{
	json_object_begin(errors);
	json_member(errors, "type", "json_invalid");
	json_name(errors, "loc");
	json_array_begin(errors);
	json_put_text(errors, "body");
	json_put_integer(errors, (int64_t)offset);
	json_array_end(errors);
	json_member(errors, "msg", "JSON decode error");
	json_name(errors, "ctx");
	json_object_begin(errors);
	json_member(errors, "error", why);
	json_object_end(errors);
	json_object_end(errors);
}
