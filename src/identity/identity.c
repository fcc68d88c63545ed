#include <stdlib.h>
#include <string.h>

#include "identity/identity.h"
#include "log.h"
#include "settings.h"

static struct token_keys	keys;

void
identity_init(void)
{
	if (!token_keys_init(&keys, settings->algorithm,
	    settings->secret_key, strlen(settings->secret_key))) {
		log_error("identity", "SECRET_KEY or ALGORITHM cannot be used");
		exit(1);
	}
}

const struct token_keys *
identity_keys(void)
{
	return (&keys);
}
