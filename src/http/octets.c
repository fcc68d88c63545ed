#include <sys/socket.h>

#include <errno.h>
#include <limits.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <kore/kore.h>

#include "data/blob.h"
#include "http/octets.h"
#include "tls/tls_socket.h"

#define RECORD_SHORT	4096	/* it may be of 16 KB */

static int	read_plain(struct connection *, void *, size_t, size_t *,
		    int *, int *);
static int	read_tls(struct connection *, void *, size_t, size_t *, int *,
		    int *);
static int	write_tls(struct connection *, size_t, size_t *);
static void	buffers_release(SSL *);
static void	errors_clear(void);
static void	send_stream(struct connection *, struct span,
		    int (*)(struct netbuf *), struct netbuf **);
static int	blob_sent(struct netbuf *);

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
	int	r;

	errors_clear();
	r = tls_socket_read(c->ssl, data, size > INT_MAX ? INT_MAX : (int)size,
	    drained);
	if (r > 0) {
		*bytes = (size_t)r;
		if (*bytes > RECORD_SHORT) {
			buffers_release(c->ssl);
			(void)SSL_free_buffers(c->ssl);
		}
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
octets_write(struct connection *c, size_t len, size_t *written)
{
	len = c->snb->b_len - c->snb->s_off;

	return (c->ssl == NULL ? net_write(c, len, written) :
	    write_tls(c, len, written));
}

static int
write_tls(struct connection *c, size_t len, size_t *written)
{
	int	r;

	if (len > RECORD_SHORT)
		buffers_release(c->ssl);
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
 * OpenSSL's buffers are of 16 KB, of which short records only ever touch the
 * beginning. A connection that has had a longer one keeps none when it waits.
 */
static void
buffers_release(SSL *ssl)
{
	SSL_set_mode(ssl, SSL_MODE_RELEASE_BUFFERS);
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

void
octets_send(struct connection *c, struct span octets, enum lifetime lifetime,
    struct blob *blob)
{
	struct netbuf	*nb;

	switch (lifetime) {
	case LIFETIME_EXCHANGE:
		net_send_queue(c, octets.data, octets.len);
		break;
	case LIFETIME_BLOB:
		send_stream(c, octets, blob_sent, &nb);
		nb->extra = blob_hold(blob);
		break;
	case LIFETIME_PROCESS:
		send_stream(c, octets, NULL, NULL);
		break;
	}
}

static int
blob_sent(struct netbuf *nb)
{
	blob_release(nb->extra);

	return (KORE_RESULT_OK);
}

/* Kore's prototype only forgets that it never writes there. */
static void
send_stream(struct connection *c, struct span octets,
    int (*sent)(struct netbuf *), struct netbuf **nb)
{
	union {
		const char	*given;
		void		*taken;
	} data;

	data.given = octets.data;
	net_send_stream(c, data.taken, octets.len, sent, nb);
}
