#include "http/route.h"
#include "pages/pages.h"

/* Rows of one path stand together; their order is that of openapi.json. */
const struct route routes[] = {
	{ METHOD_GET, "/", ACCESS_PUBLIC, BODY_NONE, .page = meta_root },
	{ METHOD_GET, "/health", ACCESS_PUBLIC, BODY_NONE,
	    .page = meta_health },
	{ METHOD_GET, "/ready", ACCESS_PUBLIC, BODY_NONE,
	    .statement = STATEMENT_ready },

	{ METHOD_POST, "/auth/register", ACCESS_PUBLIC, BODY_JSON,
	    ROUTE_FIELDS(register_fields), .page = auth_register },
	{ METHOD_POST, "/auth/login", ACCESS_PUBLIC, BODY_FORM,
	    ROUTE_FIELDS(login_fields), .page = auth_login },
	{ METHOD_GET, "/auth/me", ACCESS_USER, BODY_NONE,
	    .statement = STATEMENT_user_me },
};

const size_t nroutes = sizeof(routes) / sizeof(routes[0]);
