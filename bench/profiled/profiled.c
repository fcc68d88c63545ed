#include <signal.h>
#include <string.h>

#include <kore/kore.h>

#include <valgrind/callgrind.h>

void		__wrap_kore_platform_sandbox(void);
static void	dump(int);

/*
 * Linked into the profiled flavor only, in the place of the call that turns a
 * worker's seccomp filter on: valgrind needs more than it allows. Each SIGRTMIN
 * then writes what was counted since the last; valgrind's own way to ask for
 * that does not reach a process that was forked.
 */
void
__wrap_kore_platform_sandbox(void)
{
	struct sigaction	action;

	memset(&action, 0, sizeof(action));
	action.sa_handler = dump;
	action.sa_flags = SA_RESTART;
	(void)sigaction(SIGRTMIN, &action, NULL);
}

static void
dump(int number)
{
	(void)number;
	CALLGRIND_DUMP_STATS;
}
