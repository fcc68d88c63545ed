#include <stdlib.h>
#include <string.h>

#include "identity/identity.h"
#include "log.h"
#include "settings.h"

static struct token_keys	keys;

void
identity_init(void)
{
	const struct settings_keys	*secrets = &settings->secret_keys;
	size_t				i;
	int				ok;

	ok = token_keys_init(&keys, settings->algorithm, secrets->keys[0],
	    strlen(secrets->keys[0]));
	for (i = 1; ok && i < secrets->n; i++)
		ok = token_keys_add(&keys, secrets->keys[i],
		    strlen(secrets->keys[i]));
	if (!ok) {
		log_error("identity", "SECRET_KEY or ALGORITHM cannot be used");
		exit(1);
	}
}

const struct token_keys *
identity_keys(void)
{
	return (&keys);
}
