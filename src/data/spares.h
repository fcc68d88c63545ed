#ifndef PARLEY_DATA_SPARES_H
#define PARLEY_DATA_SPARES_H

/*
 * How many freed pieces of a kind a list of spares keeps. Under a sanitizer
 * none: each is the allocator's, so that what is used too late is seen.
 */
#if defined(__SANITIZE_ADDRESS__)
#define SPARES_MAX	0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SPARES_MAX	0
#endif
#endif
#if !defined(SPARES_MAX)
#define SPARES_MAX	128
#endif

#endif
