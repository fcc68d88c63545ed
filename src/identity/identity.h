#ifndef PARLEY_IDENTITY_IDENTITY_H
#define PARLEY_IDENTITY_IDENTITY_H

#include <stddef.h>
#include <stdint.h>

#include "identity/token.h"

/* Readies the keys of access tokens from the settings; ends on bad ones. */
void				identity_init(void);

/* The keys that sign and verify this process's access tokens. */
const struct token_keys		*identity_keys(void);

/*
 * A number from 0 to INT64_MAX that goes with a text: the same in every process
 * and node with the same SECRET_KEY, and nothing that others could work out.
 */
uint64_t			identity_number(const char *, size_t);

#endif
