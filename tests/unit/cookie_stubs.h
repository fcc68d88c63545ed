#ifndef PARLEY_TESTS_COOKIE_STUBS_H
#define PARLEY_TESTS_COOKIE_STUBS_H

#define STUB_ORIGIN		"https://listed.example"
#define STUB_HEADER_SIZE	300

/* The field that was added to a reply last, as "Name: value". */
extern char	stub_header[STUB_HEADER_SIZE];

#endif
