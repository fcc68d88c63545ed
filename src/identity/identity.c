#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

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

/* The label has a line break, which nothing that is signed as a token has. */
uint64_t
identity_number(const char *text, size_t len)
{
	static const char	label[] = "number\n";
	const char		*key = settings->secret_keys.keys[0];
	unsigned char		data[sizeof(label) - 1 + SHA256_DIGEST_LENGTH];
	unsigned char		mac[EVP_MAX_MD_SIZE];
	uint64_t		number = 0;

	memcpy(data, label, sizeof(label) - 1);
	(void)SHA256((const unsigned char *)text, len,
	    data + sizeof(label) - 1);
	if (HMAC(EVP_sha256(), key, (int)strlen(key), data, sizeof(data), mac,
	    NULL) != NULL)
		memcpy(&number, mac, sizeof(number));

	return (number & INT64_MAX);
}

const struct token_keys *
identity_keys(void)
{
	return (&keys);
}
