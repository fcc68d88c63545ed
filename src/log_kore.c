/*
 * What Kore itself says goes to our log: linked with --wrap=kore_log. Calls
 * inside Kore's utils.c (fatal) are not reached by it. Its access log is not
 * kept (--wrap=kore_accesslog and the two that gather it): a request has its
 * line in ours.
 */
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <syslog.h>

#include "log.h"

#define KORE_MESSAGE_MAX	1024

struct http_request;

void	__wrap_kore_accesslog(struct http_request *);
void	__wrap_kore_accesslog_run(void *, uint64_t);
void	__wrap_kore_accesslog_gather(void *, uint64_t, int);
void	__wrap_kore_log(int, const char *, ...)
	    __attribute__((format(printf, 2, 3)));

void
__wrap_kore_log(int priority, const char *fmt, ...)
{
	char			text[KORE_MESSAGE_MAX];
	struct log_field	field;
	enum log_level		level;
	va_list			args;

	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);

	if (LOG_PRI(priority) <= LOG_ERR)
		level = LOG_LEVEL_ERROR;
	else if (LOG_PRI(priority) == LOG_WARNING)
		level = LOG_LEVEL_WARN;
	else
		level = LOG_LEVEL_INFO;

	field = log_text("message", text);
	log_line(level, "kore", &field, 1);
}

void
__wrap_kore_accesslog(struct http_request *req)
{
	(void)req;
}

/* The parent's timer for it stays: it is what bounds the parent's sleep. */
void
__wrap_kore_accesslog_run(void *arg, uint64_t now)
{
	(void)arg;
	(void)now;
}

void
__wrap_kore_accesslog_gather(void *arg, uint64_t now, int force)
{
	(void)arg;
	(void)now;
	(void)force;
}
