#ifndef PARLEY_COMMAND_H
#define PARLEY_COMMAND_H

#define PARLEY_VERSION	"1.0.0"

/* What command_main() returns when the server is to be started. */
#define COMMAND_SERVE	(-1)

/*
 * Carries out the command line (argv[0] is the program): its result is the
 * exit status, 0 done, 1 failed, 2 not understood. For `serve` the settings
 * are loaded, the log is ready and COMMAND_SERVE is returned. To be called in
 * the parent process before anything is forked; talks to the database
 * synchronously.
 */
int	command_main(int argc, char **argv);

#endif
