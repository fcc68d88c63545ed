#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <linux/filter.h>
#include <linux/seccomp.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <kore/kore.h>
#include <kore/seccomp.h>

#include "http/spread.h"
#include "log.h"
#include "tls/tls_key.h"
#include "tls/tls_keys.h"

#define KEYS_MAX	8	/* the current one and those before it */
#define SECURE_HEAP	(256 * 1024)
#define SECURE_MIN	32
#define THREAD_STACK	(256 * 1024)
#define DRAIN_MS	9200	/* workers drain for 9 s */
#define DRAIN_LOOK_MS	20

struct held_key {
	uint64_t	order;		/* of loading; 0 is a free place */
	uint8_t		id[TLS_KEY_ID_LEN];
	EVP_PKEY	*pkey;
};

void		__wrap_kore_keymgr_run(void);

static void	keys_confine(void);
static void	keys_yield(void);
static void	keys_start_threads(void);
static void	keys_watch(void);
static int	keys_stop_asked(void);
static int	keys_workers_gone(void);
static void	keys_take(void);
static void	keys_hold(const uint8_t *, EVP_PKEY *);
static EVP_PKEY	*keys_find(const uint8_t *);
static void	*keys_serve(void *);
static int	keys_hung_up(int);
static void	keys_answer(const struct tls_sign_request *,
		    struct tls_sign_answer *);

static pthread_mutex_t	keys_lock = PTHREAD_MUTEX_INITIALIZER;
static struct held_key	keys[KEYS_MAX];
static uint64_t		keys_loaded;

/*
 * No file is ever opened here: the parent sends the keys. Threads may be made,
 * processes may not; clone3 hides its flags from a filter, so the C library is
 * told that there is none and uses clone.
 */
static struct sock_filter keys_filter[] = {
	KORE_SYSCALL_DENY(ioctl, EACCES),
	KORE_SYSCALL_DENY(openat, EACCES),
	KORE_SYSCALL_DENY(socket, EACCES),
	KORE_SYSCALL_DENY(clone3, ENOSYS),
	KORE_SYSCALL_DENY_WITH_FLAG(mmap, 2, PROT_EXEC, EINVAL),
	KORE_SYSCALL_DENY_WITH_FLAG(mprotect, 2, PROT_EXEC, EINVAL),
	KORE_SYSCALL_ALLOW_WITH_FLAG(clone, 0, CLONE_THREAD),
	KORE_SYSCALL_ALLOW_ARG(prctl, 0, PR_SET_DUMPABLE),
	KORE_SYSCALL_ALLOW_ARG(prctl, 0, PR_SET_PDEATHSIG),

	KORE_SYSCALL_ALLOW(recvfrom),
	KORE_SYSCALL_ALLOW(sendto),
	KORE_SYSCALL_ALLOW(ppoll),
	KORE_SYSCALL_ALLOW(read),
	KORE_SYSCALL_ALLOW(write),
	KORE_SYSCALL_ALLOW(writev),
	KORE_SYSCALL_ALLOW(close),
	KORE_SYSCALL_ALLOW(fstat),
#if defined(SYS_newfstatat)
	KORE_SYSCALL_ALLOW(newfstatat),
#endif
	KORE_SYSCALL_ALLOW(mmap),
	KORE_SYSCALL_ALLOW(munmap),
	KORE_SYSCALL_ALLOW(mprotect),
	KORE_SYSCALL_ALLOW(madvise),
	KORE_SYSCALL_ALLOW(brk),
	KORE_SYSCALL_ALLOW(futex),
	KORE_SYSCALL_ALLOW(getrandom),
	KORE_SYSCALL_ALLOW(clock_gettime),
	KORE_SYSCALL_ALLOW(getpid),
	KORE_SYSCALL_ALLOW(gettid),
	KORE_SYSCALL_ALLOW(set_robust_list),
#if defined(SYS_rseq)
	KORE_SYSCALL_ALLOW(rseq),
#endif
	KORE_SYSCALL_ALLOW(rt_sigprocmask),
	KORE_SYSCALL_ALLOW(rt_sigaction),
	KORE_SYSCALL_ALLOW(rt_sigreturn),
	KORE_SYSCALL_ALLOW(restart_syscall),
	KORE_SYSCALL_ALLOW(exit),
	KORE_SYSCALL_ALLOW(exit_group),
};

/*
 * The key manager process, in place of Kore's. The main thread takes keys from
 * the parent and watches for the end; one thread a worker signs, so that the
 * machine's cores are used and a worker under a storm delays no other.
 */
void
__wrap_kore_keymgr_run(void)
{
	sigset_t	all;

	log_set_process("key manager");

	/* Kore notes the last signal only: what is not the end may not hide it. */
	(void)signal(SIGHUP, SIG_IGN);
	(void)signal(SIGUSR1, SIG_IGN);

	/* Blocked but for ppoll, in which alone they are looked at. */
	(void)sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, NULL);

	/* For fatalx, which tells the parent through Kore's messages. */
	net_init();
	kore_connection_init();
	kore_platform_event_init();
	kore_msg_worker_init();

	keys_yield();
	keys_confine();
	keys_watch();

	/* Not exit(): its handlers would run under the feet of the threads. */
	(void)fflush(NULL);
	_exit(0);
}

static void
keys_confine(void)
{
	struct listener		*l;
	struct kore_server	*srv;
	struct rlimit		none;

	/* Held open here, a listener would take clients nobody accepts. */
	LIST_FOREACH(srv, &kore_servers, list) {
		LIST_FOREACH(l, &srv->listeners, list)
			(void)close(l->fd);
	}
	kore_server_closeall();
	spread_close();
	(void)close(tls_links.control.user);

	/* Keys live in locked pages that no core dump holds. */
	if (CRYPTO_secure_malloc_init(SECURE_HEAP, SECURE_MIN) == 0)
		log_warn("tls", "no locked memory for keys");
	memset(&none, 0, sizeof(none));
	(void)setrlimit(RLIMIT_CORE, &none);

	kore_seccomp_drop();
	kore_seccomp_filter("tls_keys", keys_filter,
	    KORE_FILTER_LEN(keys_filter));
	kore_worker_privdrop(keymgr_runas_user, keymgr_root_path);

	/* After the change of user, which resets both. */
	if (prctl(PR_SET_DUMPABLE, 0) == -1)
		fatalx("tls: prctl: %s", errno_s);
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
}

/*
 * A thread that wakes for a request does not push the worker that asked off
 * its core: that has more to do and to ask first. Elsewhere it runs at once,
 * and its share of the machine is the same.
 */
static void
keys_yield(void)
{
	struct sched_param	param;

	memset(&param, 0, sizeof(param));
	if (sched_setscheduler(0, SCHED_BATCH, &param) == -1)
		log_warn("tls", "not scheduled as a batch: %s", errno_s);
}

static void
keys_start_threads(void)
{
	int		i, error;
	pthread_t	thread;
	pthread_attr_t	attr;

	(void)pthread_attr_init(&attr);
	(void)pthread_attr_setstacksize(&attr, THREAD_STACK);
	(void)pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	for (i = 0; i < tls_links.count; i++) {
		(void)close(tls_links.slots[i].user);
		error = pthread_create(&thread, &attr, keys_serve,
		    &tls_links.slots[i]);
		if (error != 0)
			fatalx("tls: no thread to sign in: %s",
			    strerror(error));
	}
	(void)pthread_attr_destroy(&attr);
}

/* Returns when the server has stopped and no handshake can be under way. */
static void
keys_watch(void)
{
	int		asked, serving, stopping;
	char		ignored[1024];
	uint64_t	until;
	sigset_t	none;
	struct pollfd	pfd[2];
	struct timespec	look;

	until = 0;
	asked = 0;
	serving = 0;
	stopping = 0;
	(void)sigemptyset(&none);
	look.tv_sec = 0;
	look.tv_nsec = DRAIN_LOOK_MS * 1000000L;
	pfd[0].fd = tls_links.control.keys;
	pfd[1].fd = worker->pipe[1];
	pfd[0].events = pfd[1].events = POLLIN;

	for (;;) {
		if (!stopping && keys_stop_asked()) {
			stopping = 1;
			until = kore_time_ms() + DRAIN_MS;
		}
		/* The parent waits for the answer about its first key. */
		if (stopping && ((asked && keys_workers_gone()) ||
		    kore_time_ms() >= until))
			return;

		pfd[0].revents = pfd[1].revents = 0;
		(void)ppoll(pfd, 2, stopping ? &look : NULL, &none);

		if (pfd[0].revents != 0) {
			keys_take();
			asked = 1;
		}
		/* What workers ask before there is a key waits in its socket. */
		if (!serving && keys_loaded > 0) {
			keys_start_threads();
			serving = 1;
		}
		/*
		 * Kore's workers ask here for entropy and certificates; they
		 * need neither: OpenSSL 3 seeds itself from getrandom(2).
		 */
		if (pfd[1].revents != 0 && recv(pfd[1].fd, ignored,
		    sizeof(ignored), MSG_DONTWAIT) == 0)
			pfd[1].fd = -1;
	}
}

static int
keys_stop_asked(void)
{
	return (sig_recv == SIGTERM || sig_recv == SIGINT ||
	    sig_recv == SIGQUIT);
}

static int
keys_workers_gone(void)
{
	int	i;

	for (i = 0; i < tls_links.count; i++) {
		if (tls_links.alive[i])
			return (0);
	}

	return (1);
}

/* One key from the parent, who waits for the verdict. */
static void
keys_take(void)
{
	static struct tls_load_request	req;
	struct tls_load_answer		answer;
	EVP_PKEY			*pkey;
	size_t				head;
	ssize_t				len;

	len = recv(tls_links.control.keys, &req, sizeof(req), MSG_DONTWAIT);
	if (len == -1)
		return;

	memset(&answer, 0, sizeof(answer));
	head = offsetof(struct tls_load_request, data);
	if ((size_t)len < head || req.spki_len > TLS_SPKI_MAX ||
	    req.pem_len > TLS_KEY_MAX ||
	    (size_t)len != head + req.spki_len + req.pem_len) {
		tls_refuse(answer.error, sizeof(answer.error),
		    "the key manager got a malformed message");
	} else {
		pkey = tls_key_parse(req.data + req.spki_len, req.pem_len,
		    req.data, req.spki_len, answer.error,
		    sizeof(answer.error));
		if (pkey != NULL) {
			tls_key_id(req.data, req.spki_len, req.data);
			keys_hold(req.data, pkey);
			answer.loaded = 1;
		}
	}
	OPENSSL_cleanse(&req, sizeof(req));

	(void)send(tls_links.control.keys, &answer, sizeof(answer),
	    MSG_NOSIGNAL | MSG_DONTWAIT);
}

/*
 * Handshakes begun under the certificate before end with its key, so a few
 * are kept, the oldest making room.
 */
static void
keys_hold(const uint8_t *id, EVP_PKEY *pkey)
{
	int		i, place;
	EVP_PKEY	*old;

	place = 0;
	(void)pthread_mutex_lock(&keys_lock);
	for (i = 0; i < KEYS_MAX; i++) {
		if (keys[i].order < keys[place].order)
			place = i;
	}
	for (i = 0; i < KEYS_MAX; i++) {
		if (keys[i].pkey != NULL &&
		    memcmp(keys[i].id, id, TLS_KEY_ID_LEN) == 0)
			place = i;
	}
	old = keys[place].pkey;
	keys[place].pkey = pkey;
	keys[place].order = ++keys_loaded;
	memcpy(keys[place].id, id, TLS_KEY_ID_LEN);
	(void)pthread_mutex_unlock(&keys_lock);

	EVP_PKEY_free(old);
}

static EVP_PKEY *
keys_find(const uint8_t *id)
{
	int		i;
	EVP_PKEY	*found;

	found = NULL;
	(void)pthread_mutex_lock(&keys_lock);
	for (i = 0; i < KEYS_MAX; i++) {
		if (keys[i].pkey != NULL &&
		    memcmp(keys[i].id, id, TLS_KEY_ID_LEN) == 0) {
			found = keys[i].pkey;
			EVP_PKEY_up_ref(found);
			break;
		}
	}
	(void)pthread_mutex_unlock(&keys_lock);

	return (found);
}

/* The thread of one worker. */
static void *
keys_serve(void *arg)
{
	const struct tls_link		*link = arg;
	struct tls_sign_request		req;
	struct tls_sign_answer		answer;
	size_t				head;
	ssize_t				len;

	head = offsetof(struct tls_sign_request, data);
	for (;;) {
		len = recv(link->keys, &req, sizeof(req), 0);
		if (len == -1 && errno == EINTR)
			continue;
		if (len == -1 || (len == 0 && keys_hung_up(link->keys)))
			return (NULL);
		if ((size_t)len < head || req.len > sizeof(req.data) ||
		    (size_t)len != head + req.len)
			continue;

		keys_answer(&req, &answer);
		(void)send(link->keys, &answer,
		    offsetof(struct tls_sign_answer, data) + answer.len,
		    MSG_NOSIGNAL);
	}
}

/* An empty packet looks like the end, and is none. */
static int
keys_hung_up(int fd)
{
	struct pollfd	pfd;
	struct timespec	now;

	memset(&now, 0, sizeof(now));
	pfd.fd = fd;
	pfd.events = POLLIN;
	pfd.revents = 0;

	return (ppoll(&pfd, 1, &now, NULL) == 1 && pfd.revents & POLLHUP);
}

static void
keys_answer(const struct tls_sign_request *req, struct tls_sign_answer *answer)
{
	EVP_PKEY	*pkey;

	answer->cookie = req->cookie;
	answer->len = 0;
	if ((pkey = keys_find(req->key)) == NULL)
		return;
	answer->len = (uint32_t)tls_key_sign(pkey, req->operation, req->data,
	    req->len, answer->data, sizeof(answer->data));
	EVP_PKEY_free(pkey);
}
