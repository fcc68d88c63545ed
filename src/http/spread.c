#include <sys/epoll.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <kore/kore.h>

#include "http/connections.h"
#include "http/spread.h"
#include "log.h"
#include "settings.h"

#define WORKERS_MAX	255	/* Kore counts them in 8 bits */
#define LISTENERS_MAX	8
#define ACCEPTS_A_TURN	16	/* so that those who wait are served, too */
#define PASSED_MAX	16	/* more: it does not take them, is it stuck? */
#define STOP_MS		100	/* for what is on its way to be passed on */
#define PAUSE_MS	100	/* until it is seen if a file can be opened */
#define PAUSE_LOG_MS	10000	/* between two words of it */

/*
 * What the others know of a worker. One that is killed between two of these
 * leaves a count that is one too high, which moves one client.
 */
struct load {
	_Alignas(64) _Atomic uint32_t	connections;
	_Atomic uint32_t		passed;	/* to it, in all its lives */
	_Atomic uint32_t		taken;	/* of those */
	_Atomic uint32_t		leaving;
	_Atomic uint32_t		full;	/* has no file for them */
};

/* A client on its way to another worker; its descriptor comes along. */
struct passed {
	uint32_t	listener;
	uint32_t	len;
	union {
		struct sockaddr		sa;
		struct sockaddr_in	ipv4;
		struct sockaddr_in6	ipv6;
	}		from;
};

/* What Kore's event loop calls; its layout is Kore's. */
static struct {
	struct kore_event	evt;
	int			fd;
} inbox;

void	__wrap_kore_platform_enable_accept(void);
void	__wrap_kore_platform_disable_accept(void);

static void	listeners_find(void);
static void	listener_event(void *, int);
static int	listener_take(uint32_t);
static void	listeners_watch(void);
static void	listeners_pause(void);
static void	pause_over(void *, u_int64_t);
static int	least_loaded(void);
static int	takes_nobody(int);
static uint32_t	waiting_for(int);
static int	pass_on(int, const struct passed *, int);
static void	inbox_event(void *, int);
static int	inbox_take(void);

static struct load	*loads;
static struct listener	*listeners[LISTENERS_MAX];
static uint32_t		nlistening;
static int		outboxes[WORKERS_MAX], inboxes[WORKERS_MAX];
static int		nworkers, own, paused;

/* Every worker accepts, all of the time: there is no lock to be had. */
void
__wrap_kore_platform_enable_accept(void)
{
}

void
__wrap_kore_platform_disable_accept(void)
{
}

size_t
spread_size(void)
{
	return (sizeof(struct load) * (size_t)settings->workers);
}

void
spread_attach(void *memory)
{
	loads = memory;
}

/* The parent keeps both ends: what a dead worker had is its successor's. */
void
spread_open(void)
{
	int	i, pair[2];

	nworkers = settings->workers;
	for (i = 0; i < nworkers; i++) {
		if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC |
		    SOCK_NONBLOCK, 0, pair) == -1)
			fatal("socketpair: %s", errno_s);
		outboxes[i] = pair[0];
		inboxes[i] = pair[1];
	}
}

void
spread_close(void)
{
	int	i;

	for (i = 0; i < nworkers; i++) {
		(void)close(outboxes[i]);
		(void)close(inboxes[i]);
	}
}

void
spread_worker_init(int which)
{
	int		i;
	uint32_t	n;

	own = which;
	for (i = 0; i < nworkers; i++) {
		if (i != own)
			(void)close(inboxes[i]);
	}
	atomic_store(&loads[own].connections, 0);
	atomic_store(&loads[own].leaving, 0);
	atomic_store(&loads[own].full, 0);

	inbox.fd = inboxes[own];
	inbox.evt.type = KORE_TYPE_CONNECTION;
	inbox.evt.handle = inbox_event;
	kore_platform_event_level_read(inbox.fd, &inbox);

	listeners_find();
	for (n = 0; n < nlistening; n++)
		listeners[n]->evt.handle = listener_event;
	listeners_watch();
}

/* In the same order in all workers, which tell each other their numbers. */
static void
listeners_find(void)
{
	struct kore_server	*server;
	struct listener		*listener;

	LIST_FOREACH(server, &kore_servers, list) {
		LIST_FOREACH(listener, &server->listeners, list) {
			if (nlistening == LISTENERS_MAX)
				fatalx("more than %d listeners",
				    LISTENERS_MAX);
			listeners[nlistening++] = listener;
		}
	}
}

void
spread_publish(void)
{
	atomic_store_explicit(&loads[own].connections,
	    worker_active_connections, memory_order_relaxed);
}

/*
 * What one worker closes for all is an error to those that have not seen their
 * SIGTERM yet.
 */
static void
listener_event(void *arg, int error)
{
	uint32_t	n;
	int		i;

	if (error)
		return;
	for (n = 0; listeners[n] != arg; n++)
		continue;
	for (i = 0; i < ACCEPTS_A_TURN && listener_take(n); i++)
		continue;
}

static int
listener_take(uint32_t n)
{
	struct passed	client;
	socklen_t	len;
	int		fd, to;

	memset(&client, 0, sizeof(client));
	len = sizeof(client.from);
	fd = accept4(listeners[n]->fd, &client.from.sa, &len,
	    SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd == -1) {
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
		    errno == ENOMEM)
			listeners_pause();
		return (0);
	}

	client.listener = n;
	client.len = len;
	if ((to = least_loaded()) == own || !pass_on(to, &client, fd)) {
		connection_begin(listeners[n], fd, &client.from, len);
		spread_publish();
	}

	return (1);
}

static void
listeners_watch(void)
{
	uint32_t	n;

	for (n = 0; n < nlistening; n++)
		kore_platform_event_schedule(listeners[n]->fd,
		    (int)(EPOLLIN | EPOLLEXCLUSIVE), 0, listeners[n]);
	paused = 0;
	atomic_store(&loads[own].full, 0);
}

/*
 * There is somebody, and no file for them. They wait where they are: to hear of
 * it again and again would cost those who are served. Other workers, which have
 * files of their own, may take them.
 */
static void
listeners_pause(void)
{
	static u_int64_t	quiet_until;
	u_int64_t		now;
	uint32_t		n;

	if (paused || atomic_load(&loads[own].leaving))
		return;
	paused = 1;
	atomic_store(&loads[own].full, 1);

	now = kore_time_ms();
	if (now >= quiet_until) {
		log_error("files", "no new clients are taken: accept: %s",
		    errno_s);
		quiet_until = now + PAUSE_LOG_MS;
	}
	for (n = 0; n < nlistening; n++)
		kore_platform_disable_read(listeners[n]->fd);
	(void)kore_timer_add(pause_over, PAUSE_MS, NULL, KORE_TIMER_ONESHOT);
}

static void
pause_over(void *arg, u_int64_t now)
{
	int	fd;

	(void)arg;
	(void)now;
	if (atomic_load(&loads[own].leaving))
		return;

	if ((fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) == -1) {
		(void)kore_timer_add(pause_over, PAUSE_MS, NULL,
		    KORE_TIMER_ONESHOT);
		return;
	}
	(void)close(fd);
	listeners_watch();
}

/* Who is to have the next; to be passed on is worth more than one in between. */
static int
least_loaded(void)
{
	int		i, found;
	uint32_t	load, least;

	found = own;
	if (takes_nobody(own))
		return (own);
	least = worker_active_connections + waiting_for(own);
	for (i = 0; i < nworkers; i++) {
		load = waiting_for(i);
		if (i == own || load >= PASSED_MAX || takes_nobody(i))
			continue;
		load += atomic_load_explicit(&loads[i].connections,
		    memory_order_relaxed);
		if (load + (found == own) < least) {
			found = i;
			least = load;
		}
	}

	return (found);
}

static int
takes_nobody(int which)
{
	return (atomic_load(&loads[which].leaving) ||
	    atomic_load(&loads[which].full));
}

static uint32_t
waiting_for(int which)
{
	return (atomic_load(&loads[which].passed) -
	    atomic_load(&loads[which].taken));
}

/* Counted before it is asked whether they go: one of the two sees the other. */
static int
pass_on(int to, const struct passed *client, int fd)
{
	struct passed	copy = *client;
	struct iovec	iov = { &copy, sizeof(copy) };
	struct msghdr	msg;
	struct cmsghdr	*head;
	union {
		struct cmsghdr	head;
		char		data[CMSG_SPACE(sizeof(int))];
	}		control;

	memset(&control, 0, sizeof(control));
	memset(&msg, 0, sizeof(msg));
	msg.msg_iov = &iov;
	msg.msg_iovlen = 1;
	msg.msg_control = control.data;
	msg.msg_controllen = sizeof(control.data);
	head = CMSG_FIRSTHDR(&msg);
	head->cmsg_level = SOL_SOCKET;
	head->cmsg_type = SCM_RIGHTS;
	head->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(head), &fd, sizeof(fd));

	atomic_fetch_add(&loads[to].passed, 1);
	if (takes_nobody(to) ||
	    sendmsg(outboxes[to], &msg, MSG_DONTWAIT | MSG_NOSIGNAL) == -1) {
		atomic_fetch_sub(&loads[to].passed, 1);
		return (0);
	}
	(void)close(fd);

	return (1);
}

static void
inbox_event(void *arg, int error)
{
	(void)arg;
	(void)error;
	while (inbox_take())
		continue;
	spread_publish();
}

static int
inbox_take(void)
{
	struct passed	client;
	struct iovec	iov = { &client, sizeof(client) };
	struct msghdr	msg;
	struct cmsghdr	*head;
	int		fd;
	union {
		struct cmsghdr	head;
		char		data[CMSG_SPACE(sizeof(int))];
	}		control;

	memset(&msg, 0, sizeof(msg));
	msg.msg_iov = &iov;
	msg.msg_iovlen = 1;
	msg.msg_control = control.data;
	msg.msg_controllen = sizeof(control.data);
	if (recvmsg(inbox.fd, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) !=
	    (ssize_t)sizeof(client))
		return (0);
	atomic_fetch_add(&loads[own].taken, 1);

	head = CMSG_FIRSTHDR(&msg);
	if (head == NULL || head->cmsg_type != SCM_RIGHTS ||
	    head->cmsg_len != CMSG_LEN(sizeof(int)))
		return (1);
	memcpy(&fd, CMSG_DATA(head), sizeof(fd));
	if (client.listener >= nlistening ||
	    client.len > sizeof(client.from)) {
		(void)close(fd);
		return (1);
	}
	connection_begin(listeners[client.listener], fd, &client.from,
	    client.len);

	return (1);
}

void
spread_stop(void)
{
	uint32_t	n;
	u_int64_t	until;
	struct pollfd	pfd = { inbox.fd, POLLIN, 0 };

	atomic_store(&loads[own].leaving, 1);
	until = kore_time_ms() + STOP_MS;
	while (waiting_for(own) > 0 && kore_time_ms() < until) {
		(void)poll(&pfd, 1, 1);
		inbox_event(NULL, 0);
	}

	/* shutdown() acts on the socket, not on our descriptor. */
	for (n = 0; n < nlistening; n++) {
		if (!paused)
			kore_platform_disable_read(listeners[n]->fd);
		while (listener_take(n))
			continue;
		(void)shutdown(listeners[n]->fd, SHUT_RDWR);
	}
}
