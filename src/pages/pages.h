#ifndef PARLEY_PAGES_PAGES_H
#define PARLEY_PAGES_PAGES_H

#include "http/exchange.h"

/* Input tables and pages that the rows of routes.c name. */

/* meta_pages.c */
page_step	meta_root;
page_step	meta_health;

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
	LOGIN_USERNAME,
	LOGIN_PASSWORD,
	LOGIN_GRANT_TYPE,
	LOGIN_SCOPE,
	LOGIN__MAX
};
extern const struct field	login_fields[LOGIN__MAX];
page_step			auth_login;

#endif
