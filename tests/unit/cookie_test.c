/* The session's cookie, whose page it comes from, and the token that is in it. */
/* sources: src/data/arena.c src/data/base64.c src/data/buffer.c
   src/http/cookie.c src/http/framing.c src/http/head.c src/http/target.c
   src/identity/refresh.c tests/unit/cookie_stubs.c */
/* libraries: -lcrypto */

#include <stdlib.h>
#include <string.h>

#include "http/cookie.h"
#include "identity/refresh.h"

#include "check.h"
#include "cookie_stubs.h"

#define TLS	1
#define PLAIN	0

static struct exchange	x;
static char		*octets;

/* On the heap and without a NUL, so that ASan sees an overrun. */
static void
request(int tls, const char *host, const char *fields)
{
	char	text[1000];
	size_t	len, scanned = 0;

	len = (size_t)snprintf(text, sizeof(text),
	    "GET / HTTP/1.1\r\nHost: %s\r\n%s\r\n", host, fields);
	free(octets);
	octets = malloc(len);
	memcpy(octets, text, len);
	CHECK(head_parse(&x.head, octets, len, &scanned) == HEAD_DONE, "%s",
	    fields);
	x.tls = tls;
	stub_header[0] = '\0';
}

static const struct {
	int		tls;
	const char	*host;
	const char	*fields;
	enum origin	want;
} pages[] = {
	{ TLS, "a.example", "", ORIGIN_UNSAID },
	{ TLS, "a.example", "Sec-Fetch-Site: none\r\n", ORIGIN_UNSAID },
	{ TLS, "a.example", "Sec-Fetch-Site: same-origin\r\n", ORIGIN_OURS },
	{ TLS, "a.example", "Sec-Fetch-Site: same-site\r\n", ORIGIN_FOREIGN },
	{ TLS, "a.example", "Sec-Fetch-Site: cross-site\r\n", ORIGIN_FOREIGN },
	{ TLS, "a.example", "Sec-Fetch-Site: Same-Origin\r\n", ORIGIN_FOREIGN },
	{ TLS, "a.example", "Sec-Fetch-Site: none\r\n"
	    "Origin: https://b.example\r\n", ORIGIN_FOREIGN },
	{ TLS, "a.example", "Origin: https://a.example\r\n", ORIGIN_OURS },
	{ TLS, "a.example", "ORIGIN: HTTPS://A.Example\r\n", ORIGIN_OURS },
	{ TLS, "a.example:443", "Origin: https://a.example\r\n", ORIGIN_OURS },
	{ TLS, "a.example:8443", "Origin: https://a.example:8443\r\n",
	    ORIGIN_OURS },
	{ TLS, "a.example:8443", "Origin: https://a.example\r\n",
	    ORIGIN_FOREIGN },
	{ TLS, "a.example", "Origin: http://a.example\r\n", ORIGIN_FOREIGN },
	{ TLS, "a.example", "Origin: https://a.example.org\r\n",
	    ORIGIN_FOREIGN },
	{ TLS, "a.example", "Origin: https://b.a.example\r\n", ORIGIN_FOREIGN },
	{ TLS, "a.example", "Origin: https://\r\n", ORIGIN_FOREIGN },
	{ TLS, "a.example", "Origin: null\r\n", ORIGIN_FOREIGN },
	{ TLS, "a.example", "Origin:\r\n", ORIGIN_FOREIGN },
	{ TLS, "a.example", "Origin: " STUB_ORIGIN "\r\n", ORIGIN_OURS },
	/* A proxy ends TLS. */
	{ PLAIN, "a.example", "Origin: https://a.example\r\n", ORIGIN_OURS },
	{ PLAIN, "a.example", "Origin: http://a.example\r\n", ORIGIN_FOREIGN },
	{ PLAIN, "localhost", "Origin: https://localhost\r\n", ORIGIN_OURS },
	{ PLAIN, "localhost", "X-Forwarded-Proto: https\r\n"
	    "Origin: http://localhost\r\n", ORIGIN_FOREIGN },
	/* Developers have none. */
	{ PLAIN, "localhost:8000", "Origin: http://localhost:8000\r\n",
	    ORIGIN_OURS },
	{ PLAIN, "LocalHost:80", "Origin: http://localhost\r\n", ORIGIN_OURS },
	{ PLAIN, "127.1.2.3:80", "Origin: http://127.1.2.3\r\n", ORIGIN_OURS },
	{ PLAIN, "[::1]:8000", "Origin: http://[::1]:8000\r\n", ORIGIN_OURS },
	{ PLAIN, "localhost:8000", "Origin: http://localhost:3000\r\n",
	    ORIGIN_FOREIGN },
	{ PLAIN, "127.0.0.1.a.example", "Origin: http://127.0.0.1.a.example\r\n",
	    ORIGIN_FOREIGN },
	{ PLAIN, "localhost.a.example", "Origin: http://localhost.a.example\r\n",
	    ORIGIN_FOREIGN },
};

static void
whose_page(void)
{
	enum origin	got;
	size_t		i;

	for (i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
		request(pages[i].tls, pages[i].host, pages[i].fields);
		got = cookie_origin(&x);
		CHECK(got == pages[i].want, "%s, %s: %d", pages[i].host,
		    pages[i].fields, got);
	}
}

static const struct {
	const char	*cookie;
	const char	*tls;		/* what is read of it */
	const char	*plain;
	int		sent;
} cookies[] = {
	{ "", "", "", 0 },
	{ "a=b", "", "", 0 },
	{ "__Host-parley=abc", "abc", "", 1 },
	{ "parley=abc", "", "abc", 1 },
	{ "parley=1; __Host-parley=2", "2", "1", 1 },
	{ "a=b;__Host-parley=abc ;c=d", "abc", "", 1 },
	{ ";; ; __Host-parley=abc;", "abc", "", 1 },
	{ "__Host-parley=1; __Host-parley=2", "1", "", 1 },
	{ "__Host-parley=a=b", "a=b", "", 1 },
	{ "__Host-parley=\"abc\"", "\"abc\"", "", 1 },
	{ "__Host-parley=", "", "", 0 },
	{ "__Host-parley", "", "", 0 },
	{ "__Host-parley =abc", "", "", 0 },
	{ "__host-parley=abc", "", "", 0 },
	{ "x__Host-parley=abc", "", "", 0 },
	{ "a=__Host-parley=abc", "", "", 0 },
	{ "=abc", "", "", 0 },
};

static void
what_is_read(void)
{
	char	fields[200];
	size_t	i;

	for (i = 0; i < sizeof(cookies) / sizeof(cookies[0]); i++) {
		(void)snprintf(fields, sizeof(fields), "Cookie: %s\r\n",
		    cookies[i].cookie);
		request(TLS, "a.example", fields);
		CHECK(span_is(cookie_read(&x), cookies[i].tls), "%s",
		    cookies[i].cookie);
		CHECK(cookie_sent(&x) == cookies[i].sent, "%s",
		    cookies[i].cookie);
		request(PLAIN, "localhost:8000", fields);
		CHECK(span_is(cookie_read(&x), cookies[i].plain), "%s",
		    cookies[i].cookie);
		CHECK(cookie_sent(&x) == cookies[i].sent, "%s",
		    cookies[i].cookie);
	}
	request(TLS, "a.example", "");
	CHECK(cookie_read(&x).len == 0 && !cookie_sent(&x), "no cookie");
}

static void
what_is_written(void)
{
	arena_init(&x.arena);
	request(TLS, "a.example", "");
	cookie_write(&x, "abc", 5);
	CHECK(strcmp(stub_header, "Set-Cookie: __Host-parley=abc; Path=/; "
	    "Max-Age=5; HttpOnly; Secure; SameSite=Strict") == 0, "%s",
	    stub_header);
	request(PLAIN, "a.example", "");
	cookie_write(&x, "", 0);
	CHECK(strcmp(stub_header, "Set-Cookie: __Host-parley=; Path=/; "
	    "Max-Age=0; HttpOnly; Secure; SameSite=Strict") == 0, "%s",
	    stub_header);
	request(PLAIN, "localhost", "");
	cookie_write(&x, "abc", 5);
	CHECK(strcmp(stub_header, "Set-Cookie: parley=abc; Path=/; "
	    "Max-Age=5; HttpOnly; SameSite=Strict") == 0, "%s", stub_header);
	request(TLS, "a.example", "Origin: https://b.example\r\n");
	cookie_write(&x, "abc", 5);
	CHECK(stub_header[0] == '\0', "%s", stub_header);
	arena_cleanup(&x.arena);
}

static void
tokens(void)
{
	struct refresh_token	first, second, other, again;

	CHECK(refresh_begin(&first) && refresh_begin(&other) &&
	    refresh_renew(&second, &first), "random octets");
	CHECK(strlen(first.text) == REFRESH_TEXT_LEN, "%s", first.text);
	CHECK(strcmp(first.family, other.family) != 0, "families differ");
	CHECK(strcmp(first.family, second.family) == 0, "one family");
	CHECK(strcmp(first.secret, second.secret) != 0, "secrets differ");
	CHECK(refresh_read(&again, (struct span){ first.text,
	    REFRESH_TEXT_LEN }), "%s", first.text);
	CHECK(memcmp(&again, &first, sizeof(first)) == 0, "read as written");

	/* printf '\0%.0s' $(seq 16) | sha256sum; the same of 32 */
	memset(again.text, 'A', REFRESH_TEXT_LEN);
	CHECK(refresh_read(&first, (struct span){ again.text,
	    REFRESH_TEXT_LEN }), "zeros");
	CHECK(strcmp(first.family, "\\x374708fff7719dd5979ec875d56cd2286f6d3cf7"
	    "ec317a3b25632aab28ec37bb") == 0, "%s", first.family);
	CHECK(strcmp(first.secret, "\\x66687aadf862bd776c8fc18b8e9f8e2008971485"
	    "6ee233b3902a591d0d5f2925") == 0, "%s", first.secret);
}

/* Each octet that is none of base64url's, at each place; each other length. */
static void
tokens_that_are_none(void)
{
	static const char	wrong[] = "+/= \t\r\n.\"\\~\x80\xff";
	struct refresh_token	token;
	char			*text;
	size_t			len, i, k;

	for (len = 0; len < 2 * REFRESH_TEXT_LEN; len++) {
		text = malloc(len + (len == 0));
		memset(text, '-', len);
		CHECK(refresh_read(&token, (struct span){ text, len }) ==
		    (len == REFRESH_TEXT_LEN), "length %zu", len);
		/* Its NUL as well. */
		for (i = 0; len == REFRESH_TEXT_LEN && i < len; i++) {
			for (k = 0; k < sizeof(wrong); k++) {
				text[i] = wrong[k];
				CHECK(!refresh_read(&token,
				    (struct span){ text, len }), "%zu, %zu", i,
				    k);
			}
			text[i] = '_';
		}
		free(text);
	}
}

int
main(void)
{
	whose_page();
	what_is_read();
	what_is_written();
	tokens();
	tokens_that_are_none();
	free(octets);

	return (check_end());
}
