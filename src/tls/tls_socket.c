#include <sys/types.h>
#include <sys/socket.h>

#include <openssl/bio.h>
#include <openssl/ssl.h>

#include <errno.h>

#include <kore/kore.h>

#include "tls/tls_socket.h"

static BIO_METHOD	*socket_method(void);
static int		socket_read(BIO *, char *, size_t, size_t *);
static int		socket_write(BIO *, const char *, size_t, size_t *);
static long		socket_ctrl(BIO *, int, long, void *);

/* The last read of a socket brought less than there was room for. */
static int	emptied;

int
tls_socket_attach(struct connection *c)
{
	BIO_METHOD	*method;
	BIO		*bio;

	if ((method = socket_method()) == NULL ||
	    (bio = BIO_new(method)) == NULL)
		return (0);
	BIO_set_data(bio, c);
	BIO_set_init(bio, 1);
	SSL_set_bio(c->ssl, bio, bio);

	return (1);
}

static BIO_METHOD *
socket_method(void)
{
	static BIO_METHOD	*method;

	if (method != NULL)
		return (method);

	method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK |
	    BIO_TYPE_DESCRIPTOR, "connection");
	if (method == NULL)
		return (NULL);
	(void)BIO_meth_set_read_ex(method, socket_read);
	(void)BIO_meth_set_write_ex(method, socket_write);
	(void)BIO_meth_set_ctrl(method, socket_ctrl);

	return (method);
}

int
tls_socket_read(SSL *ssl, void *data, int size, int *drained)
{
	int	r;

	emptied = 0;
	r = SSL_read(ssl, data, size);
	*drained = r > 0 && emptied && !SSL_has_pending(ssl);

	return (r);
}

static int
socket_read(BIO *bio, char *data, size_t size, size_t *len)
{
	struct connection	*c;
	ssize_t			r;

	c = BIO_get_data(bio);
	BIO_clear_retry_flags(bio);
	r = recv(c->fd, data, size, 0);
	if (r > 0) {
		*len = (size_t)r;
		emptied = *len < size;
		return (1);
	}

	if (r == 0)
		BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
	else if (errno == EAGAIN || errno == EINTR)
		BIO_set_retry_read(bio);

	return (0);
}

static int
socket_write(BIO *bio, const char *data, size_t size, size_t *len)
{
	struct connection	*c;
	ssize_t			r;

	c = BIO_get_data(bio);
	BIO_clear_retry_flags(bio);
	r = send(c->fd, data, size, MSG_NOSIGNAL);
	if (r > 0) {
		*len = (size_t)r;
		return (1);
	}

	if (r == -1 && (errno == EAGAIN || errno == EINTR))
		BIO_set_retry_write(bio);

	return (0);
}

static long
socket_ctrl(BIO *bio, int what, long number, void *pointer)
{
	(void)number;
	(void)pointer;

	switch (what) {
	case BIO_CTRL_FLUSH:
		return (1);
	case BIO_CTRL_EOF:
		return (BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0);
	default:
		return (0);
	}
}
