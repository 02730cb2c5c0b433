/*
 * Runs that never happened: a generator of small random schedules, whose truth
 * is known, and the same figures as the model's computed the slow way.
 *
 * Threads run, take nested locks, do I/O; the first one starts and joins the
 * others. What happened is told as the interposer tells it: late, and in the
 * order in which a thread may speak.
 */
#ifndef TESTS_REHEARSAL_H
#define TESTS_REHEARSAL_H

#include <stdint.h>

#include "analysis/model.h"

#define REHEARSAL_THREADS 6
#define REHEARSAL_LOCKS	  4
#define REHEARSAL_TID	  11   /* of the first thread */
#define REHEARSAL_LOCK	  0xA0 /* address of the first lock */
#define REHEARSAL_SITE	  0x51 /* every lock is taken there */

struct rehearsal_wait {
	uint64_t begin, end;
	int thread, lock;
};

struct rehearsal_hold {
	uint64_t acquired, released;
	int thread, lock;
};

struct rehearsal_io {
	uint64_t begin, end;
	int thread;
};

struct rehearsal {
	int threads, locks;
	uint64_t begin[REHEARSAL_THREADS], end[REHEARSAL_THREADS];
	struct rehearsal_wait *waits;
	struct rehearsal_hold *holds;
	struct rehearsal_io *io;
	struct rehearsal_io *joins; /* by the first thread, in order */
	int n_waits, n_holds, n_io, n_joins;
	struct event *events; /* in order of ts */
	int n_events;
};

/* `steps` things that each thread does, about. */
struct rehearsal *rehearsal_new(unsigned int seed, int threads, int locks,
				int steps);
void rehearsal_free(struct rehearsal *r);

/* Fails the test unless the report says what the truth is. */
void rehearsal_compare(const struct rehearsal *r, const struct report *report);

#endif
