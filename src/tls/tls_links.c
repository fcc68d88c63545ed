#include <sys/mman.h>
#include <sys/socket.h>

#include <openssl/crypto.h>

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <kore/kore.h>

#include "tls/tls_key.h"
#include "tls/tls_keys.h"

static int	link_answers(int);
static void	link_open(struct tls_link *);
static void	link_close(struct tls_link *);

struct tls_links	tls_links;

void
tls_links_open(int count)
{
	int	i;
	void	*shared;

	if (count > TLS_SLOTS_MAX)
		fatalx("tls: %d workers are more than %d", count,
		    TLS_SLOTS_MAX);

	shared = mmap(NULL, (size_t)count, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		fatalx("tls: mmap: %s", errno_s);

	tls_links.count = count;
	tls_links.alive = shared;
	link_open(&tls_links.control);
	for (i = 0; i < count; i++) {
		link_open(&tls_links.slots[i]);
		tls_links.alive[i] = 1;
	}
}

int
tls_links_keep(int slot)
{
	int	i, mine;

	if (slot < 0 || slot >= tls_links.count)
		fatalx("tls: no link for worker %d", slot + 1);

	mine = tls_links.slots[slot].user;
	tls_links.slots[slot].user = -1;
	link_close(&tls_links.control);
	for (i = 0; i < tls_links.count; i++)
		link_close(&tls_links.slots[i]);

	return (mine);
}

int
tls_keys_load(const uint8_t *spki, size_t spki_len, const void *pem,
    size_t pem_len, char *error, size_t size)
{
	static struct tls_load_request	req;
	struct tls_load_answer		answer;
	size_t				len;
	int				fd = tls_links.control.user;

	if (spki_len > TLS_SPKI_MAX || pem_len > TLS_KEY_MAX)
		return (tls_refuse(error, size, "the key is too large"));

	/* An answer that came too late for its own question. */
	while (recv(fd, &answer, sizeof(answer), MSG_DONTWAIT) > 0)
		continue;

	req.spki_len = (uint32_t)spki_len;
	req.pem_len = (uint32_t)pem_len;
	memcpy(req.data, spki, spki_len);
	memcpy(req.data + spki_len, pem, pem_len);
	len = offsetof(struct tls_load_request, data) + spki_len + pem_len;
	if (send(fd, &req, len, MSG_NOSIGNAL | MSG_DONTWAIT) == -1) {
		OPENSSL_cleanse(&req, sizeof(req));
		return (tls_refuse(error, size,
		    "the key manager takes no key: %s", errno_s));
	}
	OPENSSL_cleanse(&req, sizeof(req));

	if (!link_answers(fd) || recv(fd, &answer, sizeof(answer),
	    MSG_DONTWAIT) != (ssize_t)sizeof(answer))
		return (tls_refuse(error, size,
		    "the key manager does not answer"));

	answer.error[sizeof(answer.error) - 1] = '\0';
	if (!answer.loaded)
		return (tls_refuse(error, size, "%s", answer.error));

	return (1);
}

/*
 * Waits for an answer, whatever signal comes: a key manager that has answered
 * is past the point where it would forget a SIGTERM.
 */
static int
link_answers(int fd)
{
	struct pollfd	pfd;
	uint64_t	now, until;
	int		ret;

	pfd.fd = fd;
	pfd.events = POLLIN;
	until = kore_time_ms() + TLS_LOAD_MS;
	do {
		now = kore_time_ms();
		ret = poll(&pfd, 1, now < until ? (int)(until - now) : 0);
	} while (ret == -1 && errno == EINTR);

	return (ret == 1);
}

static void
link_open(struct tls_link *link)
{
	int	pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == -1)
		fatalx("tls: socketpair: %s", errno_s);
	link->user = pair[0];
	link->keys = pair[1];
}

static void
link_close(struct tls_link *link)
{
	if (link->user != -1)
		(void)close(link->user);
	if (link->keys != -1)
		(void)close(link->keys);
	link->user = -1;
	link->keys = -1;
}
