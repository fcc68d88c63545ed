#include <sys/stat.h>
#include <sys/wait.h>

#include <openssl/crypto.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <kore/kore.h>

#include "log.h"
#include "tls/tls.h"
#include "tls/tls_key.h"
#include "tls/tls_keys.h"
#include "tls/tls_server.h"
#include "tls/tls_ticket.h"

void		__real_kore_worker_init(void);
void		__wrap_kore_worker_init(void);
void		__wrap_kore_module_reload(int);

static int	chain_read(struct tls_chain *, const char *, char *, size_t);
static int	key_check(const struct tls_chain *, const char *, char *,
		    size_t);
static void	key_check_child(const struct tls_chain *, const char *, int)
		    __attribute__((noreturn));
static int	key_hand_over(const struct tls_chain *, char *, size_t);
static int	file_read(const char *, char *, size_t, size_t *, char *,
		    size_t);
static void	chain_tell(const struct kore_worker *);

struct tls_server	tls_server;

int
tls_check_files(const char *cert_file, const char *key_file, char *error,
    size_t size)
{
	int			ret;
	struct tls_chain	chain;

	ret = chain_read(&chain, cert_file, error, size) &&
	    key_check(&chain, key_file, error, size);
	tls_chain_cleanup(&chain);

	return (ret);
}

int
tls_configure(struct kore_server *server, struct kore_domain *domain,
    const char *cert_file, const char *key_file, char *error, size_t size)
{
	if (!chain_read(&tls_server.chain, cert_file, error, size))
		return (0);
	if (!key_check(&tls_server.chain, key_file, error, size)) {
		tls_chain_cleanup(&tls_server.chain);
		return (0);
	}

	server->tls = 1;
	tls_server.domain = domain;
	tls_server.cert_file = kore_strdup(cert_file);
	tls_server.key_file = kore_strdup(key_file);

	return (1);
}

/*
 * In the parent, at the moment Kore forks: links before, so that all have
 * them; the key after, so that no worker was ever in a process that held it.
 */
void
__wrap_kore_worker_init(void)
{
	char	error[TLS_ERROR_MAX];

	if (tls_server.domain == NULL) {
		__real_kore_worker_init();
		return;
	}

	/* Kore's default, which it applies too late for us. */
	if (worker_count == 0)
		worker_count = (u_int8_t)cpu_count;
	tls_links_open(worker_count);
	if (!tls_ticket_init(tls_ticket_clock()))
		fatalx("tls: no random numbers: %s", tls_reason());

	__real_kore_worker_init();

	if (key_hand_over(&tls_server.chain, error, sizeof(error)))
		return;

	log_error("tls", "cannot start: %s", error);
	kore_worker_dispatch_signal(SIGTERM);
	kore_worker_shutdown();
	exit(1);
}

/*
 * SIGHUP. Nothing in a single binary can be loaded again but certificates,
 * and those by the parent alone.
 *
 * The key goes first. A worker names the key of its certificate in each
 * request, so it does not matter when which worker takes the new chain.
 */
void
__wrap_kore_module_reload(int in_worker)
{
	u_int16_t		idx;
	struct tls_chain	chain;
	char			error[TLS_ERROR_MAX];

	if (in_worker || tls_server.domain == NULL)
		return;

	tls_ticket_advance(tls_ticket_clock());
	if (!chain_read(&chain, tls_server.cert_file, error, sizeof(error)) ||
	    !key_hand_over(&chain, error, sizeof(error))) {
		log_error("tls", "the old certificate stays: %s", error);
		tls_chain_cleanup(&chain);
		return;
	}

	tls_chain_cleanup(&tls_server.chain);
	tls_server.chain = chain;
	for (idx = KORE_WORKER_BASE; idx < worker_count; idx++)
		chain_tell(kore_worker_data((u_int8_t)idx));
	log_info("tls", "new certificate, valid until %s",
	    chain.until);
}

/* kore_msg_send is for workers; this is what it does. */
static void
chain_tell(const struct kore_worker *kw)
{
	struct kore_msg	msg;

	/* A worker that is gone is started with the new chain. */
	if (!kw->running || kw->msg[0] == NULL ||
	    kw->msg[0]->hdlr_extra == NULL)
		return;

	memset(&msg, 0, sizeof(msg));
	msg.id = TLS_MSG_CHAIN;
	msg.src = KORE_MSG_PARENT;
	msg.dst = kw->id;
	msg.length = tls_server.chain.len;
	net_send_queue(kw->msg[0], &msg, sizeof(msg));
	net_send_queue(kw->msg[0], tls_server.chain.pem,
	    tls_server.chain.len);
	(void)net_send_flush(kw->msg[0]);
}

static int
chain_read(struct tls_chain *chain, const char *file, char *error, size_t size)
{
	static char	pem[TLS_CHAIN_MAX];
	char		why[TLS_ERROR_MAX];
	size_t		len;

	memset(chain, 0, sizeof(*chain));
	if (!file_read(file, pem, sizeof(pem), &len, error, size))
		return (0);
	if (!tls_chain_init(chain, pem, len, why, sizeof(why)))
		return (tls_refuse(error, size, "%s: %s", file, why));

	return (1);
}

/*
 * Parsing leaves pieces of a key behind on the heap, and what is on the
 * parent's heap is in every worker: so a child looks.
 */
static int
key_check(const struct tls_chain *chain, const char *file, char *error,
    size_t size)
{
	pid_t	pid;
	int	ends[2];
	ssize_t	len;

	if (pipe(ends) == -1)
		return (tls_refuse(error, size, "pipe: %s", errno_s));
	(void)fflush(NULL);
	if ((pid = fork()) == -1) {
		(void)close(ends[0]);
		(void)close(ends[1]);
		return (tls_refuse(error, size, "fork: %s", errno_s));
	}
	if (pid == 0) {
		(void)close(ends[0]);
		key_check_child(chain, file, ends[1]);
	}

	(void)close(ends[1]);
	do {
		len = read(ends[0], error, size - 1);
	} while (len == -1 && errno == EINTR);
	(void)close(ends[0]);
	while (waitpid(pid, NULL, 0) == -1 && errno == EINTR)
		continue;

	/* One byte says that all is well, more say what is not. */
	if (len <= 0)
		return (tls_refuse(error, size, "%s: cannot be checked", file));
	error[len] = '\0';

	return (len == 1);
}

static void
key_check_child(const struct tls_chain *chain, const char *file, int out)
{
	static char	pem[TLS_KEY_MAX];
	char		error[TLS_ERROR_MAX], why[TLS_ERROR_MAX];
	size_t		len;

	if (file_read(file, pem, sizeof(pem), &len, error, sizeof(error))) {
		if (tls_key_parse(pem, len, chain->spki, chain->spki_len, why,
		    sizeof(why)) != NULL)
			memcpy(error, "+", 2);
		else
			tls_refuse(error, sizeof(error), "%s: %s", file, why);
	}
	(void)!write(out, error, strlen(error));
	_exit(0);
}

/* Has the key manager take the key of a chain; wipes every copy made here. */
static int
key_hand_over(const struct tls_chain *chain, char *error, size_t size)
{
	static char	pem[TLS_KEY_MAX];
	char		why[TLS_ERROR_MAX];
	const char	*file = tls_server.key_file;
	size_t		len;
	int		ret;

	if (!file_read(file, pem, sizeof(pem), &len, error, size))
		return (0);
	ret = tls_keys_load(chain->spki, chain->spki_len, pem, len, why,
	    sizeof(why));
	OPENSSL_cleanse(pem, sizeof(pem));
	if (!ret)
		return (tls_refuse(error, size, "%s: %s", file, why));

	return (1);
}

/* Reads a whole file, which must be smaller than size. */
static int
file_read(const char *path, char *data, size_t size, size_t *len, char *error,
    size_t errlen)
{
	int		fd;
	ssize_t		n;
	struct stat	st;

	/* Not blocking, for a path that names a FIFO. */
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd == -1)
		return (tls_refuse(error, errlen, "%s: %s", path, errno_s));
	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode)) {
		(void)close(fd);
		return (tls_refuse(error, errlen, "%s: not a regular file",
		    path));
	}

	*len = 0;
	do {
		n = read(fd, data + *len, size - *len);
		if (n > 0)
			*len += (size_t)n;
	} while ((n > 0 && *len < size) || (n == -1 && errno == EINTR));
	if (n == -1)
		tls_refuse(error, errlen, "%s: %s", path, errno_s);
	(void)close(fd);
	if (n == -1)
		return (0);
	if (*len == size)
		return (tls_refuse(error, errlen, "%s: larger than %zu bytes",
		    path, size - 1));

	return (1);
}
