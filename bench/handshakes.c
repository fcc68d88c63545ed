/*
 * Connects over TLS again and again, as many clients at once as it is told, and
 * says as JSON what came of it: handshakes PORT full|resumed VERSION SECONDS
 * CLIENTS, where VERSION is 1.2 or 1.3.
 *
 * openssl s_time cannot be used: with TLS 1.3 it never reads the ticket, so
 * what it calls reused are full handshakes. Here a handshake that was not of
 * the kind asked for is a failure.
 */
/* For the engine, see quicken(). */
#define OPENSSL_API_COMPAT	10101

#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/engine.h>
#include <openssl/ssl.h>

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define CLIENTS_MAX	256
#define TIMES_MAX	100000	/* of one client */

struct client {
	unsigned int	done;
	unsigned int	failed;
	float		ms[TIMES_MAX];
};

static void	quicken(SSL_CTX *);
static int	chain_pass(X509_STORE_CTX *, void *);
static int	methods_give(ENGINE *, EVP_PKEY_METHOD **, const int **, int);
static void	client_run(struct client *, SSL_CTX *);
static int	connect_once(SSL_CTX *, SSL_SESSION *, int);
static int	offer(SSL *, SSL_SESSION *);
static SSL_SESSION	*session_get(SSL_CTX *);
static int	session_new(SSL *, SSL_SESSION *);
static double	clock_seconds(void);
static int	time_order(const void *, const void *);
static void	report(const struct client *, double);

static struct sockaddr_in	server;
static SSL_SESSION		*newest;
static double			until;
static int			nclients, resuming;

int
main(int argc, char **argv)
{
	int		i, version;
	double		began;
	SSL_CTX		*ctx;
	struct client	*clients;

	if (argc != 6)
		errx(2, "usage: handshakes port full|resumed 1.2|1.3 seconds "
		    "clients");
	server.sin_family = AF_INET;
	server.sin_port = htons((uint16_t)atoi(argv[1]));
	server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	resuming = strcmp(argv[2], "resumed") == 0;
	version = strcmp(argv[3], "1.2") == 0 ? TLS1_2_VERSION : TLS1_3_VERSION;
	nclients = atoi(argv[5]);
	if (nclients < 1 || nclients > CLIENTS_MAX)
		errx(2, "1 to %d clients", CLIENTS_MAX);

	ctx = SSL_CTX_new(TLS_client_method());
	if (ctx == NULL || !SSL_CTX_set_min_proto_version(ctx, version) ||
	    !SSL_CTX_set_max_proto_version(ctx, version) ||
	    !SSL_CTX_set1_groups_list(ctx, "X25519:P-256"))
		errx(1, "OpenSSL");
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT |
	    SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(ctx, session_new);
	quicken(ctx);

	clients = mmap(NULL, sizeof(*clients) * (size_t)nclients,
	    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (clients == MAP_FAILED)
		err(1, "mmap");

	began = clock_seconds();
	until = began + atof(argv[4]);
	for (i = 0; i < nclients; i++) {
		switch (fork()) {
		case -1:
			err(1, "fork");
		case 0:
			client_run(&clients[i], ctx);
			_exit(0);
		}
	}
	while (wait(NULL) != -1)
		continue;
	report(clients, clock_seconds() - began);

	return (0);
}

/*
 * Clients share the cores with the server, so what they do without need hides
 * it. What a handshake is stays: the library checks the server's signature of
 * it against the certificate's key, and both Finished.
 *
 * Left out is the chain, which is one certificate that signed itself. And a
 * key in a certificate is read as before OpenSSL 3.0, which tries all of its
 * decoders for it, a third of a client's time: it does so only where no engine
 * has methods for such keys. Ours has the library's own.
 */
static void
quicken(SSL_CTX *ctx)
{
	ENGINE	*engine;

	SSL_CTX_set_cert_verify_callback(ctx, chain_pass, NULL);
	if ((engine = ENGINE_new()) == NULL ||
	    !ENGINE_set_id(engine, "methods") ||
	    !ENGINE_set_pkey_meths(engine, methods_give) ||
	    !ENGINE_register_pkey_meths(engine))
		errx(1, "no engine");
}

static int
chain_pass(X509_STORE_CTX *store, void *arg)
{
	(void)store;
	(void)arg;

	return (1);
}

static int
methods_give(ENGINE *engine, EVP_PKEY_METHOD **method, const int **kinds,
    int kind)
{
	static const int	ours[] = { EVP_PKEY_RSA, EVP_PKEY_EC };
	static EVP_PKEY_METHOD	*methods[2];
	int			i;

	(void)engine;
	if (method == NULL) {
		*kinds = ours;
		return (2);
	}
	i = kind == EVP_PKEY_EC;
	if (methods[i] == NULL &&
	    (methods[i] = EVP_PKEY_meth_new(ours[i], 0)) != NULL)
		EVP_PKEY_meth_copy(methods[i], EVP_PKEY_meth_find(ours[i]));
	*method = methods[i];

	return (*method != NULL);
}

static void
client_run(struct client *client, SSL_CTX *ctx)
{
	double		began;
	SSL_SESSION	*session;

	session = resuming ? session_get(ctx) : NULL;
	while ((began = clock_seconds()) < until) {
		if (!connect_once(ctx, session, 0)) {
			client->failed++;
			continue;
		}
		client->ms[client->done % TIMES_MAX] =
		    (float)((clock_seconds() - began) * 1000);
		client->done++;
	}
}

/*
 * One ticket is enough: the server keeps no list of those that came back. The
 * library would not use one of TLS 1.3 twice, so each handshake has a copy.
 */
static SSL_SESSION *
session_get(SSL_CTX *ctx)
{
	if (!connect_once(ctx, NULL, 1) || newest == NULL)
		errx(1, "no ticket from the server");

	return (newest);
}

static int
session_new(SSL *ssl, SSL_SESSION *session)
{
	(void)ssl;
	if (newest != NULL)
		return (0);
	newest = session;

	return (1);
}

/*
 * A client with manners: it says that it goes, and reads until the server has
 * gone. The ticket of TLS 1.3 comes with an answer at the latest.
 */
static int
connect_once(SSL_CTX *ctx, SSL_SESSION *session, int asking)
{
	static const char	ask[] = "GET /health HTTP/1.1\r\n"
	    "Host: localhost\r\n\r\n";
	char	answer[4096];
	int	fd, ret, on = 1;
	SSL	*ssl;

	ret = 0;
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd == -1 || (ssl = SSL_new(ctx)) == NULL)
		err(1, "socket");
	if (connect(fd, (struct sockaddr *)&server, sizeof(server)) == 0 &&
	    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == 0 &&
	    SSL_set_fd(ssl, fd) == 1 && offer(ssl, session) &&
	    SSL_connect(ssl) == 1) {
		ret = SSL_session_reused(ssl) == (session != NULL);
		if (asking)
			ret = SSL_write(ssl, ask, sizeof(ask) - 1) > 0 &&
			    SSL_read(ssl, answer, sizeof(answer)) > 12 &&
			    memcmp(answer, "HTTP/1.1 200", 12) == 0;
		(void)SSL_shutdown(ssl);
		while (read(fd, answer, sizeof(answer)) > 0)
			continue;
	}
	SSL_free(ssl);
	(void)close(fd);

	return (ret);
}

static int
offer(SSL *ssl, SSL_SESSION *session)
{
	SSL_SESSION	*copy;
	int		ret;

	if (session == NULL)
		return (1);
	copy = SSL_SESSION_dup(session);
	ret = copy != NULL && SSL_set_session(ssl, copy) == 1;
	SSL_SESSION_free(copy);

	return (ret);
}

static void
report(const struct client *clients, double seconds)
{
	int		i;
	size_t		n, all;
	unsigned int	failed;
	float		*ms;

	all = 0;
	failed = 0;
	if ((ms = malloc(sizeof(*ms) * TIMES_MAX * (size_t)nclients)) == NULL)
		err(1, "malloc");
	for (i = 0; i < nclients; i++) {
		n = clients[i].done < TIMES_MAX ? clients[i].done : TIMES_MAX;
		memcpy(ms + all, clients[i].ms, n * sizeof(*ms));
		all += n;
		failed += clients[i].failed;
	}
	qsort(ms, all, sizeof(*ms), time_order);
	printf("{\"requests\":%zu,\"seconds\":%f,\"failed\":%u,\"bytes\":0,"
	    "\"p50\":%f,\"p99\":%f}\n", all, seconds, failed,
	    all > 0 ? (double)ms[all / 2] : 0.0,
	    all > 0 ? (double)ms[all * 99 / 100] : 0.0);
	free(ms);
}

static double
clock_seconds(void)
{
	struct timespec	ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);

	return ((double)ts.tv_sec + (double)ts.tv_nsec / 1e9);
}

static int
time_order(const void *a, const void *b)
{
	float	one = *(const float *)a, other = *(const float *)b;

	return ((one > other) - (one < other));
}
