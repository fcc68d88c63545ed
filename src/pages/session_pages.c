#include <stdlib.h>
#include <time.h>

#include "data/utf8.h"
#include "http/cookie.h"
#include "http/endpoint.h"
#include "http/reply.h"
#include "identity/identity.h"
#include "identity/refresh.h"
#include "limits/admission.h"
#include "pages/pages.h"
#include "settings.h"

#define USER_AGENT_MAX		300	/* octets that are kept */
#define SECONDS_A_DAY		86400L

/* The columns of session_begin's and session_refresh's row. */
enum session_column {
	SESSION_COLUMN_OUTCOME,
	SESSION_COLUMN_USERNAME,
	SESSION_COLUMN_ID,
	SESSION_COLUMN_EXPIRES_IN,
	SESSION_COLUMN_LASTS
};

/* What a request has to say of its session. */
enum given {
	GIVEN_NOTHING,		/* or nothing that a refresh token can be */
	GIVEN_TOKEN,
	GIVEN_FOREIGN		/* a cookie that a foreign page sent */
};

static page_step	session_begun;
static page_step	session_ended;
static enum given	token_find(struct exchange *, struct refresh_token *);
static const char	*user_agent(struct exchange *);
static void		session_answer(struct exchange *);
static int		column_integer(const struct exchange *, int);
static const char	*seconds_text(struct exchange *, long);

const struct field refresh_fields[1] = {
	{ FIELD_BODY, "refresh_token", FIELD_STRING, FIELD_NULLABLE, 0, 0,
	    NULL },
};

const struct field session_fields[1] = {
	{ FIELD_PATH, "session_id", FIELD_STRING, 0, 0, 0, NULL },
};

/* Somebody's password was right: signs them in and answers with the tokens. */
void
session_begin(struct exchange *x, const char *username,
    const char *tokens_since, const char *better_hash)
{
	struct refresh_token	*token;
	const char		*params[10];

	token = arena_alloc(&x->arena, sizeof(*token));
	if (!refresh_begin(token)) {
		reply_outcome(x, OUTCOME_internal);
		return;
	}

	params[0] = endpoint_caller_text(x);
	params[1] = username;
	params[2] = tokens_since;
	params[3] = better_hash;
	params[4] = token->family;
	params[5] = token->secret;
	params[6] = user_agent(x);
	params[7] = seconds_text(x,
	    settings->access_token_expire_minutes * 60L);
	params[8] = seconds_text(x,
	    settings->refresh_idle_days * SECONDS_A_DAY);
	params[9] = seconds_text(x,
	    settings->refresh_token_days * SECONDS_A_DAY);
	x->page = token;
	exchange_statement(x, session_begun, STATEMENT_session_begin, 10,
	    params);
}

static void
session_begun(struct exchange *x)
{
	enum outcome	outcome;

	outcome = reply_query_outcome(x);
	if (outcome != OUTCOME_ok)
		reply_outcome(x, outcome);
	else
		session_answer(x);
}

void
auth_refresh(struct exchange *x)
{
	struct refresh_token	given, *token;
	const char		*params[8];
	enum given		found;

	found = token_find(x, &given);
	if (found != GIVEN_TOKEN) {
		reply_outcome(x, found == GIVEN_FOREIGN ?
		    OUTCOME_foreign_origin : OUTCOME_invalid_refresh);
		return;
	}

	token = arena_alloc(&x->arena, sizeof(*token));
	if (!refresh_renew(token, &given)) {
		reply_outcome(x, OUTCOME_internal);
		return;
	}
	if (!admission_by_account(x, RATE_LIMIT_refresh_account,
	    token->family))
		return;

	params[0] = endpoint_caller_text(x);
	params[1] = token->family;
	params[2] = arena_strndup(&x->arena, given.secret, REFRESH_HASH_LEN);
	params[3] = token->secret;
	params[4] = user_agent(x);
	params[5] = seconds_text(x,
	    settings->access_token_expire_minutes * 60L);
	params[6] = seconds_text(x,
	    settings->refresh_idle_days * SECONDS_A_DAY);
	params[7] = seconds_text(x,
	    settings->refresh_token_days * SECONDS_A_DAY);
	explicit_bzero(&given, sizeof(given));
	x->page = token;
	exchange_statement(x, session_begun, STATEMENT_session_refresh, 8,
	    params);
}

/* Whoever has no valid token any more is signed out already. */
void
auth_logout(struct exchange *x)
{
	struct refresh_token	given;
	const char		*params[2] = { NULL, NULL };
	enum given		found;

	found = token_find(x, &given);
	if (found == GIVEN_FOREIGN) {
		reply_outcome(x, OUTCOME_foreign_origin);
		return;
	}

	if (found == GIVEN_TOKEN)
		params[1] = arena_strndup(&x->arena, given.family,
		    REFRESH_HASH_LEN);
	else
		(void)endpoint_caller(x);
	explicit_bzero(&given, sizeof(given));
	params[0] = endpoint_caller_text(x);
	exchange_statement(x, session_ended, STATEMENT_session_end, 2, params);
}

static void
session_ended(struct exchange *x)
{
	cookie_write(x, "", 0);
	reply_message(x, "Logged out");
}

/* The refresh token of the body, else the cookie's. */
static enum given
token_find(struct exchange *x, struct refresh_token *token)
{
	struct span	text;

	memset(token, 0, sizeof(*token));
	if (x->inputs[0].state == INPUT_GIVEN) {
		text.data = x->inputs[0].text;
		text.len = x->inputs[0].len;
	} else {
		if (cookie_sent(x) && cookie_origin(x) != ORIGIN_OURS)
			return (GIVEN_FOREIGN);
		text = cookie_read(x);
	}

	return (refresh_read(token, text) ? GIVEN_TOKEN : GIVEN_NOTHING);
}

/* As text that the database takes; NULL for none. */
static const char *
user_agent(struct exchange *x)
{
	const struct span	*field;
	struct span		kept;
	char			*text, *p;

	field = head_field(&x->head, "user-agent");
	if (field == NULL || field->len == 0)
		return (NULL);

	kept = *field;
	if (kept.len > USER_AGENT_MAX)
		kept.len = USER_AGENT_MAX;
	text = arena_strndup(&x->arena, kept.data, kept.len);
	if (!utf8_valid(kept)) {
		for (p = text; *p != '\0'; p++) {
			if ((unsigned char)*p >= 0x80)
				*p = '?';
		}
	}

	return (text);
}

static void
session_answer(struct exchange *x)
{
	const struct refresh_token	*refresh = x->page;
	struct json			json;
	char				token[TOKEN_MAX];
	int				expires_in;

	expires_in = column_integer(x, SESSION_COLUMN_EXPIRES_IN);
	if (!token_issue(identity_keys(),
	    query_text(&x->query, SESSION_COLUMN_USERNAME),
	    query_text(&x->query, SESSION_COLUMN_ID), time(NULL), expires_in,
	    token, sizeof(token))) {
		reply_outcome(x, OUTCOME_internal);
		return;
	}

	/* RFC 6749 section 5.1 */
	json_init(&json, &x->out);
	json_object_begin(&json);
	json_member(&json, "access_token", token);
	json_member(&json, "token_type", "bearer");
	json_name(&json, "expires_in");
	json_put_integer(&json, expires_in);
	json_member(&json, "refresh_token", refresh->text);
	json_object_end(&json);
	explicit_bzero(token, sizeof(token));
	cookie_write(x, refresh->text,
	    column_integer(x, SESSION_COLUMN_LASTS));
	reply_json(x, 200);
}

static int
column_integer(const struct exchange *x, int column)
{
	return (atoi(query_text(&x->query, column)));
}

static const char *
seconds_text(struct exchange *x, long seconds)
{
	return (arena_printf(&x->arena, "%ld", seconds));
}
