#ifndef PARLEY_TESTS_CHECK_H
#define PARLEY_TESTS_CHECK_H

#include <stdio.h>
#include <string.h>

/*
 * A unit test is a program: it runs every case, says which failed, and ends
 * with check_end(). Its second line names what it is built from:
 *	/ * sources: src/data/arena.c ... * /
 * tests/unit/test_units.py builds it under ASan and UBSan and runs it.
 */
static int	check_passed, check_failed;

#define CHECK(cond, ...)						\
	do {								\
		if (cond) {						\
			check_passed++;					\
		} else {						\
			check_failed++;					\
			printf("FAIL %s:%d: %s: ", __FILE__, __LINE__,	\
			    #cond);					\
			printf(__VA_ARGS__);				\
			printf("\n");					\
		}							\
	} while (0)

static inline int
check_end(void)
{
	printf("%d checks passed, %d failed\n", check_passed, check_failed);
	return (check_failed != 0 || check_passed == 0);
}

#endif
