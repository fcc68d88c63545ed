/*
 * The system calls that workers need beyond those that Kore allows them
 * (seccomp.c, pgsql.c, tasks.c, curl.c). Everything else ends the worker.
 */
#include <sys/prctl.h>

#include <linux/filter.h>

#include <kore/kore.h>
#include <kore/seccomp.h>

#include "export.h"

EXPORTED void	kore_seccomp_hook(void);

static struct sock_filter	worker_calls[] = {
	/* threads beside the loop (glibc 2.36 to 2.41) */
	KORE_SYSCALL_ALLOW(clone),
	KORE_SYSCALL_ALLOW(clone3),
	KORE_SYSCALL_ALLOW(rseq),
	KORE_SYSCALL_ALLOW(set_robust_list),
	KORE_SYSCALL_ALLOW(gettid),
	KORE_SYSCALL_ALLOW(sched_yield),
	KORE_SYSCALL_ALLOW(sched_getaffinity),
	KORE_SYSCALL_ALLOW(prlimit64),
	KORE_SYSCALL_ALLOW(eventfd2),
	KORE_SYSCALL_ALLOW(clock_nanosleep),
	KORE_SYSCALL_ALLOW_ARG(prctl, 0, PR_SET_PDEATHSIG),

	/* memory of large results */
	KORE_SYSCALL_ALLOW(mremap),

	/* libpq, name look-ups and OpenSSL in the connecting thread */
	KORE_SYSCALL_ALLOW(socket),
	KORE_SYSCALL_ALLOW(connect),
	KORE_SYSCALL_ALLOW(bind),
	KORE_SYSCALL_ALLOW(getsockopt),
	KORE_SYSCALL_ALLOW(getsockname),
	KORE_SYSCALL_ALLOW(getpeername),
	KORE_SYSCALL_ALLOW(sendmsg),
	KORE_SYSCALL_ALLOW(sendmmsg),
	KORE_SYSCALL_ALLOW(recvmsg),
	KORE_SYSCALL_ALLOW(newfstatat),
	KORE_SYSCALL_ALLOW(statx),
	KORE_SYSCALL_ALLOW(getdents64),
	KORE_SYSCALL_ALLOW(ioctl),
	KORE_SYSCALL_ALLOW(pread64),
	KORE_SYSCALL_ALLOW(uname),
	KORE_SYSCALL_ALLOW(sysinfo),
	KORE_SYSCALL_ALLOW(getgid),
	KORE_SYSCALL_ALLOW(getegid),

	/* clients, and those that another worker passes on */
	KORE_SYSCALL_ALLOW(accept4),

	/* connections that end in order */
	KORE_SYSCALL_ALLOW(shutdown),
};

void
kore_seccomp_hook(void)
{
	/* It has a list of its own, and no use for any of these. */
	if (worker->id == KORE_WORKER_KEYMGR)
		return;
	kore_seccomp_filter("parley", worker_calls,
	    KORE_FILTER_LEN(worker_calls));
}
