#ifndef PARLEY_TESTS_JWS_H
#define PARLEY_TESTS_JWS_H

#include <stddef.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

/* Signs anything at all as a token, also what no library would. */

#define JWS_MAX		24576

/* Writes base64url and its NUL; returns the length without it. */
static inline size_t
jws_base64url(char *out, const void *octets, size_t len)
{
	size_t	i;

	EVP_EncodeBlock((unsigned char *)out, octets, (int)len);
	len = (len * 4 + 2) / 3;
	out[len] = '\0';
	for (i = 0; i < len; i++) {
		if (out[i] == '+')
			out[i] = '-';
		if (out[i] == '/')
			out[i] = '_';
	}

	return (len);
}

/* Signs the len octets in out, a head and a body, and adds the signature. */
static inline size_t
jws_append_signature(char *out, size_t len, const EVP_MD *digest,
    const char *secret, size_t secret_len)
{
	unsigned char	mac[EVP_MAX_MD_SIZE];
	unsigned int	mac_len;

	HMAC(digest, secret, (int)secret_len, (const unsigned char *)out, len,
	    mac, &mac_len);
	out[len++] = '.';

	return (len + jws_base64url(out + len, mac, mac_len));
}

/* Makes a token of any head and body; out has JWS_MAX octets. */
static inline size_t
jws_make(char *out, const EVP_MD *digest, const char *secret,
    size_t secret_len, const void *head, size_t head_len, const void *body,
    size_t body_len)
{
	size_t	len;

	len = jws_base64url(out, head, head_len);
	out[len++] = '.';
	len += jws_base64url(out + len, body, body_len);

	return (jws_append_signature(out, len, digest, secret, secret_len));
}

#endif
