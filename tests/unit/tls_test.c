/* TLS without its processes: keys, chains, tickets, and handshakes between two SSL objects in memory. */
/* sources: src/tls/tls_key.c src/tls/tls_sign.c src/tls/tls_ticket.c src/tls/tls_context.c */
/* libraries: -lssl -lcrypto */
#define OPENSSL_API_COMPAT	10101

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <stdlib.h>

#include "check.h"
#include "tls/tls_context.h"
#include "tls/tls_key.h"
#include "tls/tls_sign.h"
#include "tls/tls_ticket.h"

struct text {
	char	*data;
	size_t	len;
};

/* The key manager of this test: one key, asked directly. */
static EVP_PKEY	*manager_key;
static uint8_t	manager_id[TLS_KEY_ID_LEN];
static int	manager_signed;

size_t
tls_sign_remote(const uint8_t *key, uint32_t operation, const uint8_t *data,
    size_t len, uint8_t *out, size_t size)
{
	if (manager_key == NULL ||
	    memcmp(key, manager_id, TLS_KEY_ID_LEN) != 0)
		return (0);
	manager_signed++;

	return (tls_key_sign(manager_key, operation, data, len, out, size));
}

static struct text
text_of(BIO *bio)
{
	struct text	text;
	char		*data;

	text.len = (size_t)BIO_get_mem_data(bio, &data);
	text.data = malloc(text.len + 1);
	memcpy(text.data, data, text.len);
	text.data[text.len] = '\0';
	BIO_free(bio);

	return (text);
}

static struct text
key_pem(EVP_PKEY *key, const char *passphrase)
{
	BIO	*bio = BIO_new(BIO_s_mem());

	PEM_write_bio_PKCS8PrivateKey(bio, key, passphrase == NULL ? NULL :
	    EVP_aes_128_cbc(), passphrase, passphrase == NULL ? 0 :
	    (int)strlen(passphrase), NULL, NULL);

	return (text_of(bio));
}

/* A chain of depth certificates that certify the one key, each the other. */
static struct text
chain_pem(EVP_PKEY *key, int depth, long from, long until)
{
	BIO		*bio = BIO_new(BIO_s_mem());
	X509		*cert;
	const EVP_MD	*md;
	int		i;

	md = EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519 ? NULL :
	    EVP_sha256();
	for (i = 0; i < depth; i++) {
		cert = X509_new();
		X509_set_version(cert, 2);
		ASN1_INTEGER_set(X509_get_serialNumber(cert), i + 1);
		X509_gmtime_adj(X509_getm_notBefore(cert), from);
		X509_gmtime_adj(X509_getm_notAfter(cert), until);
		X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN",
		    MBSTRING_ASC, (const unsigned char *)"localhost", -1, -1,
		    0);
		X509_set_issuer_name(cert, X509_get_subject_name(cert));
		X509_set_pubkey(cert, key);
		X509_sign(cert, key, md);
		PEM_write_bio_X509(bio, cert);
		X509_free(cert);
	}

	return (text_of(bio));
}

static struct text
spki_of(EVP_PKEY *key)
{
	struct text	text = { NULL, 0 };
	uint8_t		*der = NULL;
	int		len;

	len = i2d_PUBKEY(key, &der);
	text.data = malloc((size_t)len);
	text.len = (size_t)len;
	memcpy(text.data, der, text.len);
	OPENSSL_free(der);

	return (text);
}

static int
parses(struct text pem, struct text spki, const char *expected)
{
	char		error[TLS_ERROR_MAX] = "";
	EVP_PKEY	*key;

	key = tls_key_parse(pem.data, pem.len, (uint8_t *)spki.data, spki.len,
	    error, sizeof(error));
	CHECK(expected == NULL || strstr(error, expected) != NULL,
	    "got '%s', expected '%s'", error, expected);
	EVP_PKEY_free(key);

	return (key != NULL);
}

static void
test_key_parse(EVP_PKEY *key, EVP_PKEY *other)
{
	struct text	pem, locked, spki, strange, cut;

	pem = key_pem(key, NULL);
	locked = key_pem(key, "secret");
	spki = spki_of(key);
	strange = spki_of(other);

	CHECK(parses(pem, spki, NULL), "a key and its public half");
	CHECK(!parses(pem, strange, "does not belong"), "another's");
	CHECK(!parses(locked, spki, "without a passphrase"), "encrypted");
	CHECK(!parses(spki, spki, "no private key in PEM"), "no PEM");
	cut = pem;
	cut.len /= 2;
	CHECK(!parses(cut, spki, "no private key in PEM"), "half a file");
	cut.len = 0;
	CHECK(!parses(cut, spki, "no private key in PEM"), "an empty file");

	free(pem.data);
	free(locked.data);
	free(spki.data);
	free(strange.data);
}

/* The public half is right, the private one another's. */
static void
test_key_must_prove(EVP_PKEY *key, EVP_PKEY *other)
{
	EC_KEY		*forged;
	EVP_PKEY	*mixed = EVP_PKEY_new();
	struct text	pem, spki;

	forged = EC_KEY_new_by_curve_name(NID_X9_62_prime256v1);
	EC_KEY_set_public_key(forged,
	    EC_KEY_get0_public_key(EVP_PKEY_get0_EC_KEY(key)));
	EC_KEY_set_private_key(forged,
	    EC_KEY_get0_private_key(EVP_PKEY_get0_EC_KEY(other)));
	EVP_PKEY_assign_EC_KEY(mixed, forged);
	pem = key_pem(mixed, NULL);
	spki = spki_of(key);

	CHECK(!parses(pem, spki, "does not belong"), "a forged key");

	EVP_PKEY_free(mixed);
	free(pem.data);
	free(spki.data);
}

static void
test_sign_refuses(EVP_PKEY *rsa, EVP_PKEY *ec)
{
	uint8_t	block[TLS_BLOCK_MAX], out[TLS_BLOCK_MAX];

	memset(block, 1, sizeof(block));
	block[255] = 0xbc;
#define SIGN(key, op, len, size)					\
	tls_key_sign(key, op, block, len, out, size)
	CHECK(SIGN(rsa, TLS_SIGN_RSA_PKCS1, 51, 256) == 256, "DigestInfo");
	CHECK(SIGN(rsa, TLS_SIGN_RSA_PSS, 256, 256) == 256, "a PSS block");
	CHECK(SIGN(ec, TLS_SIGN_ECDSA, 32, 128) > 0, "a digest");

	CHECK(SIGN(rsa, TLS_SIGN_ECDSA, 32, 256) == 0, "EC by RSA");
	CHECK(SIGN(ec, TLS_SIGN_RSA_PKCS1, 51, 256) == 0, "RSA by EC");
	CHECK(SIGN(rsa, 0, 51, 256) == 0, "no operation");
	CHECK(SIGN(rsa, TLS_SIGN_RSA_PKCS1, 246, 256) == 0, "too long");
	CHECK(SIGN(rsa, TLS_SIGN_RSA_PKCS1, 0, 256) == 0, "nothing");
	CHECK(SIGN(rsa, TLS_SIGN_RSA_PSS, 255, 256) == 0, "no whole block");
	CHECK(SIGN(rsa, TLS_SIGN_RSA_PKCS1, 51, 255) == 0, "no room");
	CHECK(SIGN(ec, TLS_SIGN_ECDSA, 32, 8) == 0, "no room for EC");
	CHECK(SIGN(ec, TLS_SIGN_ECDSA, 65, 128) == 0, "no digest");
	block[255] = 0;
	CHECK(SIGN(rsa, TLS_SIGN_RSA_PSS, 256, 256) == 0,
	    "a raw block is a decryption");
#undef SIGN
}

static int
chain_taken(struct text pem, const char *expected)
{
	struct tls_chain	chain;
	char			error[TLS_ERROR_MAX] = "";
	int			ret;

	ret = tls_chain_init(&chain, pem.data, pem.len, error, sizeof(error));
	CHECK(expected == NULL || strstr(error, expected) != NULL,
	    "got '%s', expected '%s'", error, expected);
	CHECK(ret == (chain.pem != NULL), "empty when refused");
	tls_chain_cleanup(&chain);

	return (ret);
}

static void
test_chain(EVP_PKEY *key, EVP_PKEY *ed25519)
{
	struct text	good, late, early, strange, cut;

	good = chain_pem(key, 3, -60, 3600);
	late = chain_pem(key, 1, -7200, -3600);
	early = chain_pem(key, 1, 3600, 7200);
	strange = chain_pem(ed25519, 1, -60, 3600);

	CHECK(chain_taken(good, NULL), "three certificates");
	CHECK(!chain_taken(late, "expired on"), "expired");
	CHECK(!chain_taken(early, "not valid yet"), "not yet");
	CHECK(!chain_taken(strange, "must be RSA"), "Ed25519");
	cut = good;
	cut.len = 0;
	CHECK(!chain_taken(cut, "no certificate"), "an empty file");
	cut.len = 200;
	CHECK(!chain_taken(cut, "certificate 1 cannot"), "cut in the first");
	cut.len = good.len - 100;
	CHECK(!chain_taken(cut, "certificate 3 cannot"), "cut in the last");
	good.data[good.len / 2] = '!';
	CHECK(!chain_taken(good, "certificate 2 cannot"), "broken inside");

	free(good.data);
	free(late.data);
	free(early.data);
	free(strange.data);
}

static int
shake(SSL *client, SSL *server)
{
	int	i, c, s;

	c = s = 0;
	for (i = 0; i < 10 && (c != 1 || s != 1); i++) {
		if (c != 1)
			c = SSL_do_handshake(client);
		if (s != 1)
			s = SSL_do_handshake(server);
	}

	return (c == 1 && s == 1);
}

/* One connection; *session is offered when set, and then the new one. */
static int
connects(SSL_CTX *ours, SSL_CTX *theirs, SSL_SESSION **session, int *resumed)
{
	SSL	*client = SSL_new(theirs), *server = SSL_new(ours);
	BIO	*a, *b;
	char	byte[1];
	int	ret;

	BIO_new_bio_pair(&a, 65536, &b, 65536);
	SSL_set_bio(client, a, a);
	SSL_set_bio(server, b, b);
	SSL_set_connect_state(client);
	SSL_set_accept_state(server);
	if (*session != NULL)
		SSL_set_session(client, *session);

	ret = shake(client, server);
	*resumed = SSL_session_reused(client);
	if (ret) {
		/* Tickets of TLS 1.3 come with the first read. */
		(void)SSL_write(server, "x", 1);
		ret = SSL_read(client, byte, 1) == 1;
		SSL_SESSION_free(*session);
		*session = SSL_get1_session(client);
	}
	SSL_shutdown(client);
	SSL_free(client);
	SSL_free(server);
	ERR_clear_error();

	return (ret);
}

static void
test_handshake(EVP_PKEY *key, int version, const char *what)
{
	SSL_CTX		*ours, *theirs;
	SSL_SESSION	*session = NULL;
	struct text	pem, spki;
	char		error[TLS_ERROR_MAX] = "";
	int		resumed;

	pem = chain_pem(key, 2, -60, 3600);
	spki = spki_of(key);
	tls_key_id((uint8_t *)spki.data, spki.len, manager_id);
	manager_key = key;
	manager_signed = 0;
	ours = tls_context_new(pem.data, pem.len, error, sizeof(error));
	CHECK(ours != NULL, "%s: %s", what, error);
	theirs = SSL_CTX_new(TLS_client_method());
	SSL_CTX_set_min_proto_version(theirs, version);
	SSL_CTX_set_max_proto_version(theirs, version);

	CHECK(connects(ours, theirs, &session, &resumed), "%s", what);
	CHECK(!resumed && manager_signed == 1, "%s: full", what);
	CHECK(connects(ours, theirs, &session, &resumed), "%s again", what);
	CHECK(resumed && manager_signed == 1, "%s: resumed, %d signatures",
	    what, manager_signed);

	/* Tickets of the hours before are good, older ones are not. */
	tls_ticket_advance(tls_ticket_clock() + TLS_TICKET_SECONDS);
	CHECK(connects(ours, theirs, &session, &resumed), "%s later", what);
	CHECK(resumed, "%s: a key before", what);
	tls_ticket_advance(tls_ticket_clock() + 4 * TLS_TICKET_SECONDS);
	CHECK(connects(ours, theirs, &session, &resumed), "%s late", what);
	CHECK(!resumed && manager_signed == 2, "%s: two keys before", what);

	/* A key manager that does not know the key. */
	SSL_SESSION_free(session);
	session = NULL;
	manager_id[0] ^= 1;
	CHECK(!connects(ours, theirs, &session, &resumed), "%s refused", what);
	manager_key = NULL;

	SSL_CTX_free(ours);
	SSL_CTX_free(theirs);
	free(pem.data);
	free(spki.data);
	CHECK(tls_ticket_init(tls_ticket_clock()), "a new secret");
}

static void
test_old_versions_and_ciphers(EVP_PKEY *key)
{
	SSL_CTX		*ours, *theirs;
	SSL_SESSION	*session = NULL;
	struct text	pem, spki;
	char		error[TLS_ERROR_MAX] = "";
	int		resumed;

	pem = chain_pem(key, 1, -60, 3600);
	spki = spki_of(key);
	tls_key_id((uint8_t *)spki.data, spki.len, manager_id);
	manager_key = key;
	ours = tls_context_new(pem.data, pem.len, error, sizeof(error));
	theirs = SSL_CTX_new(TLS_client_method());
	SSL_CTX_set_security_level(theirs, 0);
	SSL_CTX_set_min_proto_version(theirs, TLS1_VERSION);
	SSL_CTX_set_max_proto_version(theirs, TLS1_1_VERSION);
	CHECK(!connects(ours, theirs, &session, &resumed), "TLS 1.1");

	SSL_CTX_set_max_proto_version(theirs, TLS1_2_VERSION);
	SSL_CTX_set_cipher_list(theirs, "AES128-GCM-SHA256");
	CHECK(!connects(ours, theirs, &session, &resumed), "RSA key exchange");
	SSL_CTX_set_cipher_list(theirs, "ECDHE-RSA-AES128-SHA");
	CHECK(!connects(ours, theirs, &session, &resumed), "CBC");
	SSL_CTX_set_cipher_list(theirs, "ECDHE-RSA-AES128-GCM-SHA256");
	CHECK(connects(ours, theirs, &session, &resumed), "ECDHE and AEAD");
	SSL_CTX_set_alpn_protos(theirs, (const unsigned char *)"\x02h2", 3);
	CHECK(!connects(ours, theirs, &session, &resumed), "only h2");
	SSL_CTX_set_alpn_protos(theirs,
	    (const unsigned char *)"\x02h2\x08http/1.1", 12);
	CHECK(connects(ours, theirs, &session, &resumed), "h2 and http/1.1");

	manager_key = NULL;
	SSL_SESSION_free(session);
	SSL_CTX_free(ours);
	SSL_CTX_free(theirs);
	free(pem.data);
	free(spki.data);
}

int
main(void)
{
	EVP_PKEY	*rsa, *rsa2, *p256, *p256b, *p384, *ed25519;

	rsa = EVP_RSA_gen(2048);
	rsa2 = EVP_RSA_gen(2048);
	p256 = EVP_EC_gen("P-256");
	p256b = EVP_EC_gen("P-256");
	p384 = EVP_EC_gen("P-384");
	ed25519 = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	CHECK(tls_ticket_init(tls_ticket_clock()), "random numbers");

	test_key_parse(rsa, rsa2);
	test_key_parse(p256, p256b);
	test_key_parse(p384, rsa);
	test_key_must_prove(p256, p256b);
	test_sign_refuses(rsa, p256);
	test_chain(p256, ed25519);
	test_handshake(rsa, TLS1_2_VERSION, "RSA, TLS 1.2");
	test_handshake(rsa, TLS1_3_VERSION, "RSA, TLS 1.3");
	test_handshake(p256, TLS1_2_VERSION, "P-256, TLS 1.2");
	test_handshake(p256, TLS1_3_VERSION, "P-256, TLS 1.3");
	test_handshake(p384, TLS1_2_VERSION, "P-384, TLS 1.2");
	test_handshake(p384, TLS1_3_VERSION, "P-384, TLS 1.3");
	test_old_versions_and_ciphers(rsa);

	EVP_PKEY_free(rsa);
	EVP_PKEY_free(rsa2);
	EVP_PKEY_free(p256);
	EVP_PKEY_free(p256b);
	EVP_PKEY_free(p384);
	EVP_PKEY_free(ed25519);

	return (check_end());
}
