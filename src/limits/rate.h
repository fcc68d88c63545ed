#ifndef PARLEY_LIMITS_RATE_H
#define PARLEY_LIMITS_RATE_H

/* So many in so many seconds; all of them may come at once. count 0: any. */
struct rate {
	unsigned int	count;
	unsigned int	seconds;
};

#define RATE_COUNT_MAX		1000000
#define RATE_SECONDS_MAX	86400

/* The limits there are, each with a setting RATE_... (settings.c). */
#define RATE_LIMITS(X)			\
	X(login)			\
	X(login_failures)		\
	X(login_account)		\
	X(register)			\
	X(register_account)		\
	X(refresh)			\
	X(refresh_account)		\
	X(password)			\
	X(password_account)		\
	X(writes)

enum rate_limit {
#define RATE_LIMIT_ENUM(name)	RATE_LIMIT_##name,
	RATE_LIMITS(RATE_LIMIT_ENUM)
#undef RATE_LIMIT_ENUM
	RATE_LIMIT__MAX
};

#endif
