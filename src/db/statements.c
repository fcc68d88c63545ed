#include <sys/types.h>

#include "db/statements.h"

/* kodev turns sql/statements/NAME.sql into a NUL-terminated asset_NAME_sql. */
#define STATEMENT_ASSET(name, kind)					\
	extern const u_int8_t asset_##name##_sql[];
STATEMENTS(STATEMENT_ASSET)
#undef STATEMENT_ASSET

const struct statement statements[STATEMENT__MAX] = {
#define STATEMENT_ROW(name, kind)					\
	[STATEMENT_##name] = {						\
	    #name, #name "_many", (const char *)asset_##name##_sql,	\
	    STATEMENT_##kind },
	STATEMENTS(STATEMENT_ROW)
#undef STATEMENT_ROW
};
