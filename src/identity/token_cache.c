#include <err.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "identity/token_cache.h"

/*
 * A token stands in one of the places of the set that its hash names. The hash
 * is keyed with a secret of this process, so that nobody can choose tokens that
 * push others out, or learn from its time what is here; then the whole token is
 * compared in constant time.
 */
#define WAYS		4
#define SETS		(TOKEN_CACHE_SIZE / WAYS)

/* What is looked at first, apart from the rest: a sweep reads only these. */
struct mark {
	uint64_t	hash;
	time_t		verified;
	time_t		expires;	/* 0: the place is free */
};

struct entry {
	size_t			len;
	char			token[TOKEN_CACHE_TOKEN_MAX];
	struct token_claims	claims;
};

static uint64_t		hash_token(struct span);
static void		hash_round(uint64_t *);
static uint64_t		rotate(uint64_t, int);
static struct mark	*find(uint64_t, struct span, time_t);
static struct mark	*choose(uint64_t, time_t);
static void		drop(struct mark *);

static struct mark		marks[TOKEN_CACHE_SIZE];
static struct entry		entries[TOKEN_CACHE_SIZE];
static uint64_t			secret[2];
static int			ready;
static struct token_keys	filled;	/* the keys that verified all of it */

enum token_result
token_cache_verify(const struct token_keys *keys, struct span token,
    time_t now, struct token_claims *claims)
{
	enum token_result	result;
	struct entry		*entry;
	struct mark		*mark;
	uint64_t		hash;

	if (token.len > TOKEN_CACHE_TOKEN_MAX)
		return (token_verify(keys, token, now, claims));

	/* No claims outlive the keys that vouched for them. */
	if (!ready || memcmp(&filled, keys, sizeof(filled)) != 0) {
		token_cache_clear();
		filled = *keys;
	}

	hash = hash_token(token);
	if ((mark = find(hash, token, now)) != NULL) {
		*claims = entries[mark - marks].claims;
		return (TOKEN_OK);
	}

	result = token_verify(keys, token, now, claims);
	if (result == TOKEN_OK) {
		mark = choose(hash, now);
		mark->hash = hash;
		mark->verified = now;
		mark->expires = claims->expires;
		entry = &entries[mark - marks];
		entry->len = token.len;
		memcpy(entry->token, token.data, token.len);
		entry->claims = *claims;
	}

	return (result);
}

void
token_cache_sweep(time_t now)
{
	size_t	i;

	for (i = 0; i < TOKEN_CACHE_SIZE; i++) {
		if (marks[i].expires != 0 && now >= marks[i].expires)
			drop(&marks[i]);
	}
}

void
token_cache_clear(void)
{
	size_t	i;

	for (i = 0; i < TOKEN_CACHE_SIZE; i++) {
		if (marks[i].expires != 0)
			drop(&marks[i]);
	}
	OPENSSL_cleanse(&filled, sizeof(filled));

	if (RAND_bytes((unsigned char *)secret, sizeof(secret)) != 1)
		errx(1, "no random numbers");
	ready = 1;
}

/* SipHash-1-3: keyed, and short. */
static uint64_t
hash_token(struct span token)
{
	uint64_t	v[4], word;
	size_t		i, len;

	v[0] = secret[0] ^ 0x736f6d6570736575ULL;
	v[1] = secret[1] ^ 0x646f72616e646f6dULL;
	v[2] = secret[0] ^ 0x6c7967656e657261ULL;
	v[3] = secret[1] ^ 0x7465646279746573ULL;

	for (i = 0; i < token.len; i += len) {
		len = token.len - i < sizeof(word) ? token.len - i :
		    sizeof(word);
		word = 0;
		memcpy(&word, token.data + i, len);
		v[3] ^= word;
		hash_round(v);
		v[0] ^= word;
	}
	word = (uint64_t)token.len << 56;
	v[3] ^= word;
	hash_round(v);
	v[0] ^= word;

	v[2] ^= 0xff;
	for (i = 0; i < 3; i++)
		hash_round(v);

	return (v[0] ^ v[1] ^ v[2] ^ v[3]);
}

static void
hash_round(uint64_t *v)
{
	v[0] += v[1];
	v[1] = rotate(v[1], 13) ^ v[0];
	v[0] = rotate(v[0], 32);
	v[2] += v[3];
	v[3] = rotate(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = rotate(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = rotate(v[1], 17) ^ v[2];
	v[2] = rotate(v[2], 32);
}

static uint64_t
rotate(uint64_t word, int bits)
{
	return (word << bits | word >> (64 - bits));
}

static struct mark *
find(uint64_t hash, struct span token, time_t now)
{
	const struct entry	*entry;
	struct mark		*mark;
	size_t			i;

	for (i = 0; i < WAYS; i++) {
		mark = &marks[hash % SETS * WAYS + i];
		entry = &entries[mark - marks];
		if (mark->expires == 0 || mark->hash != hash ||
		    entry->len != token.len ||
		    CRYPTO_memcmp(entry->token, token.data, token.len) != 0)
			continue;

		/* A clock that was set back may make it a token of later. */
		if (now < mark->verified || now >= mark->expires) {
			drop(mark);
			return (NULL);
		}
		return (mark);
	}

	return (NULL);
}

/* A free place of the set, else that of the one that expires first. */
static struct mark *
choose(uint64_t hash, time_t now)
{
	struct mark	*mark, *best;
	size_t		i;

	best = &marks[hash % SETS * WAYS];
	for (i = 0; i < WAYS; i++) {
		mark = &marks[hash % SETS * WAYS + i];
		if (mark->expires != 0 && now >= mark->expires)
			drop(mark);
		if (mark->expires < best->expires)
			best = mark;
	}
	if (best->expires != 0)
		drop(best);

	return (best);
}

static void
drop(struct mark *mark)
{
	OPENSSL_cleanse(&entries[mark - marks], sizeof(entries[0]));
	memset(mark, 0, sizeof(*mark));
}
