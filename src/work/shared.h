#ifndef PARLEY_WORK_SHARED_H
#define PARLEY_WORK_SHARED_H

/*
 * One piece of memory for all processes, made once before the first of them is
 * forked and never resized. Nothing in it is ever locked: every word is atomic
 * by itself, so a process that is killed at whatever instant leaves nothing
 * behind that others would wait for. To be called in the parent, when the
 * settings are known.
 */
void	shared_init(void);

#endif
