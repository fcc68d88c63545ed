/*
 * Signals of the parent. Kore keeps only the last one, so that a SIGCHLD hides
 * the Ctrl-C before it, and drops a SIGHUP that comes while it deals with one;
 * a process that was just forked forgets what it was sent before it was ready;
 * and at the end the parent waits for its children for ever.
 */
#include <sys/time.h>

#include <errno.h>
#include <signal.h>
#include <string.h>

#include <kore/kore.h>

#define INSIST_MS	500
#define PATIENCE_MS	9500	/* workers drain for 9 s */

void		__real_kore_platform_proctitle(const char *);
void		__wrap_kore_platform_proctitle(const char *);
void		__real_kore_timer_run(u_int64_t);
void		__wrap_kore_timer_run(u_int64_t);
void		__real_kore_worker_shutdown(void);
void		__wrap_kore_worker_shutdown(void);

static void	handle(int, void (*)(int));
static void	note(int);
static void	insist(int);

static const int	signals[] = { SIGTERM, SIGINT, SIGQUIT, SIGCHLD,
			    SIGHUP, SIGUSR1 };

#define SIGNALS		(sizeof(signals) / sizeof(signals[0]))

/* Came while Kore had another to deal with. */
static volatile sig_atomic_t	waiting[SIGNALS];
static volatile sig_atomic_t	insisted;

/*
 * The last thing the parent does before it forks. (Its children come here too,
 * and set Kore's handlers right after.)
 */
void
__wrap_kore_platform_proctitle(const char *title)
{
	size_t	i;

	for (i = 0; i < SIGNALS; i++)
		handle(signals[i], note);
	__real_kore_platform_proctitle(title);
}

/* The end of each turn of the loop: the next signal, when one is waiting. */
void
__wrap_kore_timer_run(u_int64_t now)
{
	sigset_t	all, before;
	size_t		i;

	__real_kore_timer_run(now);
	if (worker != NULL)
		return;

	(void)sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, &before);
	for (i = 0; i < SIGNALS && sig_recv == 0; i++) {
		if (waiting[i]) {
			waiting[i] = 0;
			sig_recv = signals[i];
		}
	}
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
}

/* Waits for all children; reminds them, and ends those that do not end. */
void
__wrap_kore_worker_shutdown(void)
{
	struct itimerval	every;

	memset(&every, 0, sizeof(every));
	every.it_interval.tv_usec = INSIST_MS * 1000;
	every.it_value = every.it_interval;
	handle(SIGALRM, insist);
	(void)setitimer(ITIMER_REAL, &every, NULL);

	__real_kore_worker_shutdown();

	memset(&every, 0, sizeof(every));
	(void)setitimer(ITIMER_REAL, &every, NULL);
}

static void
handle(int sig, void (*handler)(int))
{
	struct sigaction	sa;

	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = handler;
	(void)sigfillset(&sa.sa_mask);
	(void)sigaction(sig, &sa, NULL);
}

static void
note(int sig)
{
	size_t	i;

	if (sig_recv == 0) {
		sig_recv = sig;
		return;
	}
	for (i = 0; i < SIGNALS; i++) {
		if (signals[i] == sig)
			waiting[i] = 1;
	}
}

/* Only kill(2) inside: safe in a handler. */
static void
insist(int sig)
{
	int	saved = errno;

	(void)sig;
	insisted += INSIST_MS;
	kore_worker_dispatch_signal(insisted < PATIENCE_MS ? SIGTERM :
	    SIGKILL);
	errno = saved;
}
