#ifndef PARLEY_DATA_OPENSSL_MEMORY_H
#define PARLEY_DATA_OPENSSL_MEMORY_H

/*
 * The memory that OpenSSL works in: its small pieces are malloc's, two sizes
 * come from slots that a process keeps.
 *
 * Records: a connection over TLS takes 16 KB to read a record into, and as much
 * to write one, and gives them back behind it (SSL_MODE_RELEASE_BUFFERS), so
 * that one that waits has none. From the slots all connections get the same
 * few, which stay in the processor's cache. When all are out, malloc serves.
 *
 * scrypt: 16 MB for each hash. malloc either maps and unmaps them every time,
 * with 4,096 page faults: the event loop waits for the lock of the process's
 * memory while the hashing thread holds it and has no core. Or it keeps them in
 * the thread's heap, once or twice, for good. Here is one slot, as a worker has
 * one hashing thread; its pages stay from the first hash until
 * openssl_memory_release(). OpenSSL wipes what it frees there.
 */

/* Once a worker; until then scrypt's memory is malloc's. */
void	openssl_memory_worker_init(void);

/* Gives scrypt's pages back to the kernel, unless they are in use. */
void	openssl_memory_release(void);

#endif
