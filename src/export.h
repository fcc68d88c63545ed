#ifndef PARLEY_EXPORT_H
#define PARLEY_EXPORT_H

/*
 * Kore finds these functions by name at run time, so they are exported;
 * everything else of ours is hidden (-fvisibility=hidden), or a library that
 * has a function of the same name would call ours instead of its own.
 */
#define EXPORTED	__attribute__((visibility("default")))

#endif
