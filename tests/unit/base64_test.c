/* Base64 without padding: one text for octets, octets for one text alone. */
/* sources: src/data/base64.c */
/* libraries: -lcrypto */

#include <stdint.h>
#include <stdlib.h>

#include <openssl/evp.h>

#include "data/base64.h"

#include "check.h"

/* RFC 4648 section 10, and what tells the alphabets apart. */
static const struct {
	const char	*octets;
	size_t		len;
	const char	*standard;
	const char	*url;
} pairs[] = {
	{ "", 0, "", "" },
	{ "f", 1, "Zg", "Zg" },
	{ "fo", 2, "Zm8", "Zm8" },
	{ "foo", 3, "Zm9v", "Zm9v" },
	{ "foob", 4, "Zm9vYg", "Zm9vYg" },
	{ "fooba", 5, "Zm9vYmE", "Zm9vYmE" },
	{ "foobar", 6, "Zm9vYmFy", "Zm9vYmFy" },
	{ "\0\0\0\0", 4, "AAAAAA", "AAAAAA" },
	{ "\xfb\xff\xbf", 3, "+/+/", "-_-_" },
	{ "\xff\xff\xff\xff\xff", 5, "//////8", "______8" },
};

/* From and to the heap and without a NUL, so that ASan sees an overrun. */
static int
decode(enum base64 alphabet, const char *text, size_t len, void *out)
{
	char	*copy, *octets;
	int	ok;

	copy = malloc(len + (len == 0));
	memcpy(copy, text, len);
	octets = malloc(BASE64_OCTETS(len) + (BASE64_OCTETS(len) == 0));
	ok = base64_decode(alphabet, octets, (struct span){ copy, len });
	if (ok && out != NULL)
		memcpy(out, octets, BASE64_OCTETS(len));
	free(octets);
	free(copy);

	return (ok);
}

static void
there_and_back(enum base64 alphabet, const void *octets, size_t len,
    const char *want)
{
	char	*text, *again;

	text = malloc(BASE64_LEN(len) + 1);
	CHECK(base64_encode(alphabet, text, octets, len) == BASE64_LEN(len),
	    "%s", want);
	CHECK(strcmp(text, want) == 0, "%s for %s", text, want);

	again = malloc(len + 1);
	CHECK(BASE64_OCTETS(BASE64_LEN(len)) == len, "%zu", len);
	CHECK(decode(alphabet, text, BASE64_LEN(len), again) &&
	    memcmp(again, octets, len) == 0, "%s", want);
	free(again);
	free(text);
}

/* OpenSSL's, in the other alphabet if need be, and without its padding. */
static void
as_openssl(enum base64 alphabet, const uint8_t *octets, size_t len)
{
	char	want[200];
	size_t	i;

	(void)EVP_EncodeBlock((unsigned char *)want, octets, (int)len);
	want[strcspn(want, "=")] = '\0';
	for (i = 0; alphabet == BASE64_URL && want[i] != '\0'; i++) {
		if (want[i] == '+')
			want[i] = '-';
		else if (want[i] == '/')
			want[i] = '_';
	}
	there_and_back(alphabet, octets, len, want);
}

static void
octets_of_all_lengths(void)
{
	uint8_t	octets[100];
	size_t	len, i;

	for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		there_and_back(BASE64_STANDARD, pairs[i].octets, pairs[i].len,
		    pairs[i].standard);
		there_and_back(BASE64_URL, pairs[i].octets, pairs[i].len,
		    pairs[i].url);
	}
	for (len = 0; len <= sizeof(octets); len++) {
		for (i = 0; i < len; i++)
			octets[i] = (uint8_t)(len * 89 + i * 151 + i * i);
		as_openssl(BASE64_STANDARD, octets, len);
		as_openssl(BASE64_URL, octets, len);
	}
}

/* Of all texts of a length as many are taken as there are octets for them. */
static void
every_short_text(enum base64 alphabet)
{
	unsigned int	a, b, c, two = 0, three = 0;
	char		text[3];

	for (a = 0; a < 256; a++) {
		text[0] = (char)a;
		CHECK(!decode(alphabet, text, 1, NULL), "%u alone", a);
		for (b = 0; b < 256; b++) {
			text[1] = (char)b;
			two += (unsigned int)decode(alphabet, text, 2, NULL);
			if (!base64_is(alphabet, text[0]) ||
			    !base64_is(alphabet, text[1]))
				continue;
			for (c = 0; c < 256; c++) {
				text[2] = (char)c;
				three += (unsigned int)decode(alphabet, text,
				    3, NULL);
			}
		}
	}
	CHECK(two == 256, "%u of two", two);
	CHECK(three == 65536, "%u of three", three);
}

/* Any octet, at each place: taken when it is of the alphabet, and only then. */
static void
every_octet(enum base64 alphabet, const char *others)
{
	unsigned int	octet, taken = 0;
	char		text[8];
	size_t		i;

	for (octet = 0; octet < 256; octet++) {
		taken += (unsigned int)base64_is(alphabet, (char)octet);
		for (i = 0; i < sizeof(text); i++) {
			memset(text, 'A', sizeof(text));
			text[i] = (char)octet;
			CHECK(decode(alphabet, text, sizeof(text), NULL) ==
			    base64_is(alphabet, (char)octet), "%u at %zu",
			    octet, i);
		}
	}
	CHECK(taken == 64, "%u characters", taken);
	CHECK(!base64_is(alphabet, others[0]) &&
	    !base64_is(alphabet, others[1]) && !base64_is(alphabet, '=') &&
	    !base64_is(alphabet, '\0'), "not %s", others);
}

static void
lengths_of_none(void)
{
	char	text[64];
	size_t	len;

	memset(text, 'A', sizeof(text));
	for (len = 0; len <= sizeof(text); len++)
		CHECK(decode(BASE64_URL, text, len, NULL) == (len % 4 != 1),
		    "%zu", len);
}

int
main(void)
{
	octets_of_all_lengths();
	every_short_text(BASE64_STANDARD);
	every_short_text(BASE64_URL);
	every_octet(BASE64_STANDARD, "-_");
	every_octet(BASE64_URL, "+/");
	lengths_of_none();

	return (check_end());
}
