#include <sys/socket.h>

#include <errno.h>
#include <limits.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <kore/kore.h>

#include "http/octets.h"

#define RECORD_SHORT	4096	/* OpenSSL asks the kernel for 16 KB at once */

static int	read_plain(struct connection *, void *, size_t, size_t *,
		    int *, int *);
static int	read_tls(struct connection *, void *, size_t, size_t *, int *,
		    int *);
static void	errors_clear(void);

int
octets_read(struct connection *c, void *data, size_t size, size_t *bytes,
    int *ended, int *drained)
{
	*bytes = 0;
	*drained = 0;

	return (c->ssl == NULL ?
	    read_plain(c, data, size, bytes, ended, drained) :
	    read_tls(c, data, size, bytes, ended, drained));
}

static int
read_plain(struct connection *c, void *data, size_t size, size_t *bytes,
    int *ended, int *drained)
{
	ssize_t	r;

	r = recv(c->fd, data, size, 0);
	if (r > 0) {
		*bytes = (size_t)r;
		*drained = *bytes < size;
		return (KORE_RESULT_OK);
	}
	if (r == 0) {
		*ended = 1;
	} else if (errno == EINTR) {
		return (KORE_RESULT_OK);
	} else if (errno != EAGAIN) {
		return (KORE_RESULT_ERROR);
	}
	c->evt.flags &= ~KORE_EVENT_READ;

	return (KORE_RESULT_OK);
}

static int
read_tls(struct connection *c, void *data, size_t size, size_t *bytes,
    int *ended, int *drained)
{
	int	r, buffered;

	buffered = SSL_has_pending(c->ssl);
	errors_clear();
	r = SSL_read(c->ssl, data, size > INT_MAX ? INT_MAX : (int)size);
	if (r > 0) {
		*bytes = (size_t)r;
		/* One short record, and nothing else: no read was filled. */
		*drained = !buffered && r <= RECORD_SHORT &&
		    !SSL_has_pending(c->ssl);
		return (KORE_RESULT_OK);
	}

	switch (SSL_get_error(c->ssl, r)) {
	case SSL_ERROR_WANT_READ:
	case SSL_ERROR_WANT_WRITE:
		break;
	case SSL_ERROR_ZERO_RETURN:
		*ended = 1;
		break;
	default:
		return (KORE_RESULT_ERROR);
	}
	c->evt.flags &= ~KORE_EVENT_READ;

	return (KORE_RESULT_OK);
}

int
octets_write_tls(struct connection *c, size_t len, size_t *written)
{
	int	r;

	errors_clear();
	r = SSL_write(c->ssl, c->snb->buf + c->snb->s_off,
	    len > INT_MAX ? INT_MAX : (int)len);
	if (r > 0) {
		*written = (size_t)r;
		return (KORE_RESULT_OK);
	}

	switch (SSL_get_error(c->ssl, r)) {
	case SSL_ERROR_WANT_READ:
	case SSL_ERROR_WANT_WRITE:
		c->evt.flags &= ~KORE_EVENT_WRITE;
		c->snb->flags |= NETBUF_MUST_RESEND;
		return (KORE_RESULT_OK);
	default:
		return (KORE_RESULT_ERROR);
	}
}

/*
 * An older error would be taken for one of this call. There hardly ever is
 * one, and clearing writes to all of the sixteen places.
 */
static void
errors_clear(void)
{
	if (ERR_peek_error() != 0)
		ERR_clear_error();
}

/* Kore's prototype only forgets that it never writes there. */
void
octets_send_lasting(struct connection *c, struct span octets)
{
	union {
		const char	*given;
		void		*taken;
	} data;

	data.given = octets.data;
	net_send_stream(c, data.taken, octets.len, NULL, NULL);
}
