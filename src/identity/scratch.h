#ifndef PARLEY_IDENTITY_SCRATCH_H
#define PARLEY_IDENTITY_SCRATCH_H

/*
 * The memory that scrypt works in.
 *
 * OpenSSL allocates 16 MB for each hash and frees them behind it. malloc either
 * maps and unmaps them every time, with 4,096 page faults: the event loop waits
 * for the lock of the process's memory while the hashing thread, being nice,
 * holds it and does not run. Or it keeps them in the thread's heap, once or
 * twice, for good.
 *
 * So OpenSSL's large pieces come from one mapping, which a worker makes once:
 * its pages stay from the first hash until scratch_release(). One piece is out
 * at a time, as a worker has one hashing thread; a second one, a larger one and
 * all those of other processes are malloc's. OpenSSL wipes what it frees there.
 */

/* Once a worker. */
void	scratch_worker_init(void);

/* Gives the pages back to the kernel, unless they are in use. */
void	scratch_release(void);

#endif
