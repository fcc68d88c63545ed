#ifndef PARLEY_IDENTITY_IDENTITY_H
#define PARLEY_IDENTITY_IDENTITY_H

#include "identity/token.h"

/* Readies the keys of access tokens from the settings; ends on bad ones. */
void				identity_init(void);

/* The keys that sign and verify this process's access tokens. */
const struct token_keys		*identity_keys(void);

#endif
