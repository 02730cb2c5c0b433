/*
 * What processes and threads are called outside.
 *
 * The recorder and the kernel's records know a task by its number in the
 * recorder's PID namespace, a process in a namespace of its own by another one,
 * that many may have. All that is told goes by the recorder's numbers: LTTng's
 * threads are told those, too. The program itself never sees them.
 *
 * A process learns them from what the recorder hands out: a descriptor of its
 * /proc/thread-self, a link that says to each thread that reads it what it is
 * called there, and nothing else.
 */
#ifndef TRACING_INTERPOSER_IDS_H
#define TRACING_INTERPOSER_IDS_H

#include <stdbool.h>
#include <stdint.h>

#include "tracing/interposer/process.h"

/*
 * Sets process.outer_pid and is_apart, at the start of a process and after
 * fork(). False: it has a namespace of its own, and nobody says what it is
 * called outside.
 */
bool ids_start(const char *directory);

/* What the calling thread, `tid`, is called outside. Asks: once a thread. */
int32_t ids_of_me(int32_t tid);

/* What thread `tid` of this process is called outside, 0: not known. */
int32_t ids_find(int32_t tid);

static inline int32_t ids_of(int32_t tid)
{
	return unlikely(process.is_apart) ? ids_find(tid) : tid;
}

/* The calling thread did this system call, with success. */
void ids_did(long number, const long arguments[6]);

#endif
