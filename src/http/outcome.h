#ifndef PARLEY_HTTP_OUTCOME_H
#define PARLEY_HTTP_OUTCOME_H

#include "data/span.h"

/*
 * The catalogue of what a request can come to: the word a statement gives as
 * its outcome, the HTTP status, the public text. Every error answer is a row.
 */
#define OUTCOMES(X)							\
	X(ok, 200, NULL)						\
	X(created, 201, NULL)						\
	X(empty, 200, NULL)						\
	X(bad_request, 400, "Bad Request")				\
	X(unauthenticated, 401, "Could not validate credentials")	\
	X(wrong_login, 401, "Incorrect username or password")		\
	X(invalid_refresh, 401, "Invalid refresh token")		\
	X(session_not_found, 404, "Session not found")			\
	X(foreign_origin, 403, "Cookies are taken only from this server's own pages and the origins in CORS_ORIGINS") \
	X(inactive, 400, "Inactive user")				\
	X(email_taken, 400, "Email already registered")			\
	X(username_taken, 400, "Username already taken")		\
	X(wrong_password, 400, "Incorrect password")			\
	X(room_inactive, 400, "Room is not active")			\
	X(not_in_room, 400, "You are not in this room")			\
	X(not_creator_delete, 403, "Only the room creator can delete the room") \
	X(not_creator_update, 403, "Only the room creator can update the room") \
	X(not_admin, 403, "Administrators only")			\
	X(not_moderator, 403, "Only the room creator can moderate the room") \
	X(not_creator_visits, 403, "Only the room creator can see the visits") \
	X(participant_not_found, 404, "Participant not found")		\
	X(ban_not_found, 404, "Ban not found")				\
	X(room_not_open, 403, "Room is not open yet")			\
	X(room_closed, 403, "Room is closed")				\
	X(closes_too_early, 422, "Value error, closes_at must be after opens_at") \
	X(banned_from_room, 403, "You are banned from this room")	\
	X(webhook_refused, 401, "Invalid webhook signature")		\
	X(user_not_found, 404, "User not found")			\
	X(room_not_found, 404, "Room not found")			\
	X(not_found, 404, "Not Found")					\
	X(method_not_allowed, 405, "Method Not Allowed")		\
	X(request_timeout, 408, "Request Timeout")			\
	X(room_full, 409, "Room is full")				\
	X(body_too_large, 413, "Content Too Large")			\
	X(target_too_long, 414, "URI Too Long")				\
	X(too_many, 429, "Too many requests")				\
	X(head_too_large, 431, "Request Header Fields Too Large")	\
	X(internal, 500, "Internal Server Error")			\
	X(not_implemented, 501, "Not Implemented")			\
	X(unavailable, 503, "Database is not reachable")		\
	X(not_migrated, 503, "Database is not migrated")		\
	X(unknown_fate, 503, "The database was lost while it worked; the change may or may not have been made") \
	X(overloaded, 503, "Too busy")					\
	X(shutting_down, 503, "Shutting down")				\
	X(livekit_refused, 502, "LiveKit refused the request")		\
	X(livekit_unreachable, 503, "LiveKit is not reachable")		\
	X(livekit_timeout, 504, "LiveKit did not answer in time")	\
	X(version_not_supported, 505, "HTTP Version Not Supported")

enum outcome {
#define OUTCOME_ENUM(name, status, text)	OUTCOME_##name,
	OUTCOMES(OUTCOME_ENUM)
#undef OUTCOME_ENUM
	OUTCOME__MAX
};

struct outcome_row {
	const char	*name;
	int		status;
	const char	*text;	/* the detail; NULL for the good ones */
};

extern const struct outcome_row	outcomes[OUTCOME__MAX];

/* The row of that name, or OUTCOME_internal for one that is not there. */
enum outcome	outcome_find(const char *name);

/* The row by which intake refuses with that status. */
enum outcome	outcome_of_status(int status);

/*
 * All statuses there are, as a row of places: how many, the place of one (the
 * last one stands for what is not there), and what stands at a place.
 */
size_t		status_count(void);
size_t		status_place(int status);
const char	*status_text(size_t place);

/* "OK", "Not Found", ... (RFC 9110 section 15); "" for an unknown one. */
const char	*status_phrase(int status);

#endif
