/*
 * libcurl 7.88 (Debian 12) tells of a socket that could not be connected only
 * after it has closed it (cf-socket.c, cf_socket_close). Kore then takes it out
 * of epoll, which fails, and ends the worker for it with all it serves. What is
 * closed has left epoll by itself: there is nothing to take out.
 */
#include <sys/epoll.h>

#include <errno.h>

int	__wrap_epoll_ctl(int, int, int, struct epoll_event *);
int	__real_epoll_ctl(int, int, int, struct epoll_event *);

int
__wrap_epoll_ctl(int efd, int op, int fd, struct epoll_event *event)
{
	int	result;

	result = __real_epoll_ctl(efd, op, fd, event);
	if (result == -1 && op == EPOLL_CTL_DEL &&
	    (errno == EBADF || errno == ENOENT))
		return (0);

	return (result);
}
