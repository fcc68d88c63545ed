#ifndef PARLEY_TLS_TLS_WIRE_H
#define PARLEY_TLS_TLS_WIRE_H

#include <stdint.h>

/*
 * What travels between the processes, one message a packet (SOCK_SEQPACKET),
 * only as much of data as its length says.
 */
#define TLS_KEY_ID_LEN	32	/* SHA-256 of the SubjectPublicKeyInfo */
#define TLS_BLOCK_MAX	1024	/* an RSA block of 8192 bits */
#define TLS_SPKI_MAX	2048
#define TLS_KEY_MAX	32768	/* a key file, PEM */
#define TLS_ERROR_MAX	256
#define TLS_ANSWER_MS	2000	/* the longest wait for a signature */
#define TLS_LOAD_MS	5000	/* and for a key to be taken */

enum tls_operation {
	TLS_SIGN_RSA_PKCS1 = 1,	/* data is a DigestInfo, to be padded */
	TLS_SIGN_RSA_PSS,	/* data is a whole block, PSS-encoded */
	TLS_SIGN_ECDSA		/* data is a digest */
};

/* Worker to key manager. */
struct tls_sign_request {
	uint64_t	cookie;			/* given back in the answer */
	uint8_t		key[TLS_KEY_ID_LEN];
	uint32_t	operation;
	uint32_t	len;
	uint8_t		data[TLS_BLOCK_MAX];
};

/* Key manager to worker; a length of 0 is a refusal. */
struct tls_sign_answer {
	uint64_t	cookie;
	uint32_t	len;
	uint8_t		data[TLS_BLOCK_MAX];
};

/* Parent to key manager: hold this key; data is the SPKI, then the PEM. */
struct tls_load_request {
	uint32_t	spki_len;
	uint32_t	pem_len;
	uint8_t		data[TLS_SPKI_MAX + TLS_KEY_MAX];
};

/* Key manager to parent: done, or why not. */
struct tls_load_answer {
	int32_t		loaded;
	char		error[TLS_ERROR_MAX];
};

#endif
