#ifndef PARLEY_SETTINGS_VALUE_H
#define PARLEY_SETTINGS_VALUE_H

#include "data/arena.h"
#include "settings.h"

/* How the value of one setting is read; the rows stand in settings.c. */
struct settings_row;

/*
 * Reads value, a string of the arena without control characters, into the
 * setting's place. Returns 0 with the reason in why: what is allowed, and
 * never the value.
 */
typedef int	settings_reader(const struct settings_row *, const char *value,
		    struct settings *, struct arena *, char *why,
		    size_t whylen);

struct settings_row {
	struct setting		shown;
	settings_reader		*read;
	size_t			place;		/* in struct settings */
	const char		*value;		/* the default to be read */
	long			min, max;	/* of integers, or octets */
	const char		*const *choices; /* ended by NULL */
};

settings_reader	settings_read_text;
settings_reader	settings_read_lines;	/* a text that may have line breaks */
settings_reader	settings_read_integer;
settings_reader	settings_read_flag;
settings_reader	settings_read_choice;
settings_reader	settings_read_path;
settings_reader	settings_read_database;
settings_reader	settings_read_livekit_url;
settings_reader	settings_read_livekit_api_url;
settings_reader	settings_read_origins;
settings_reader	settings_read_networks;
settings_reader	settings_read_rate;
settings_reader	settings_read_listen;

/*
 * Splits a list of keys at line breaks and, unless commas is 0, at commas: but
 * not at one with a blank behind it, which belongs to a key (a pass phrase of
 * old, say). Returns 0 for more than SETTINGS_KEYS_MAX.
 */
int	settings_split_keys(struct arena *, const char *text, int commas,
	    struct settings_keys *) MUST_CHECK;

#endif
