#include <sys/socket.h>

#include <errno.h>
#include <limits.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <kore/kore.h>

#include "data/blob.h"
#include "http/octets.h"
#include "tls/tls_socket.h"

static int	read_plain(struct connection *, void *, size_t, size_t *,
		    int *, int *);
static int	read_tls(struct connection *, void *, size_t, size_t *, int *,
		    int *);
static int	write_some(struct connection *, const void *, size_t,
		    size_t *);
static int	write_tls(struct connection *, const void *, size_t, size_t *);
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
	struct netbuf	*nb = c->snb;

	len = nb->b_len - nb->s_off;
	if (!write_some(c, nb->buf + nb->s_off, len, written))
		return (KORE_RESULT_ERROR);
	if (c->ssl != NULL && !(c->evt.flags & KORE_EVENT_WRITE))
		nb->flags |= NETBUF_MUST_RESEND;

	return (KORE_RESULT_OK);
}

void
octets_send_now(struct connection *c, struct span octets)
{
	size_t	written = 0;

	if (TAILQ_EMPTY(&c->send_queue) && (c->evt.flags & KORE_EVENT_WRITE))
		(void)write_some(c, octets.data, octets.len, &written);
	if (written < octets.len)
		net_send_queue(c, octets.data + written, octets.len - written);
}

/* Takes the WRITE flag away when the socket takes no more for now. */
static int
write_some(struct connection *c, const void *data, size_t len, size_t *written)
{
	ssize_t	r;

	*written = 0;
	if (c->ssl != NULL)
		return (write_tls(c, data, len, written));

	r = send(c->fd, data, len, 0);
	if (r != -1)
		*written = (size_t)r;
	else if (errno == EAGAIN)
		c->evt.flags &= ~KORE_EVENT_WRITE;
	else if (errno != EINTR)
		return (KORE_RESULT_ERROR);

	return (KORE_RESULT_OK);
}

static int
write_tls(struct connection *c, const void *data, size_t len, size_t *written)
{
	int	r;

	errors_clear();
	r = SSL_write(c->ssl, data, len > INT_MAX ? INT_MAX : (int)len);
	if (r > 0) {
		*written = (size_t)r;
		return (KORE_RESULT_OK);
	}

	switch (SSL_get_error(c->ssl, r)) {
	case SSL_ERROR_WANT_READ:
	case SSL_ERROR_WANT_WRITE:
		c->evt.flags &= ~KORE_EVENT_WRITE;
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

void
octets_send(struct connection *c, struct span octets, struct blob *blob)
{
	struct netbuf	*nb;

	if (blob == NULL) {
		send_stream(c, octets, NULL, NULL);
		return;
	}
	send_stream(c, octets, blob_sent, &nb);
	nb->extra = blob_hold(blob);
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
