#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include "data/base64.h"
#include "data/hex.h"
#include "identity/refresh.h"

#define OCTETS		(REFRESH_FAMILY_SIZE + REFRESH_SECRET_SIZE)

static int	octets_read(unsigned char *, struct span);
static void	fill(struct refresh_token *, unsigned char *);
static void	hash_write(char *, const unsigned char *, size_t);

int
refresh_begin(struct refresh_token *token)
{
	unsigned char	octets[OCTETS];

	if (RAND_bytes(octets, OCTETS) != 1)
		return (0);
	fill(token, octets);

	return (1);
}

int
refresh_renew(struct refresh_token *token, const struct refresh_token *of)
{
	unsigned char	octets[OCTETS];
	struct span	text = { of->text, REFRESH_TEXT_LEN };

	if (!octets_read(octets, text) ||
	    RAND_bytes(octets + REFRESH_FAMILY_SIZE, REFRESH_SECRET_SIZE) != 1)
		return (0);
	fill(token, octets);

	return (1);
}

int
refresh_read(struct refresh_token *token, struct span text)
{
	unsigned char	octets[OCTETS];

	if (!octets_read(octets, text))
		return (0);
	fill(token, octets);

	return (1);
}

static int
octets_read(unsigned char *octets, struct span text)
{
	return (text.len == REFRESH_TEXT_LEN &&
	    base64_decode(BASE64_URL, octets, text));
}

/* Wipes the octets. */
static void
fill(struct refresh_token *token, unsigned char *octets)
{
	(void)base64_encode(BASE64_URL, token->text, octets, OCTETS);
	hash_write(token->family, octets, REFRESH_FAMILY_SIZE);
	hash_write(token->secret, octets + REFRESH_FAMILY_SIZE,
	    REFRESH_SECRET_SIZE);
	OPENSSL_cleanse(octets, OCTETS);
}

static void
hash_write(char *out, const unsigned char *octets, size_t len)
{
	unsigned char	hash[SHA256_DIGEST_LENGTH];

	(void)SHA256(octets, len, hash);
	memcpy(out, "\\x", 2);
	hex_write(out + 2, hash, sizeof(hash));
}
