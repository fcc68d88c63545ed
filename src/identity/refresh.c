#include <ctype.h>
#include <stdio.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

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
	unsigned char	base64[REFRESH_TEXT_LEN];
	size_t		i;

	if (text.len != REFRESH_TEXT_LEN)
		return (0);
	for (i = 0; i < text.len; i++) {
		/* EVP_DecodeBlock() passes over blanks, and takes + and /. */
		if (!isalnum((unsigned char)text.data[i]) &&
		    text.data[i] != '-' && text.data[i] != '_')
			return (0);
		base64[i] = (unsigned char)(text.data[i] == '-' ? '+' :
		    text.data[i] == '_' ? '/' : text.data[i]);
	}

	return (EVP_DecodeBlock(octets, base64, REFRESH_TEXT_LEN) == OCTETS);
}

/* Wipes the octets. */
static void
fill(struct refresh_token *token, unsigned char *octets)
{
	char	*p;

	(void)EVP_EncodeBlock((unsigned char *)token->text, octets, OCTETS);
	for (p = token->text; *p != '\0'; p++) {
		if (*p == '+')
			*p = '-';
		else if (*p == '/')
			*p = '_';
	}
	hash_write(token->family, octets, REFRESH_FAMILY_SIZE);
	hash_write(token->secret, octets + REFRESH_FAMILY_SIZE,
	    REFRESH_SECRET_SIZE);
	OPENSSL_cleanse(octets, OCTETS);
}

static void
hash_write(char *out, const unsigned char *octets, size_t len)
{
	unsigned char	hash[SHA256_DIGEST_LENGTH];
	size_t		i;

	(void)SHA256(octets, len, hash);
	memcpy(out, "\\x", 2);
	for (i = 0; i < sizeof(hash); i++)
		(void)snprintf(out + 2 + i * 2, 3, "%02x", hash[i]);
}
