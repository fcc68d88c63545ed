#ifndef PARLEY_SETTINGS_SOURCE_H
#define PARLEY_SETTINGS_SOURCE_H

#include <stdio.h>

#include "data/arena.h"
#include "data/span.h"

/* Where the values of settings come from: the environment, files, `.env`. */
enum source_result {
	SOURCE_FOUND,
	SOURCE_UNSET,
	SOURCE_WRONG		/* a line was written to complaints */
};

/*
 * Reads `.env` of the working directory, when there is one, into the arena.
 * Returns 0 with a line on complaints for each of its lines that is wrong.
 */
int	source_open(struct arena *, FILE *complaints) MUST_CHECK;

/*
 * The value of NAME, or the content of the file that NAME_FILE names without
 * its last newline; first in the environment, then in `.env`. Both at one
 * place are refused, and values with a control character (but line breaks where
 * lines is set). An empty value is unset. The value is in the arena.
 */
enum source_result	source_find(struct arena *, const char *name,
			    int lines, const char **value, FILE *complaints)
			    MUST_CHECK;

/* Overwrites the value of NAME in this process's environment. */
void	source_wipe(const char *name);

/* Forgets what source_open() read; the memory is the arena's. */
void	source_close(void);

#endif
