/* Buckets, connections by address, and whose address it is. */
/* sources: src/limits/buckets.c src/limits/peers.c src/limits/siphash.c
   src/http/address.c */
/* libraries: -lcrypto */

#include <sys/mman.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <arpa/inet.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "http/address.h"
#include "limits/buckets.h"
#include "limits/peers.h"
#include "limits/siphash.h"
#include "settings.h"

#include "check.h"

#define NOW	1000000
#define IS(cond)	CHECK(cond, "it is not so")

static const struct rate	ten_a_minute = { 10, 60 };
static struct settings		made;
const struct settings		*settings = &made;

static void *
shared(size_t size)
{
	void	*memory;

	memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		abort();

	return (memory);
}

static uint64_t
numbered(unsigned int kind, unsigned int number)
{
	return (bucket_key(kind, &number, sizeof(number)));
}

static void
a_bucket(void)
{
	struct bucket_state	state;
	uint64_t		key = numbered(1, 1);
	unsigned int		i;

	for (i = 0; i < 10; i++) {
		IS(bucket_take(key, ten_a_minute, 1, NOW, &state));
		IS(state.left == 9 - i);
		IS(state.full_after == 6 * (i + 1));
		IS(state.retry_after == 0);
	}
	IS(!bucket_take(key, ten_a_minute, 1, NOW, &state));
	IS(state.left == 0 && state.retry_after == 6);
	IS(!bucket_take(key, ten_a_minute, 1, NOW + 5999, &state));
	IS(state.retry_after == 1);
	IS(bucket_take(key, ten_a_minute, 1, NOW + 6000, &state));
	IS(!bucket_take(key, ten_a_minute, 1, NOW + 6000, &state));

	/* Another's, and the same one's of another kind. */
	IS(bucket_take(numbered(1, 2), ten_a_minute, 1, NOW, &state));
	IS(bucket_take(numbered(2, 1), ten_a_minute, 1, NOW, &state));

	bucket_give_back(key, ten_a_minute, 1, NOW + 6000);
	IS(bucket_take(key, ten_a_minute, 1, NOW + 6000, &state));
	IS(!bucket_take(key, ten_a_minute, 1, NOW + 6000, &state));

	/* However long ago: never more than it holds. */
	for (i = 0; i < 10; i++)
		IS(bucket_take(key, ten_a_minute, 1, NOW + 900000,
		    &state));
	IS(!bucket_take(key, ten_a_minute, 1, NOW + 900000, &state));
}

static void
a_whole_bucket(void)
{
	struct bucket_state	state;
	uint64_t		key = numbered(3, 1);

	IS(bucket_take(key, ten_a_minute, 10, NOW, &state));
	IS(!bucket_take(key, ten_a_minute, 1, NOW, &state));
	IS(!bucket_take(key, ten_a_minute, 10, NOW + 59999, &state));
	IS(bucket_take(key, ten_a_minute, 10, NOW + 60000, &state));
	bucket_give_back(key, ten_a_minute, 10, NOW + 60000);
	IS(bucket_take(key, ten_a_minute, 10, NOW + 60000, &state));
}

/* Somebody has all addresses of the world, and means one account. */
static void
a_flood(void)
{
	struct bucket_state	state;
	uint64_t		victim = numbered(4, 0);
	unsigned int		i, crowded = 0;

	for (i = 0; i < 10; i++)
		IS(bucket_take(victim, ten_a_minute, 1, NOW, &state));
	for (i = 1; i < 1000000; i++) {
		(void)!bucket_take(numbered(5, i), ten_a_minute, 1, NOW,
		    &state);
		crowded += (unsigned int)state.crowded;
	}
	IS(crowded > 800000);
	IS(!bucket_take(victim, ten_a_minute, 1, NOW, &state));

	/* Who was pushed out comes back to no more than others have left. */
	for (i = 1; i < 1000; i++) {
		(void)!bucket_take(numbered(5, i), ten_a_minute, 1, NOW,
		    &state);
		IS(state.left < 9);
	}

	/* And when it is over, it is. */
	for (i = 1; i < 1000; i++) {
		IS(bucket_take(numbered(6, i), ten_a_minute, 1,
		    NOW + 600000, &state));
		IS(state.left == 9);
	}
}

/* Periods differ: an hour's first token is less than a minute's last. */
static void
kinds_are_compared_by_what_is_missing(void)
{
	static const struct rate	hourly = { 60, 3600 };
	struct bucket_state		state;
	uint64_t			victim = numbered(7, 0);
	unsigned int			i;

	for (i = 0; i < 10; i++)
		IS(bucket_take(victim, ten_a_minute, 1, NOW, &state));
	for (i = 1; i < 300000; i++)
		IS(bucket_take(numbered(8, i), hourly, 1, NOW, &state));
	IS(!bucket_take(victim, ten_a_minute, 1, NOW, &state));
}

static void
many_processes(void)
{
	static const struct rate	many = { 10000, 3600 };
	struct bucket_state		state;
	uint64_t			key = numbered(9, 1);
	unsigned int			*taken;
	int				i, k;

	taken = shared(4 * sizeof(*taken));
	for (i = 0; i < 4; i++) {
		if (fork() != 0)
			continue;
		for (k = 0; k < 5000; k++)
			taken[i] += (unsigned int)bucket_take(key, many, 1,
			    NOW, &state);
		_exit(0);
	}
	while (wait(NULL) != -1)
		continue;
	IS(taken[0] + taken[1] + taken[2] + taken[3] == 10000);
}

static void
connections(void)
{
	unsigned int	i, refused = 0;

	made.workers = 3;
	peers_attach(shared(peers_size()));
	for (i = 0; i < 10; i++) {
		peers_worker_init((int)(i % 2));
		(void)!peers_enter("a", 1, 1000);
	}
	/* peers_worker_init() above has forgotten all but the last ones. */
	peers_worker_init(0);
	peers_worker_init(1);
	for (i = 0; i < 10; i++)
		IS(peers_enter("a", 1, 10));
	IS(!peers_enter("a", 1, 10));
	IS(peers_enter("b", 1, 10));
	peers_leave("a", 1);
	IS(peers_enter("a", 1, 10));

	/* Another worker sees the same, and those of a killed one go. */
	peers_worker_init(2);
	IS(!peers_enter("a", 1, 10));
	peers_worker_init(1);
	IS(peers_enter("a", 1, 10));

	/* Strangers hardly ever stand in each other's way. */
	for (i = 0; i < 20000; i++)
		refused += (unsigned int)!peers_enter(&i, sizeof(i), 8);
	IS(refused == 0);
}

static void
hashes(void)
{
	uint8_t	key[SIPHASH_KEY], data[15];
	size_t	i;

	/* The example of the paper's appendix A. */
	for (i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)i;
	for (i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)i;
	IS(siphash(key, data, sizeof(data)) == 0xa129ca6149be45e5);
	IS(siphash(key, data, 0) == 0x726fdb47dd0e0e31);
}

static const struct {
	const char	*text;
	const char	*want;	/* NULL: none */
} texts[] = {
	{ "192.0.2.1", "192.0.2.1" },
	{ "192.0.2.1:443", "192.0.2.1" },
	{ "\"192.0.2.1:443\"", "192.0.2.1" },
	{ "2001:db8::1", "2001:db8::1" },
	{ "2001:DB8:0::1", "2001:db8::1" },
	{ "[2001:db8::1]", "2001:db8::1" },
	{ "[2001:db8::1]:65535", "2001:db8::1" },
	{ "\"[2001:db8::1]:1\"", "2001:db8::1" },
	{ "::ffff:192.0.2.1", "192.0.2.1" },
	{ "", NULL },
	{ "\"\"", NULL },
	{ "unknown", NULL },
	{ "_hidden", NULL },
	{ "192.0.2", NULL },
	{ "192.0.2.256", NULL },
	{ "192.0.2.1:", NULL },
	{ "192.0.2.1:123456", NULL },
	{ "192.0.2.1:x", NULL },
	{ "192.0.2.1 ", NULL },
	{ "[192.0.2.1]", NULL },
	{ "[2001:db8::1", NULL },
	{ "[2001:db8::1]x", NULL },
	{ "[2001:db8::1]443", NULL },
	{ "fe80::1%eth0", NULL },
	{ "0000000000000000000000000000000000000000000000000000:1", NULL },
};

static void
addresses_in_text(void)
{
	struct address	address;
	struct span	span;
	char		text[ADDRESS_TEXT], *copy;
	size_t		i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		/* On the heap, so that ASan sees an overrun. */
		span.len = strlen(texts[i].text);
		copy = malloc(span.len + 1);
		memcpy(copy, texts[i].text, span.len);
		copy[span.len] = '\0';
		span.data = copy;
		if (texts[i].want == NULL) {
			IS(!address_parse(&address, span));
		} else {
			IS(address_parse(&address, span));
			address_print(&address, text);
			IS(strcmp(text, texts[i].want) == 0);
		}
		free(copy);
	}
}

static const struct {
	const char	*peer;
	const char	*lines[3];	/* of X-Forwarded-For, or whole ones */
	const char	*want;
} chains[] = {
	{ "198.51.100.1", { "10.0.0.1" }, "198.51.100.1" },
	{ "10.0.0.1", { NULL }, "10.0.0.1" },
	{ "10.0.0.1", { "" }, "10.0.0.1" },
	{ "10.0.0.1", { "198.51.100.1" }, "198.51.100.1" },
	{ "10.0.0.1", { "192.0.2.9, 198.51.100.1" }, "198.51.100.1" },
	{ "10.0.0.1", { "192.0.2.9, 198.51.100.1,10.9.9.9 , 10.0.0.7" },
	    "198.51.100.1" },
	{ "10.0.0.1", { "192.0.2.9", "198.51.100.1", "10.0.0.7" },
	    "198.51.100.1" },
	{ "10.0.0.1", { "10.0.0.3, 10.0.0.2" }, "10.0.0.3" },
	{ "10.0.0.1", { "198.51.100.1, nonsense" }, "10.0.0.1" },
	{ "10.0.0.1", { "nonsense, 198.51.100.1" }, "198.51.100.1" },
	{ "10.0.0.1", { "198.51.100.1, , 10.0.0.2" }, "10.0.0.2" },
	{ "10.0.0.1", { "198.51.100.1," }, "10.0.0.1" },
	{ "fd00::1", { "2001:db8::5, [fd00::2]:99" }, "2001:db8::5" },
	{ "::ffff:10.0.0.1", { "198.51.100.1" }, "198.51.100.1" },
	{ "11.0.0.1", { "198.51.100.1" }, "11.0.0.1" },
	{ "172.31.255.255", { "198.51.100.1" }, "198.51.100.1" },
	{ "172.32.0.0", { "198.51.100.1" }, "172.32.0.0" },

	/* RFC 7239 */
	{ "198.51.100.1", { "Forwarded: for=10.0.0.1" }, "198.51.100.1" },
	{ "10.0.0.1", { "Forwarded: " }, "10.0.0.1" },
	{ "10.0.0.1", { "Forwarded: for=198.51.100.1" }, "198.51.100.1" },
	{ "10.0.0.1", { "Forwarded: proto=https;FOR=\"198.51.100.1:80\" ; "
	    "by=10.0.0.1" }, "198.51.100.1" },
	{ "10.0.0.1", { "Forwarded: for=192.0.2.9, for=198.51.100.1;by=_a,"
	    "for=\"10.9.9.9\"" }, "198.51.100.1" },
	{ "10.0.0.1", { "Forwarded: for=192.0.2.9",
	    "Forwarded: for=198.51.100.1", "Forwarded: for=10.0.0.7" },
	    "198.51.100.1" },
	{ "fd00::1", { "Forwarded: for=\"[2001:db8::5]:4711\"" },
	    "2001:db8::5" },
	/* Separators in quotes are none; quotes left open reach no farther. */
	{ "10.0.0.1", { "Forwarded: host=\"a,b;for=192.0.2.9\";"
	    "for=198.51.100.1" }, "198.51.100.1" },
	{ "10.0.0.1", { "Forwarded: host=\"a\\\",;\";for=198.51.100.1" },
	    "198.51.100.1" },
	{ "10.0.0.1", { "Forwarded: for=\"192.0.2.9, for=198.51.100.1" },
	    "198.51.100.1" },
	{ "10.0.0.1", { "Forwarded: for=192.0.2.9;host=\"\\, "
	    "for=\"[2001:db8::5]\"" }, "2001:db8::5" },
	/* Whoever is hidden, or named twice, or not at all. */
	{ "10.0.0.1", { "Forwarded: for=198.51.100.1, for=unknown" },
	    "10.0.0.1" },
	{ "10.0.0.1", { "Forwarded: for=192.0.2.9, for=_hidden, "
	    "for=10.0.0.2" }, "10.0.0.2" },
	{ "10.0.0.1", { "Forwarded: for=192.0.2.9;for=198.51.100.1" },
	    "10.0.0.1" },
	{ "10.0.0.1", { "Forwarded: for=192.0.2.9, by=10.0.0.1" },
	    "10.0.0.1" },
	{ "10.0.0.1", { "Forwarded: for" }, "10.0.0.1" },
	{ "10.0.0.1", { "Forwarded: for = 192.0.2.9" }, "10.0.0.1" },
	{ "10.0.0.1", { "Forwarded: 192.0.2.9" }, "10.0.0.1" },
	{ "10.0.0.1", { "Forwarded: for=192.0.2.9," }, "10.0.0.1" },
	{ "10.0.0.1", { "Forwarded: forx=192.0.2.9" }, "10.0.0.1" },
	{ "10.0.0.1", { "Forwarded: for=\"" }, "10.0.0.1" },
	/* Not beside the other one. */
	{ "10.0.0.1", { "Forwarded: for=192.0.2.9", "198.51.100.1",
	    "Forwarded: for=192.0.2.8" }, "198.51.100.1" },
	{ "10.0.0.1", { "", "Forwarded: for=192.0.2.9" }, "10.0.0.1" },
};

#define FORWARDED	"Forwarded: "

static void
field_set(struct head_field *field, const char *line)
{
	const char	*value = line;

	field->name = SPAN("X-FORWARDED-for");
	if (strncmp(line, FORWARDED, strlen(FORWARDED)) == 0) {
		field->name = SPAN("Forwarded");
		value += strlen(FORWARDED);
	}
	field->value.data = value;
	field->value.len = strlen(value);
}

static void
clients_behind_proxies(void)
{
	static struct head			head;
	static const struct settings_network	trusted[] = {
		{ AF_INET, 8, { 10 } },
		{ AF_INET, 12, { 172, 16 } },
		{ AF_INET6, 8, { 0xfd } },
	};
	struct address	peer, client;
	struct span	text;
	char		got[ADDRESS_TEXT];
	size_t		i, k;

	made.trusted_proxies = trusted;
	made.ntrusted_proxies = 3;
	for (i = 0; i < sizeof(chains) / sizeof(chains[0]); i++) {
		head.nfields = 0;
		for (k = 0; k < 3 && chains[i].lines[k] != NULL; k++) {
			field_set(&head.fields[k], chains[i].lines[k]);
			head.nfields++;
		}
		text.data = chains[i].peer;
		text.len = strlen(text.data);
		IS(address_parse(&peer, text));
		address_of_client(&client, &peer, &head);
		address_print(&client, got);
		if (strcmp(got, chains[i].want) != 0)
			fprintf(stderr, "chain %zu: %s\n", i, got);
		IS(strcmp(got, chains[i].want) == 0);
	}

	made.ntrusted_proxies = 0;
	address_of_client(&client, &peer, &head);
	IS(memcmp(&client, &peer, sizeof(peer)) == 0);
}

int
main(void)
{
	buckets_attach(shared(buckets_size()));
	hashes();
	a_bucket();
	a_whole_bucket();
	many_processes();
	a_flood();
	buckets_attach(shared(buckets_size()));
	kinds_are_compared_by_what_is_missing();
	connections();
	addresses_in_text();
	clients_behind_proxies();

	return (check_end());
}
