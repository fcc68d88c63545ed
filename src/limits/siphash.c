#include "limits/siphash.h"

struct state {
	uint64_t	v[4];
};

static void		round_of(struct state *, int);
static uint64_t		word(const uint8_t *, size_t);
static uint64_t		rotate(uint64_t, int);

uint64_t
siphash(const uint8_t key[SIPHASH_KEY], const void *data, size_t len)
{
	const uint8_t	*at = data;
	struct state	s;
	uint64_t	k0, k1, m;
	size_t		left;

	k0 = word(key, 8);
	k1 = word(key + 8, 8);
	s.v[0] = k0 ^ 0x736f6d6570736575;
	s.v[1] = k1 ^ 0x646f72616e646f6d;
	s.v[2] = k0 ^ 0x6c7967656e657261;
	s.v[3] = k1 ^ 0x7465646279746573;

	for (left = len; left >= 8; left -= 8, at += 8) {
		m = word(at, 8);
		s.v[3] ^= m;
		round_of(&s, 2);
		s.v[0] ^= m;
	}

	m = word(at, left) | (uint64_t)len << 56;
	s.v[3] ^= m;
	round_of(&s, 2);
	s.v[0] ^= m;
	s.v[2] ^= 0xff;
	round_of(&s, 4);

	return (s.v[0] ^ s.v[1] ^ s.v[2] ^ s.v[3]);
}

static void
round_of(struct state *s, int n)
{
	while (n-- > 0) {
		s->v[0] += s->v[1];
		s->v[1] = rotate(s->v[1], 13) ^ s->v[0];
		s->v[0] = rotate(s->v[0], 32);
		s->v[2] += s->v[3];
		s->v[3] = rotate(s->v[3], 16) ^ s->v[2];
		s->v[0] += s->v[3];
		s->v[3] = rotate(s->v[3], 21) ^ s->v[0];
		s->v[2] += s->v[1];
		s->v[1] = rotate(s->v[1], 17) ^ s->v[2];
		s->v[2] = rotate(s->v[2], 32);
	}
}

/* Little-endian, from as many octets as there are. */
static uint64_t
word(const uint8_t *at, size_t len)
{
	uint64_t	w;
	size_t		i;

	w = 0;
	for (i = 0; i < len; i++)
		w |= (uint64_t)at[i] << (8 * i);

	return (w);
}

static uint64_t
rotate(uint64_t w, int by)
{
	return (w << by | w >> (64 - by));
}
