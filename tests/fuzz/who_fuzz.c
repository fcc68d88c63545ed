/* Any fields of a head as what says who somebody is: Cookie, Forwarded. */
/* sources: src/data/arena.c src/data/base64.c src/data/buffer.c
   src/http/address.c src/http/cookie.c src/http/framing.c src/http/head.c
   src/http/target.c src/identity/refresh.c tests/unit/cookie_stubs.c */
/* libraries: -lcrypto */

#include <arpa/inet.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "http/cookie.h"
#include "identity/refresh.h"
#include "settings.h"

#include "../unit/cookie_stubs.h"

/* What must hold, or the fuzzer has found something. */
#define HOLDS(cond)	do { if (!(cond)) abort(); } while (0)

#define REQUEST	"GET / HTTP/1.1\r\n"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* The peer is a proxy, and so are all in 10.0.0.0/8. */
static const struct settings_network	proxies[] = {
	{ AF_INET, 8, { 10 } },
};
static struct settings	made = {
	.trusted_proxies = proxies,
	.ntrusted_proxies = 1
};
const struct settings	*settings = &made;
static struct exchange	x;

static void
fuzz_cookie(void)
{
	struct refresh_token	token, again;
	struct span		value;

	x.tls = !x.tls;
	value = cookie_read(&x);
	HOLDS(value.len == 0 || cookie_sent(&x));
	HOLDS(cookie_origin(&x) <= ORIGIN_FOREIGN);
	cookie_write(&x, "", 0);
	HOLDS(stub_header[0] == '\0' ||
	    strncmp(stub_header, "Set-Cookie: ", 12) == 0);
	HOLDS(strchr(stub_header, '\n') == NULL);
	if (!refresh_read(&token, value))
		return;

	/* One token has one spelling, or two would be one. */
	HOLDS(memcmp(token.text, value.data, REFRESH_TEXT_LEN) == 0);
	HOLDS(refresh_renew(&again, &token));
	HOLDS(strcmp(again.family, token.family) == 0);
	HOLDS(strcmp(again.secret, token.secret) != 0);
}

static void
fuzz_address(void)
{
	const struct address	proxy = { AF_INET, { 10, 0, 0, 1 } };
	const struct address	stranger = { AF_INET, { 192, 0, 2, 1 } };
	struct address		client, again;
	struct span		span;
	char			text[ADDRESS_TEXT];

	address_of_client(&client, &stranger, &x.head);
	HOLDS(memcmp(&client, &stranger, sizeof(client)) == 0);

	address_of_client(&client, &proxy, &x.head);
	HOLDS(client.family == AF_INET || client.family == AF_INET6);
	address_print(&client, text);
	span.data = text;
	span.len = strlen(text);
	HOLDS(address_parse(&again, span));
	HOLDS(memcmp(&client, &again, sizeof(client)) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char	request[] = REQUEST;
	size_t			len, scanned = 0;
	char			*text;

	/* No NUL behind it, so that ASan sees an overrun. */
	len = sizeof(request) - 1 + size;
	text = malloc(len);
	memcpy(text, request, sizeof(request) - 1);
	if (size > 0)
		memcpy(text + sizeof(request) - 1, data, size);

	arena_init(&x.arena);
	if (head_parse(&x.head, text, len, &scanned) == HEAD_DONE) {
		fuzz_cookie();
		fuzz_address();
	}
	arena_cleanup(&x.arena);
	free(text);

	return (0);
}
