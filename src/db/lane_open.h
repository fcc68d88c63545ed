#ifndef PARLEY_DB_LANE_OPEN_H
#define PARLEY_DB_LANE_OPEN_H

#include <libpq-fe.h>

/*
 * Opening a connection takes name look-ups, handshakes and waiting, so it is
 * done here, synchronously, in a thread.
 */
enum lane_open_result {
	LANE_OPEN,
	LANE_UNREACHABLE,
	LANE_NOT_MIGRATED
};

/*
 * Connects, checks the schema, prepares every statement and leaves the
 * connection non-blocking and in pipeline mode in *db. On failure *db is NULL
 * and why holds the reason, without secrets.
 */
enum lane_open_result	lane_open(const char *conninfo, PGconn **db,
			    char *why, size_t whylen);

#endif
