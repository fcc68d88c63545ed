#include <sys/types.h>

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "data/hex.h"
#include "db/schema.h"

#define MIGRATION_ASSET(number, name, breaking)				\
	extern const u_int8_t asset_##name##_sql[];
#define FUNCTION_ASSET(name)	extern const u_int8_t asset_##name##_sql[];
MIGRATIONS(MIGRATION_ASSET)
FUNCTIONS(FUNCTION_ASSET)
extern const u_int8_t asset_bookkeeping_sql[];
extern const u_int8_t asset_survey_sql[];

#define ASSET(name)	((const char *)asset_##name##_sql)

const struct schema_migration schema_migrations[SCHEMA_MIGRATIONS] = {
#define MIGRATION_ROW(number, name, breaking)				\
	{ number, #name, ASSET(name), breaking },
	MIGRATIONS(MIGRATION_ROW)
};

const struct schema_function schema_functions[SCHEMA_FUNCTIONS] = {
#define FUNCTION_ROW(name)	{ #name, ASSET(name) },
	FUNCTIONS(FUNCTION_ROW)
};

const char	*const schema_bookkeeping = ASSET(bookkeeping);
const char	*const schema_survey = ASSET(survey);

static int	state_migrations(PGconn *, struct schema_state *);
static int	state_functions(PGconn *, struct schema_state *);

int
schema_read(PGconn *db, struct schema_state *state)
{
	PGresult	*result;
	size_t		i;
	int		there;

	memset(state, 0, sizeof(*state));
	state->status = MIGRATE_NOT_MIGRATED;
	state->functions_missing = SCHEMA_FUNCTIONS;

	result = PQexec(db,
	    "select to_regclass('schema_migrations') is not null"
	    " and to_regclass('schema_functions') is not null");
	if (PQresultStatus(result) != PGRES_TUPLES_OK) {
		PQclear(result);
		return (0);
	}
	there = strcmp(PQgetvalue(result, 0, 0), "t") == 0;
	PQclear(result);
	if (!there)
		return (1);
	if (!state_migrations(db, state) || !state_functions(db, state))
		return (0);

	if (state->newest == 0 || state->status != MIGRATE_NOT_MIGRATED)
		return (1);
	if (state->changed != NULL) {
		state->status = MIGRATE_CHANGED;
		return (1);
	}
	state->status = MIGRATE_CURRENT;
	if (state->newest > schema_migrations[SCHEMA_MIGRATIONS - 1].number)
		state->status = MIGRATE_AHEAD_OK;
	for (i = 0; i < SCHEMA_MIGRATIONS; i++) {
		if (!state->applied[i])
			state->status = MIGRATE_BEHIND;
	}

	/* A newer program's functions are its own affair. */
	if (state->status == MIGRATE_CURRENT && state->functions_missing > 0)
		state->status = MIGRATE_BEHIND;

	return (1);
}

static int
state_migrations(PGconn *db, struct schema_state *state)
{
	PGresult	*result;
	char		sum[SCHEMA_CHECKSUM_LEN];
	size_t		i;
	int		row, number, ok;

	result = PQexec(db, "select number, checksum, breaking "
	    "from schema_migrations order by number");
	ok = PQresultStatus(result) == PGRES_TUPLES_OK;
	for (row = 0; ok && row < PQntuples(result); row++) {
		number = atoi(PQgetvalue(result, row, 0));
		state->newest = number;
		for (i = 0; i < SCHEMA_MIGRATIONS &&
		    schema_migrations[i].number != number; i++)
			continue;
		if (i == SCHEMA_MIGRATIONS) {
			if (PQgetvalue(result, row, 2)[0] == 't')
				state->status = MIGRATE_AHEAD_BREAKING;
			continue;
		}
		state->applied[i] = 1;
		schema_checksum(schema_migrations[i].sql, sum);
		if (strcmp(sum, PQgetvalue(result, row, 1)) != 0 &&
		    state->changed == NULL)
			state->changed = &schema_migrations[i];
	}
	PQclear(result);

	return (ok);
}

static int
state_functions(PGconn *db, struct schema_state *state)
{
	PGresult	*result;
	char		sum[SCHEMA_CHECKSUM_LEN];
	size_t		i;
	int		row, ok;

	result = PQexec(db, "select name, checksum from schema_functions");
	ok = PQresultStatus(result) == PGRES_TUPLES_OK;
	for (row = 0; ok && row < PQntuples(result); row++) {
		for (i = 0; i < SCHEMA_FUNCTIONS &&
		    strcmp(schema_functions[i].name,
		    PQgetvalue(result, row, 0)) != 0; i++)
			continue;
		if (i == SCHEMA_FUNCTIONS) {
			state->functions_changed++;
			continue;
		}
		state->functions_missing--;
		schema_checksum(schema_functions[i].sql, sum);
		if (strcmp(sum, PQgetvalue(result, row, 1)) != 0)
			state->functions_changed++;
	}
	PQclear(result);

	return (ok);
}

void
schema_checksum(const char *text, char out[SCHEMA_CHECKSUM_LEN])
{
	unsigned char	digest[EVP_MAX_MD_SIZE];
	unsigned int	len;

	len = 0;
	(void)EVP_Digest(text, strlen(text), digest, &len, EVP_sha256(), NULL);
	hex_write(out, digest, len);
}
