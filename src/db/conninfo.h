#ifndef PARLEY_DB_CONNINFO_H
#define PARLEY_DB_CONNINFO_H

#include <stddef.h>

#include "data/span.h"

/*
 * Turns DATABASE_URL into a conninfo string for PQconnectdb. Takes a libpq URI
 * with the schemes postgresql and postgres, also with a driver behind a plus
 * as SQLAlchemy writes them (postgresql+asyncpg://), SQLAlchemy's repeated
 * host= parameters and asyncpg's ssl=. What the URL leaves open is given our
 * defaults (application_name, connect_timeout and more). Returns a string to
 * be wiped and freed by the caller, or NULL with the reason in why: it never
 * holds any part of the user or password.
 */
char	*conninfo_from_url(const char *url, char *why, size_t whylen);

/*
 * Writes "database NAME at HOST:PORT as USER" for a conninfo string, without
 * what is secret, for messages.
 */
void	conninfo_describe(const char *conninfo, char *out, size_t size);

/*
 * Looks the hosts' names up now, for workers that will stand in a CHROOT
 * without resolv.conf: gives the conninfo string with their addresses, to be
 * wiped and freed by the caller, or NULL with the reason in why. Blocks.
 */
char	*conninfo_resolve(const char *conninfo, char *why, size_t whylen);

#endif
