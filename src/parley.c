/*
 * The process: Kore's hooks, from the command line to the last request.
 */
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <kore/kore.h>
#include <kore/http.h>
#include <kore/curl.h>

#include "command.h"
#include "data/passphrase.h"
#include "db/conninfo.h"
#include "db/prune.h"
#include "db/query.h"
#include "export.h"
#include "http/connections.h"
#include "http/intake.h"
#include "http/route.h"
#include "http/spread.h"
#include "identity/hashing.h"
#include "identity/identity.h"
#include "identity/token_cache.h"
#include "livekit/outbox.h"
#include "limits/peers.h"
#include "livekit/reconcile.h"
#include "livekit/schedule.h"
#include "log.h"
#include "metrics/metrics.h"
#include "metrics/vitals.h"
#include "settings.h"
#include "tls/tls.h"
#include "work/shared.h"

#define TURN_FULL		8	/* requests */
#define PAGE_HANDLER		"exchange_page"
#define WORKER_CONNECTIONS	16384	/* of one worker */
#define POOLED_CONNECTIONS	256	/* made ahead; more come as needed */
#define OTHER_FILES		256	/* of a worker: database, LiveKit */
#define FILES_MAX		65536
#define FILES_PROBED		4096	/* enough for the parent itself */
#define REQUESTS_MAX		1000000	/* intake's limits come first */
#define TOKENS_SWEEP_MS		1000
#define DRAIN_MS		9000	/* for SIGTERM; a kill follows at 10 s */

/* Hooks that Kore finds by name, and the linker's wraps. */
EXPORTED void	kore_parent_configure(int, char **);
EXPORTED void	kore_parent_teardown(void);
EXPORTED void	kore_worker_configure(void);
EXPORTED void	kore_worker_teardown(void);
void	__wrap_kore_platform_event_wait(u_int64_t);
void	__real_kore_platform_event_wait(u_int64_t);

static void	process_limits(void);
static void	files_limit(void);
static void	process_identity(void);
static void	pidfile_private(void);
static void	database_address(void);
static void	listen_plain(void);
static void	listen_tls(void);
static void	listen_metrics(void);
static struct kore_server	*server_new(const char *, int,
				    struct kore_domain **);
static void	listen_on(struct kore_server *, const char *, int,
		    const char *, const char *);
static void	routes_attach(struct kore_domain *);
static void	listeners_prepare(struct kore_server *);
static int	answers_unsent(void);
static void	tokens_sweep(void *, u_int64_t);

static int		worker_started;
static int		worker_connections = WORKER_CONNECTIONS;
static const char	*database_conninfo;

void
kore_parent_configure(int argc, char **argv)
{
	int	code;

	if ((code = command_main(argc, argv)) != COMMAND_SERVE)
		exit(code);

	kore_foreground = 1;
	kore_quiet = 1;
	process_limits();
	process_identity();
	pidfile_private();
	identity_init();
	passphrase_init(settings->common_passwords);
	database_address();
	shared_init();
	spread_open();

	if (settings->port != 0)
		listen_plain();
	if (settings->tls_cert_file != NULL)
		listen_tls();
	if (settings->metrics_host != NULL)
		listen_metrics();
}

void
kore_parent_teardown(void)
{
	log_info("stopped", "parley has ended");
}

void
kore_worker_configure(void)
{
	char	name[32];
	int	lanes;

	(void)snprintf(name, sizeof(name), "worker %u", worker->id);
	log_set_process(name);

	/* A parent that was killed must not leave us on its ports. */
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) == -1)
		log_warn("worker", "prctl: %s", errno_s);

	metrics_worker_init();

	/* The pools are made: from here on these are only limits. */
	worker_max_connections = UINT32_MAX;
	http_request_limit = REQUESTS_MAX;

	connections_worker_init(worker_connections);
	vitals_worker_init();
	peers_worker_init(worker->id - 1);
	intake_worker_init();
	hashing_worker_init();
	lanes = settings->database_connections / settings->workers;
	lanes_start(database_conninfo, lanes < 1 ? 1 : lanes);
	tls_worker_init();
	(void)kore_timer_add(tokens_sweep, TOKENS_SWEEP_MS, NULL, 0);
	prune_worker_init();
	outbox_worker_init();
	reconcile_worker_init();
	schedule_worker_init();
	spread_worker_init(worker->id - 1);
	log_gather(1);
	worker_started = 1;
}

/*
 * SIGTERM: Kore has left its loop and would drop everything. Go on until all
 * that was asked has been answered.
 */
void
kore_worker_teardown(void)
{
	u_int64_t	end, now;

	spread_stop();
	kore_platform_event_wait(0);
	http_process();
	intake_drain();

	end = kore_time_ms() + DRAIN_MS;
	while ((intake_active() > 0 || answers_unsent() ||
	    tls_worker_active()) && (now = kore_time_ms()) < end) {
		kore_platform_event_wait(20);
		kore_timer_run(now);
		kore_curl_run_scheduled();
		kore_curl_do_timeout();
		http_process();
		kore_connection_prune(KORE_CONNECTION_PRUNE_DISCONNECT);
	}

	tls_worker_drained();
	intake_give_up();
	log_flush();

	/* Threads may be at work: nothing they use is to be torn down. */
	_exit(0);
}

/*
 * Each turn of a worker's loop: send what gathered, then sleep. Behind a turn
 * that was full, whoever has more for us runs first and it comes in one turn;
 * else we would take a few at a time until our slice is over, and they would
 * wait. Not while a password is hashed: its thread would take the time.
 */
void
__wrap_kore_platform_event_wait(u_int64_t timer)
{
	static int	served;

	if (!worker_started) {
		__real_kore_platform_event_wait(timer);
		return;
	}

	lanes_flush();
	log_flush();
	spread_publish();
	if (exchange_runnable() > 0)
		timer = 0;
	else if (served >= TURN_FULL && !hashing_busy())
		(void)sched_yield();
	__real_kore_platform_event_wait(timer);
	served = exchange_runnable();	/* http_process() comes next */
}

static void
process_limits(void)
{
#if !defined(PARLEY_INSTRUMENTED)
	/* Secrets are in our memory: no core file, no debugger. */
	(void)prctl(PR_SET_DUMPABLE, 0);
#endif

	worker_count = (u_int8_t)settings->workers;
	worker_max_connections = POOLED_CONNECTIONS;
	worker_set_affinity = 0;
	http_request_limit = POOLED_CONNECTIONS;
	http_request_ms = REQUESTS_MAX;

	files_limit();
}

/* As many files as may be open, if need be as many as root may allow itself. */
static void
files_limit(void)
{
	struct rlimit	files, more = { FILES_MAX, FILES_MAX };

	if (getrlimit(RLIMIT_NOFILE, &files) == -1)
		return;
	if (files.rlim_max >= FILES_MAX || setrlimit(RLIMIT_NOFILE, &more) == 0)
		files = more;

	/* Each process that Kore starts asks of every possible one if it is open. */
	files.rlim_cur = files.rlim_max < FILES_PROBED ? files.rlim_max :
	    FILES_PROBED;
	(void)setrlimit(RLIMIT_NOFILE, &files);

	/* It adds what is open already, and takes all of it from there. */
	worker_rlimit_nofiles = (u_int32_t)files.rlim_max - OTHER_FILES;
	worker_connections = WORKER_CONNECTIONS;
	if (files.rlim_max >= WORKER_CONNECTIONS + 2 * OTHER_FILES)
		return;
	worker_connections = files.rlim_max > 3 * OTHER_FILES ?
	    (int)files.rlim_max - 2 * OTHER_FILES : OTHER_FILES;
	log_warn("files", "only %llu files may be open: a worker takes %d "
	    "connections at most; raise it with `ulimit -n %d' or systemd's "
	    "LimitNOFILE", (unsigned long long)files.rlim_max,
	    worker_connections, FILES_MAX);
}

/* As root the workers become somebody else; otherwise they stay who we are. */
static void
process_identity(void)
{
	skip_runas = geteuid() != 0;
	skip_chroot = skip_runas || settings->chroot == NULL;

	if (!skip_runas)
		kore_runas_user = kore_strdup(settings->run_as);
	if (!skip_chroot)
		kore_root_path = kore_strdup(settings->chroot);
}

/* Kore insists on a pid file, in the working directory if left to itself. */
static void
pidfile_private(void)
{
	char	path[] = "/tmp/parley.pid.XXXXXX";
	int	fd;

	if ((fd = mkstemp(path)) != -1) {
		(void)close(fd);
		kore_pidfile = kore_strdup(path);
	}
}

/* In a CHROOT there is no resolver: its work is done before. */
static void
database_address(void)
{
	char	why[256];

	database_conninfo = settings->database_url;
	if (skip_chroot)
		return;

	database_conninfo = conninfo_resolve(settings->database_url, why,
	    sizeof(why));
	if (database_conninfo == NULL) {
		log_error("database", "%s", why);
		exit(1);
	}
}

static void
listen_plain(void)
{
	struct kore_domain	*domain;
	struct kore_server	*server;

	server = server_new("plain", 0, &domain);
	listen_on(server, settings->host, settings->port, "PORT", "http");
}

static void
listen_tls(void)
{
	struct kore_domain	*domain;
	struct kore_server	*server;
	char			why[256];

	server = server_new("tls", 1, &domain);
	if (!tls_configure(server, domain, settings->tls_cert_file,
	    settings->tls_key_file, why, sizeof(why))) {
		log_error("tls", "%s", why);
		exit(1);
	}
	listen_on(server, settings->host, settings->tls_port, "TLS_PORT",
	    "https");
}

/* It has all routes like the others; endpoint.c shows it just the one. */
static void
listen_metrics(void)
{
	struct kore_domain	*domain;
	struct kore_server	*server;

	server = server_new(SERVER_METRICS, 0, &domain);
	listen_on(server, settings->metrics_host, settings->metrics_port,
	    "METRICS_LISTEN", "http");
}

/* A server whose one domain stands for every name and has all routes. */
static struct kore_server *
server_new(const char *name, int tls, struct kore_domain **domain)
{
	struct kore_server	*server;

	server = kore_server_create(name);
	server->tls = tls;
	*domain = kore_domain_new("*");
	(void)kore_domain_attach(*domain, server);
	routes_attach(*domain);

	return (server);
}

static void
listen_on(struct kore_server *server, const char *host, int number,
    const char *setting, const char *scheme)
{
	char	port[8];

	(void)snprintf(port, sizeof(port), "%d", number);
	if (!kore_server_bind(server, host, port, "intake_connect")) {
		log_error("listen", "cannot listen on %s port %s (%s): is "
		    "another server running there?", host, port, setting);
		exit(1);
	}
	listeners_prepare(server);
	log_info("listen", "%s://%s:%s", scheme, host, port);
}

/* Each path once: which methods it knows is the route table's business. */
static void
routes_attach(struct kore_domain *domain)
{
	size_t	i;

	for (i = 0; i < nroutes; i++) {
		if (i > 0 && strcmp(routes[i].path, routes[i - 1].path) == 0)
			continue;
		if (!kore_module_handler_new(domain, routes[i].path,
		    PAGE_HANDLER, NULL, HANDLER_TYPE_STATIC))
			fatal("no page handler");
	}
	if (!kore_module_handler_new(domain, "/{unknown}", PAGE_HANDLER, NULL,
	    HANDLER_TYPE_STATIC))
		fatal("no page handler");
}

/* What is set here every client's socket has from the start. */
static void
listeners_prepare(struct kore_server *server)
{
	struct listener	*listener;

	LIST_FOREACH(listener, &server->listeners, list)
		(void)kore_sockopt(listener->fd, IPPROTO_TCP, TCP_NODELAY);
}

static int
answers_unsent(void)
{
	struct connection	*c;

	TAILQ_FOREACH(c, &connections, list) {
		if (c->proto == CONN_PROTO_HTTP && !TAILQ_EMPTY(&c->send_queue))
			return (1);
	}

	return (0);
}

static void
tokens_sweep(void *arg, u_int64_t now)
{
	(void)arg;
	(void)now;

	token_cache_sweep(time(NULL));
}
