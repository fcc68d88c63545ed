#ifndef PARLEY_DATA_VALUE_JSON_H
#define PARLEY_DATA_VALUE_JSON_H

#include "data/json_write.h"
#include "data/value.h"

/* Writes a value again as it was read: numbers keep their spelling. */
void	value_json(struct json *, const struct value *);

#endif
