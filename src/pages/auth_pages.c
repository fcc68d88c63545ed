#include <inttypes.h>

#include "http/endpoint.h"
#include "http/reply.h"
#include "identity/hashing.h"
#include "identity/identity.h"
#include "pages/pages.h"

#define USERNAME_MAX	50
#define EMAIL_MAX	100
#define FULL_NAME_MAX	100
#define PASSWORD_MAX	128

/* The columns of user_login's row. */
enum login_column {
	LOGIN_COLUMN_OUTCOME,
	LOGIN_COLUMN_HASH,
	LOGIN_COLUMN_ACTIVE,
	LOGIN_COLUMN_SINCE,
	LOGIN_COLUMN_STAND_IN
};

static page_step	register_hashed;
static page_step	login_found;
static page_step	login_compared;
static page_step	login_refused;
static page_step	login_inactive;
static page_step	password_found;
static page_step	password_compared;
static page_step	password_refused;
static void		note_failure(struct exchange *, page_step *,
			    const char *, const char *);
static page_step	password_hashed;

const struct field register_fields[REGISTER__MAX] = {
	[REGISTER_USERNAME] = { FIELD_BODY, "username", FIELD_STRING,
	    FIELD_REQUIRED | FIELD_LABEL, 1, USERNAME_MAX, NULL },
	[REGISTER_EMAIL] = { FIELD_BODY, "email", FIELD_EMAIL,
	    FIELD_REQUIRED, 0, EMAIL_MAX, NULL },
	[REGISTER_PASSWORD] = { FIELD_BODY, "password", FIELD_PASSWORD,
	    FIELD_REQUIRED, 0, PASSWORD_MAX, NULL },
	[REGISTER_FULL_NAME] = { FIELD_BODY, "full_name", FIELD_STRING,
	    FIELD_NULLABLE, 0, FULL_NAME_MAX, NULL },
};

const struct field login_fields[LOGIN__MAX] = {
	[LOGIN_GRANT_TYPE] = { FIELD_BODY, "grant_type", FIELD_STRING,
	    FIELD_PATTERN, 0, 0, "password" },
	[LOGIN_USERNAME] = { FIELD_BODY, "username", FIELD_STRING,
	    FIELD_REQUIRED | FIELD_LABEL, 0, 0, NULL },
	[LOGIN_PASSWORD] = { FIELD_BODY, "password", FIELD_STRING,
	    FIELD_REQUIRED, 0, 0, NULL },
	[LOGIN_SCOPE] = { FIELD_BODY, "scope", FIELD_STRING, 0, 0, 0, NULL },
};

const struct field account_fields[ACCOUNT__MAX] = {
	[ACCOUNT_EMAIL] = { FIELD_BODY, "email", FIELD_EMAIL,
	    FIELD_PATCH, 0, EMAIL_MAX, NULL },
	[ACCOUNT_FULL_NAME] = { FIELD_BODY, "full_name", FIELD_STRING,
	    FIELD_PATCH | FIELD_NULLABLE, 0, FULL_NAME_MAX, NULL },
};

const struct field password_fields[PASSWORD__MAX] = {
	[PASSWORD_CURRENT] = { FIELD_BODY, "current_password", FIELD_STRING,
	    FIELD_REQUIRED, 0, 0, NULL },
	[PASSWORD_NEW] = { FIELD_BODY, "new_password", FIELD_PASSWORD,
	    FIELD_REQUIRED, 0, PASSWORD_MAX, NULL },
};

/* Hash, then insert: who has the name is decided by the insert alone. */
void
auth_register(struct exchange *x)
{
	const struct input	*password = &x->inputs[REGISTER_PASSWORD];

	hashing_create(x, register_hashed, password->text, password->len);
}

static void
register_hashed(struct exchange *x)
{
	const char	*params[] = {
		x->inputs[REGISTER_USERNAME].text,
		x->inputs[REGISTER_EMAIL].text,
		hashing_hash(x),
		x->inputs[REGISTER_FULL_NAME].text,
	};

	if (hashing_hash(x) == NULL) {
		reply_outcome(x, OUTCOME_internal);
		return;
	}
	exchange_statement(x, reply_statement, STATEMENT_user_register, 4,
	    params);
}

/* Look up, compare, begin a session (and note a better hash). */
void
auth_login(struct exchange *x)
{
	const struct input	*username = &x->inputs[LOGIN_USERNAME];
	const char		*params[2];

	params[0] = username->text;
	params[1] = arena_printf(&x->arena, "%" PRIu64,
	    identity_number(username->text, username->len));
	exchange_statement(x, login_found, STATEMENT_user_login, 2, params);
}

static void
login_found(struct exchange *x)
{
	const struct input	*password = &x->inputs[LOGIN_PASSWORD];
	const char		*stored;

	/* Nobody of that name: compared all the same, for as long. */
	stored = query_text(&x->query, LOGIN_COLUMN_HASH);
	if (stored[0] == '\0')
		stored = query_text(&x->query, LOGIN_COLUMN_STAND_IN);
	hashing_compare(x, login_compared, password->text, password->len,
	    stored);
}

static void
login_compared(struct exchange *x)
{
	const char	*since;

	if (hashing_verdict(x) != PASSWORD_OK &&
	    hashing_verdict(x) != PASSWORD_OK_REHASH) {
		note_failure(x, login_refused, "login_failed",
		    x->inputs[LOGIN_USERNAME].text);
		return;
	}
	if (query_text(&x->query, LOGIN_COLUMN_ACTIVE)[0] != 't') {
		note_failure(x, login_inactive, "login_failed",
		    x->inputs[LOGIN_USERNAME].text);
		return;
	}

	/* The row goes with the next query. */
	since = query_text(&x->query, LOGIN_COLUMN_SINCE);
	since = arena_strndup(&x->arena, since, strlen(since));
	session_begin(x, x->inputs[LOGIN_USERNAME].text,
	    since[0] == '\0' ? NULL : since, hashing_hash(x));
}

static void
login_refused(struct exchange *x)
{
	reply_outcome(x, OUTCOME_wrong_login);
}

static void
login_inactive(struct exchange *x)
{
	reply_outcome(x, OUTCOME_inactive);
}

/* Look up, compare, hash the new one, store it. */
void
auth_password(struct exchange *x)
{
	const char	*params[] = { endpoint_caller_text(x) };

	exchange_statement(x, password_found, STATEMENT_user_password, 1,
	    params);
}

static void
password_found(struct exchange *x)
{
	const struct input	*current = &x->inputs[PASSWORD_CURRENT];
	const char		*stored;
	enum outcome		outcome;

	outcome = reply_query_outcome(x);
	if (outcome != OUTCOME_ok) {
		reply_outcome(x, outcome);
		return;
	}

	/* The row goes with the next query. */
	stored = query_text(&x->query, 1);
	x->page = arena_strndup(&x->arena, stored, strlen(stored));
	hashing_compare(x, password_compared, current->text, current->len,
	    x->page);
}

static void
password_compared(struct exchange *x)
{
	const struct input	*password = &x->inputs[PASSWORD_NEW];

	if (hashing_verdict(x) != PASSWORD_OK &&
	    hashing_verdict(x) != PASSWORD_OK_REHASH) {
		note_failure(x, password_refused, "password_failed",
		    x->caller.subject);
		return;
	}
	hashing_create(x, password_hashed, password->text, password->len);
}

static void
password_refused(struct exchange *x)
{
	reply_outcome(x, OUTCOME_wrong_password);
}

/* The audit trail has it before the client does. */
static void
note_failure(struct exchange *x, page_step *next, const char *action,
    const char *username)
{
	const char	*params[] = { endpoint_caller_text(x), action,
			    username };

	exchange_statement(x, next, STATEMENT_audit_failure, 3, params);
}

static void
password_hashed(struct exchange *x)
{
	const char	*params[] = { endpoint_caller_text(x), x->page,
			    hashing_hash(x) };

	if (hashing_hash(x) == NULL) {
		reply_outcome(x, OUTCOME_internal);
		return;
	}
	exchange_statement(x, reply_statement, STATEMENT_user_set_password, 3,
	    params);
}
