#ifndef PARLEY_SETTINGS_H
#define PARLEY_SETTINGS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "data/span.h"
#include "limits/rate.h"

/*
 * Everything that can be configured. A setting comes from the environment
 * (NAME, or NAME_FILE: a path holding the value), else from `.env` in the
 * working directory; an empty value is no value. settings.c holds the one
 * table of them.
 */

/* A network in the sense of TRUSTED_PROXIES. */
struct settings_network {
	int		family;		/* AF_INET, AF_INET6 */
	unsigned int	prefix;		/* leading bits that count */
	uint8_t		address[16];	/* network order; 4 octets for AF_INET */
};

/* What a setting of several keys lists: the first signs, all of them verify. */
#define SETTINGS_KEYS_MAX	4

struct settings_keys {
	const char	*keys[SETTINGS_KEYS_MAX];
	size_t		n;
};

/* Strings are NULL when the setting is unset and has no default. */
struct settings {
	const char	*database_url;		/* what PQconnectdb takes */
	const char	*secret_key;		/* the first of secret_keys */
	struct settings_keys secret_keys;
	const char	*algorithm;		/* HS256, HS384, HS512 */
	int		access_token_expire_minutes;

	const char	*livekit_url;		/* ws(s)://, for clients */
	const char	*livekit_api_key;	/* the first of each: */
	const char	*livekit_api_secret;
	struct settings_keys livekit_api_keys;
	struct settings_keys livekit_api_secrets;	/* in the same order */
	const char	*livekit_api_url;	/* http(s)://, no final slash */
	int		livekit_token_ttl_seconds;
	int		seat_timeout_seconds;
	int		reconcile_seconds;

	const char	*host;
	int		port;			/* 0: no plain HTTP */
	int		tls_port;
	const char	*tls_cert_file;		/* absolute; NULL: no TLS */
	const char	*tls_key_file;		/* absolute */

	const char	*const *cors_origins;	/* lower case */
	size_t		ncors_origins;		/* 0: any, no credentials */

	int		debug;
	int		workers;
	int		database_connections;	/* of all workers */
	int		rate_limits;
	struct rate	rates[RATE_LIMIT__MAX];
	int		connections_per_address; /* 0: no limit */

	const struct settings_network *trusted_proxies;
	size_t		ntrusted_proxies;

	int		min_password_length;	/* characters */
	const char	*common_passwords;	/* one a line, or NULL */
	const char	*metrics_host;		/* NULL: no address of its own */
	int		metrics_port;
	const char	*metrics_token;
	int		refresh_token_days;
	int		refresh_idle_days;
	int		audit_days;
	const char	*run_as;		/* looked at only as root */
	const char	*chroot;		/* absolute; only as root */
	const char	*log_format;		/* text, json; NULL: by terminal */
};

/* One row of the table, for whoever prints or compares it. */
struct setting {
	const char	*name;
	const char	*fallback;	/* the default as documented; may be "" */
	const char	*help;		/* one line */
	int		required;	/* to serve */
	int		secret;		/* its value is never shown */
};

/* What a command needs to be there. */
enum settings_need {
	SETTINGS_DATABASE,	/* DATABASE_URL; the rest may be missing */
	SETTINGS_SERVE		/* everything, and it has to fit together */
};

/* What settings_load() found. NULL before it, and after settings_cleanup(). */
extern const struct settings	*settings;

/*
 * Reads all settings. Writes one line to complaints for each that is wrong or
 * missing, naming it, what is wrong and what is allowed, never the value of a
 * secret one, and one line for what is only unwise. Returns 0 when any was
 * wrong; settings is NULL then. Secrets are overwritten in the environment of
 * this process, whatever the result: what it forks and what
 * /proc/PID/environ shows does not hold them.
 */
int	settings_load(enum settings_need, FILE *complaints) MUST_CHECK;

/* Wipes and frees what settings_load() made. */
void	settings_cleanup(void);

/* Row i of the table, or NULL behind the last one. */
const struct setting	*settings_row(size_t i);

/* Prints name, value ("(hidden)" for secrets, "(unset)") and help. */
void	settings_print(FILE *);

/* Prints name, default and help: the table that does not depend on values. */
void	settings_print_help(FILE *);

#endif
