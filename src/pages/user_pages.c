#include "pages/pages.h"

/* Every list takes these (contract: paging). */
const struct field page_fields[2] = {
	{ FIELD_QUERY, "skip", FIELD_INTEGER, 0, 0, INT64_MAX, "0" },
	{ FIELD_QUERY, "limit", FIELD_INTEGER, FIELD_CLAMPED, 0,
	    PAGE_SIZE_MAX, PAGE_SIZE },
};

/* Lists that may become long are walked by the number of the last row, too. */
const struct field room_list_fields[4] = {
	{ FIELD_QUERY, "skip", FIELD_INTEGER, 0, 0, INT64_MAX, "0" },
	{ FIELD_QUERY, "limit", FIELD_INTEGER, FIELD_CLAMPED, 0,
	    PAGE_SIZE_MAX, PAGE_SIZE },
	{ FIELD_QUERY, "newest", FIELD_BOOLEAN, 0, 0, 0, "false" },
	{ FIELD_QUERY, "after", FIELD_INTEGER, 0, 0, INT64_MAX, NULL },
};

const struct field user_fields[1] = {
	{ FIELD_PATH, "user_id", FIELD_NUMBER_ID, 0, 0, 0, NULL },
};

const struct field user_list_fields[4] = {
	{ FIELD_QUERY, "skip", FIELD_INTEGER, 0, 0, INT64_MAX, "0" },
	{ FIELD_QUERY, "limit", FIELD_INTEGER, FIELD_CLAMPED, 0,
	    PAGE_SIZE_MAX, PAGE_SIZE },
	{ FIELD_QUERY, "inactive", FIELD_BOOLEAN, 0, 0, 0, "false" },
	{ FIELD_QUERY, "after", FIELD_INTEGER, 0, 0, INT64_MAX, NULL },
};

const struct field audit_fields[4] = {
	{ FIELD_QUERY, "skip", FIELD_INTEGER, 0, 0, INT64_MAX, "0" },
	{ FIELD_QUERY, "limit", FIELD_INTEGER, FIELD_CLAMPED, 0,
	    PAGE_SIZE_MAX, PAGE_SIZE },
	{ FIELD_QUERY, "action", FIELD_STRING, 0, 0, 0, NULL },
	{ FIELD_QUERY, "user", FIELD_STRING, 0, 0, 0, NULL },
};
