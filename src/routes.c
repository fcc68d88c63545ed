#include "http/route.h"
#include "pages/pages.h"

/* Rows of one path stand together; their order is that of openapi.json. */
const struct route routes[] = {
	{ METHOD_GET, "/", ACCESS_PUBLIC, BODY_NONE, .page = meta_root },
	{ METHOD_GET, "/health", ACCESS_PUBLIC, BODY_NONE,
	    .page = meta_health },
	{ METHOD_GET, "/ready", ACCESS_PUBLIC, BODY_NONE,
	    .statement = STATEMENT_ready },
	{ METHOD_GET, "/openapi.json", ACCESS_PUBLIC, BODY_NONE,
	    .page = meta_openapi },

	{ METHOD_POST, "/auth/register", ACCESS_PUBLIC, BODY_JSON,
	    ROUTE_FIELDS(register_fields), .page = auth_register },
	{ METHOD_POST, "/auth/login", ACCESS_PUBLIC, BODY_FORM,
	    ROUTE_FIELDS(login_fields), .page = auth_login },
	{ METHOD_GET, "/auth/me", ACCESS_USER, BODY_NONE,
	    .statement = STATEMENT_user_me },
	{ METHOD_PATCH, "/auth/me", ACCESS_USER, BODY_JSON,
	    ROUTE_FIELDS(account_fields), .statement = STATEMENT_user_update },
	{ METHOD_POST, "/auth/password", ACCESS_USER, BODY_JSON,
	    ROUTE_FIELDS(password_fields), .page = auth_password,
	    .answer = ANSWER_MESSAGE, .message = "Password changed" },

	{ METHOD_GET, "/users/", ACCESS_USER, BODY_NONE,
	    ROUTE_FIELDS(page_fields), .statement = STATEMENT_user_list,
	    .answer = ANSWER_LIST },
	{ METHOD_GET, "/users/{user_id}", ACCESS_USER, BODY_NONE,
	    ROUTE_FIELDS(user_fields), .statement = STATEMENT_user_get },

	{ METHOD_GET, "/rooms/", ACCESS_USER, BODY_NONE,
	    ROUTE_FIELDS(page_fields), .statement = STATEMENT_room_list,
	    .answer = ANSWER_LIST },
	{ METHOD_POST, "/rooms/", ACCESS_USER, BODY_JSON,
	    ROUTE_FIELDS(room_create_fields),
	    .statement = STATEMENT_room_create },
	{ METHOD_GET, "/rooms/{room_id}", ACCESS_USER, BODY_NONE,
	    ROUTE_FIELDS(room_fields), .statement = STATEMENT_room_get },
	{ METHOD_PATCH, "/rooms/{room_id}", ACCESS_USER, BODY_JSON,
	    ROUTE_FIELDS(room_update_fields),
	    .statement = STATEMENT_room_update },
	{ METHOD_DELETE, "/rooms/{room_id}", ACCESS_USER, BODY_NONE,
	    ROUTE_FIELDS(room_fields), .statement = STATEMENT_room_delete,
	    .answer = ANSWER_MESSAGE,
	    .message = "Room deleted successfully" },
	{ METHOD_POST, "/rooms/{room_id}/join", ACCESS_USER, BODY_NONE,
	    ROUTE_FIELDS(room_fields), .page = room_join },
	{ METHOD_POST, "/rooms/{room_id}/leave", ACCESS_USER, BODY_NONE,
	    ROUTE_FIELDS(room_fields), .statement = STATEMENT_room_leave,
	    .answer = ANSWER_MESSAGE,
	    .message = "Successfully left the room" },
	{ METHOD_GET, "/rooms/{room_id}/participants", ACCESS_USER, BODY_NONE,
	    ROUTE_FIELDS(room_fields),
	    .statement = STATEMENT_room_participants,
	    .answer = ANSWER_NAMED_LIST, .message = "participants" },
};

const size_t nroutes = sizeof(routes) / sizeof(routes[0]);
