/* What the planner and the players of an ensemble share. */
#ifndef TESTS_ENSEMBLE_PARTS_H
#define TESTS_ENSEMBLE_PARTS_H

#include <glib.h>

#include "tests/ensemble.h"

#define SHARE UINT64_C(60)  /* divides by 1 to 5 */
#define UNIT  UINT64_C(480) /* each thread has instants of its own in it */
#define NEVER UINT64_MAX

enum does {
	DOES_RUN,
	DOES_LOCK,
	DOES_UNLOCK,
	DOES_RELOCK, /* and the unlock of it */
	DOES_WAIT,   /* for the condition */
	DOES_SIGNAL,
	DOES_BROADCAST,
	DOES_SEM_WAIT,
	DOES_POST,
	DOES_BARRIER,
	DOES_JOIN,
	DOES_END,
};

struct step {
	enum does does;
	int what; /* lock, or thread */
	uint8_t mode;
	uint64_t length; /* of a run; time limit of a wait, 0 none */
	guint after;	 /* its section */
};

struct actor {
	GArray *steps;
	guint next;
	uint64_t at;	   /* when it goes on; NEVER while it waits */
	uint64_t deadline; /* of its wait; NEVER: none */
	struct ensemble_wait wait;
	uint8_t flags; /* of its condition wait */
	bool waiting, relocking;
	GArray *held;	 /* struct ensemble_hold, outermost first */
	GArray *pending; /* struct event */
	uint64_t spoke;
};

struct hall {
	struct ensemble *e;
	struct actor actors[ENSEMBLE_THREADS];
	GQueue queue[ENSEMBLE_NOBJECTS]; /* of threads + 1 */
	int holders[ENSEMBLE_NLOCKS];
	uint8_t holding[ENSEMBLE_NLOCKS]; /* their mode */
	int value;			  /* of the semaphore */
	uint64_t sem_end;		  /* of its last wait */
	GArray *waits, *holds, *events;
	GRand *rand;
};

/* What a thread is to do. */
void ensemble_plan(struct hall *hall, int thread, int steps);

/* Between `low` and `high` units of time. */
uint64_t ensemble_some(struct hall *hall, int low, int high);

void ensemble_say(struct hall *hall, int thread, struct event event,
		  uint64_t at);

/* An instant of the thread's own, after `at`. */
uint64_t ensemble_after(struct hall *hall, int thread, uint64_t at);
void ensemble_flush(struct hall *hall, int thread, uint64_t at);
/* Now if it holds nothing, else when it does no more, or blocks. */
void ensemble_say_late(struct hall *hall, int thread, struct event event,
		       uint64_t at);
void ensemble_begin_wait(struct hall *hall, int thread,
			 enum ensemble_object object, uint64_t limit);
void ensemble_end_wait(struct hall *hall, int thread, uint64_t at);
/* Those in front that may have it now get it. */
void ensemble_grant(struct hall *hall, int lock, uint64_t at);
void ensemble_begin_object(struct hall *hall, int thread,
			   enum ensemble_object object, uint64_t limit);
void ensemble_end_object(struct hall *hall, int thread, uint64_t at);
/* Out of the condition, and into the queue for its mutex. */
void ensemble_rouse(struct hall *hall, int thread, int waker, uint64_t at);
void ensemble_signal(struct hall *hall, int thread, bool all);
void ensemble_post(struct hall *hall, int thread);
void ensemble_barrier(struct hall *hall, int thread);
void ensemble_join(struct hall *hall, int other);
struct event ensemble_join_event(enum event_type type, int other,
				 uint64_t begin, uint64_t end);

/* The counts of what was played, as the last words of all threads. */
void ensemble_tell_board(struct hall *hall);

extern const uint8_t ensemble_kinds[ENSEMBLE_NOBJECTS];

#endif
