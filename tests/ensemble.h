/*
 * Runs that never happened, with all that threads wait for: a recursive mutex
 * and one within it, a rwlock, a semaphore, a condition, a barrier, joins;
 * waits with and without a time limit. tests/rehearsal.h has mutexes only, and
 * their critical path.
 *
 * Told as the interposer tells it. No two threads ever do anything at the same
 * instant, and all times divide by the number of readers that share a hold, so
 * that the figures of the slow count must be those of the model to the ns.
 */
#ifndef TESTS_ENSEMBLE_H
#define TESTS_ENSEMBLE_H

#include <stdbool.h>
#include <stdint.h>

#include "analysis/model.h"

#define ENSEMBLE_THREADS 5
#define ENSEMBLE_TID	 11 /* of the first thread */
#define ENSEMBLE_SITE	 0x51

enum ensemble_object {
	ENSEMBLE_RWLOCK,
	ENSEMBLE_MUTEX, /* recursive; of the condition too */
	ENSEMBLE_INNER, /* a mutex, taken last */
	ENSEMBLE_NLOCKS,
	ENSEMBLE_SEMAPHORE = ENSEMBLE_NLOCKS,
	ENSEMBLE_CONDITION,
	ENSEMBLE_BARRIER,
	ENSEMBLE_NOBJECTS,
	ENSEMBLE_THREAD = ENSEMBLE_NOBJECTS, /* a join */
};

struct ensemble_wait {
	uint64_t begin, end;
	int thread;
	enum ensemble_object object;
	uint8_t mode;
	bool gave_up;
	int waker; /* thread, -1 none; objects only */
	uint64_t woken;
	bool by_all; /* a broadcast woke it */
	bool again;  /* nothing was released since the last one */
};

struct ensemble_hold {
	uint64_t acquired, released, waited; /* since when, 0 */
	int thread;
	enum ensemble_object object;
	uint8_t mode;
	bool after_wait; /* by the return of a condition wait */
};

struct ensemble {
	int threads;
	uint64_t begin[ENSEMBLE_THREADS], end[ENSEMBLE_THREADS];
	struct ensemble_wait *waits; /* in the order of their ends, by thread */
	struct ensemble_hold *holds;
	int n_waits, n_holds;
	uint64_t relocks, signals, unheard, posts, timed;
	struct event *events; /* in order of ts */
	int n_events;
};

/* With `board`, the counts of a board are told at the end. */
struct ensemble *ensemble_new(unsigned int seed, int threads, int steps,
			      bool board);
void ensemble_free(struct ensemble *e);

uint64_t ensemble_address(enum ensemble_object object);

/* Fails the test unless the report says what the truth is. */
void ensemble_compare(const struct ensemble *e, const struct report *report,
		      bool board);

#endif
