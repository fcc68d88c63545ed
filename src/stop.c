/*
 * The parent's part in the end. Kore loses signals: it notes only the last one
 * (a SIGCHLD right after Ctrl-C hides it), a process that was just forked
 * forgets what it was sent before it was ready, and the parent then waits for
 * it for ever.
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
void		__real_kore_worker_shutdown(void);
void		__wrap_kore_worker_shutdown(void);

static void	handle(int, void (*)(int));
static void	note(int);
static void	insist(int);

static volatile sig_atomic_t	insisted;

/*
 * The last thing the parent does before it forks. (Its children come here too,
 * and set Kore's handlers right after.)
 */
void
__wrap_kore_platform_proctitle(const char *title)
{
	static const int	signals[] = { SIGHUP, SIGUSR1, SIGCHLD,
				    SIGTERM, SIGINT, SIGQUIT };
	size_t			i;

	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		handle(signals[i], note);
	__real_kore_platform_proctitle(title);
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
	if (sig_recv != SIGTERM && sig_recv != SIGINT && sig_recv != SIGQUIT)
		sig_recv = sig;
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
