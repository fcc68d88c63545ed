#ifndef PARLEY_COMMANDS_H
#define PARLEY_COMMANDS_H

#include <libpq-fe.h>

#include "data/span.h"

/*
 * The commands behind command.c's table. Each takes what follows its name and
 * returns an exit status, or COMMAND_MISUSED when that was not understood: it
 * has said why then.
 */
#define COMMAND_OK	0
#define COMMAND_FAILED	1
#define COMMAND_MISUSED	2

typedef int	command_run(int argc, char **argv);

command_run	command_check;
command_run	command_user_add;
command_run	command_user_admin;
command_run	command_user_deactivate;
command_run	command_user_reactivate;

/* Writes "parley: " and one line to standard error. */
void	command_complain(const char *fmt, ...)
	    __attribute__((format(printf, 1, 2)));

/*
 * Connects to the database of the settings. Returns NULL with the reason, one
 * line, in why. To be closed with PQfinish.
 */
PGconn	*command_connect(char *why, size_t whylen) MUST_CHECK;

#endif
