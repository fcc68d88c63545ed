#ifndef PARLEY_PAGES_PAGES_H
#define PARLEY_PAGES_PAGES_H

#include "http/exchange.h"

/* Input tables and pages that the rows of routes.c name. */

/* Every list takes skip and limit (contract: paging). */
#define PAGE_SIZE	"100"
#define PAGE_SIZE_MAX	1000

/* meta_pages.c */
page_step	meta_root;
page_step	meta_health;

/* metrics_pages.c */
page_step	metrics_page;

/* auth_pages.c */
enum register_field {
	REGISTER_USERNAME,
	REGISTER_EMAIL,
	REGISTER_PASSWORD,
	REGISTER_FULL_NAME,
	REGISTER__MAX
};
extern const struct field	register_fields[REGISTER__MAX];
page_step			auth_register;

enum login_field {
	LOGIN_GRANT_TYPE,
	LOGIN_USERNAME,
	LOGIN_PASSWORD,
	LOGIN_SCOPE,
	LOGIN__MAX
};
extern const struct field	login_fields[LOGIN__MAX];
page_step			auth_login;

enum account_field {
	ACCOUNT_EMAIL,
	ACCOUNT_FULL_NAME,
	ACCOUNT__MAX
};
extern const struct field	account_fields[ACCOUNT__MAX];

enum password_field {
	PASSWORD_CURRENT,
	PASSWORD_NEW,
	PASSWORD__MAX
};
extern const struct field	password_fields[PASSWORD__MAX];
page_step			auth_password;

/* session_pages.c */
extern const struct field	refresh_fields[1];	/* refresh_token */
extern const struct field	session_fields[1];	/* session_id */
page_step			auth_refresh;
page_step			auth_logout;
void	session_begin(struct exchange *, const char *username,
	    const char *tokens_since, const char *better_hash);

/* user_pages.c */
extern const struct field	page_fields[2];		/* skip, limit */
extern const struct field	room_list_fields[4];	/* and newest, after */
extern const struct field	user_fields[1];		/* user_id */
extern const struct field	user_list_fields[4];
extern const struct field	audit_fields[4];

/* livekit_pages.c */
page_step			livekit_webhook;

/* token_pages.c */
enum token_field {
	TOKEN_ROOM,
	TOKEN_NAME,
	TOKEN_IDENTITY,
	TOKEN_METADATA,
	TOKEN_ATTRIBUTES,
	TOKEN_PERMISSIONS,
	TOKEN_CONFIG,
	TOKEN__MAX
};
extern const struct field	token_fields[TOKEN__MAX];
page_step			livekit_token;

/* site_pages.c */
page_step			site_openapi;
page_step			site_client;
page_step			site_docs;
page_step			site_redoc;

/* room_pages.c */
extern const struct field	room_fields[1];		/* room_id */
extern const struct field	room_create_fields[6];
extern const struct field	room_update_fields[7];
extern const struct field	room_page_fields[3];	/* and skip, limit */
page_step			room_join;

/* The columns of room_join's row. */
enum join_column {
	JOIN_COLUMN_OUTCOME,
	JOIN_COLUMN_ROOM,
	JOIN_COLUMN_MAX,
	JOIN_COLUMN_PERMISSION
};

/*
 * Makes LiveKit's token of what room_join came to; 0 when that was a refusal,
 * which is answered then.
 */
int				room_join_token(struct exchange *, char *,
				    size_t) MUST_CHECK;

extern const struct field	participant_fields[2];
extern const struct field	ban_fields[3];
extern const struct field	banned_fields[2];

/* moderation_pages.c */
enum mute_field {
	MUTE_ROOM,
	MUTE_IDENTITY,
	MUTE_MUTED,
	MUTE_SOURCE,
	MUTE_TRACK,
	MUTE__MAX
};
extern const struct field	mute_fields[MUTE__MAX];
page_step			participant_mute;

enum permit_field {
	PERMIT_ROOM,
	PERMIT_IDENTITY,
	PERMIT_PUBLISH,
	PERMIT_SUBSCRIBE,
	PERMIT_SOURCES,
	PERMIT__MAX
};
extern const struct field	permit_fields[PERMIT__MAX];
page_step			participant_permit;

enum message_field {
	MESSAGE_ROOM,
	MESSAGE_TEXT,
	MESSAGE_TOPIC,
	MESSAGE__MAX
};
extern const struct field	message_fields[MESSAGE__MAX];
page_step			room_message;

#endif
