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
	uint64_t	v0, v1, v2, v3, word;
	size_t		i, len;

#define ROTATE(x, n)	(((x) << (n)) | ((x) >> (64 - (n))))
#define ROUND() do {							\
	v0 += v1; v1 = ROTATE(v1, 13); v1 ^= v0; v0 = ROTATE(v0, 32);	\
	v2 += v3; v3 = ROTATE(v3, 16); v3 ^= v2;			\
	v0 += v3; v3 = ROTATE(v3, 21); v3 ^= v0;			\
	v2 += v1; v1 = ROTATE(v1, 17); v1 ^= v2; v2 = ROTATE(v2, 32);	\
} while (0)

	v0 = secret[0] ^ 0x736f6d6570736575ULL;
	v1 = secret[1] ^ 0x646f72616e646f6dULL;
	v2 = secret[0] ^ 0x6c7967656e657261ULL;
	v3 = secret[1] ^ 0x7465646279746573ULL;

	for (i = 0; i < token.len; i += len) {
		len = token.len - i < sizeof(word) ? token.len - i :
		    sizeof(word);
		word = 0;
		memcpy(&word, token.data + i, len);
		v3 ^= word;
		ROUND();
		v0 ^= word;
	}
	word = (uint64_t)token.len << 56;
	v3 ^= word;
	ROUND();
	v0 ^= word;

	v2 ^= 0xff;
	ROUND();
	ROUND();
	ROUND();
#undef ROUND
#undef ROTATE

	return (v0 ^ v1 ^ v2 ^ v3);
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
