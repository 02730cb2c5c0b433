/*
 * Between the process that decodes and the one that hands over: lanes of
 * events, each in time order, and notes, in memory that both share.
 *
 * Babeltrace ends its process on some of the input that it cannot take, and
 * asks for any amount of memory that a damaged trace names; so it works in a
 * child process, which may die at any point. What it has put into the queue by
 * then stands.
 */
#ifndef ANALYSIS_READ_QUEUE_H
#define ANALYSIS_READ_QUEUE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "analysis/read.h"
#include "analysis/read_batch.h"

struct read_text { /* a line, in a list */
	struct read_text *link;
	char text[];
};

struct read_lane {
	/* protected by queue->lock */
	struct read_batch *ready, **ready_end;
	uint64_t until_ns; /* no event will come before it */
	bool ended;
	/* written by the child before it puts a batch */
	struct read_stream stats; /* its name is shared memory too */
	uint64_t unknown, late;
	uint64_t put; /* events so far, skipped ones too */
	size_t trace; /* number of the CTF trace that it belongs to */
};

/*
 * For a lane that another child has read in before, and died: where this one
 * goes on, and how.
 */
struct read_plan {
	uint64_t skip;	/* events that were handed over */
	uint64_t limit; /* events to read, 0: all */
	bool careful;	/* put what there is before each step */
	bool hopeless;	/* read none of it */
};

struct read_queue {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	size_t used, bytes; /* of the shared memory; of the child alone */
	/* protected by lock */
	bool open; /* n_lanes and lanes are set */
	struct read_batch *empty;
	size_t n_batches; /* made */
	struct read_text *notes, **notes_end;
	struct read_text *temporary; /* directories to be removed */
	/* set when it opens */
	size_t n_lanes, batches_max, capacity;
	struct read_lane *lanes;
	pid_t child;
	const char *busy; /* what the child reads just now, for notes */
	size_t busy_lane; /* once open */
	/* Set before the child starts. */
	size_t n_plan;
	struct read_plan *plan;
};

/* Returns NULL if there is no memory that can be shared. */
struct read_queue *read_queue_new(void);
void read_queue_free(struct read_queue *queue);

/* As pthread_mutex_lock(), also when the other process has died with it. */
void read_queue_lock(struct read_queue *queue);
void read_queue_unlock(struct read_queue *queue);

/* Shared memory that is never given back, zeroed; ends the process without. */
void *read_queue_alloc(struct read_queue *queue, size_t bytes);
char *read_queue_string(struct read_queue *queue, const char *text);

/* All below is for the child. */

void read_queue_note(struct read_queue *queue, const char *text);

/* A directory that is to be removed after the reading. */
void read_queue_temporary(struct read_queue *queue, const char *path);

/* Once all traces are opened: how many lanes there are. */
void read_queue_open(struct read_queue *queue, size_t lanes);

/* The lane to read on in, or -1 once all have ended. */
long read_queue_next(const struct read_queue *queue);

/* An empty batch to fill; waits until there is one. */
struct read_batch *read_queue_take(struct read_queue *queue);

/*
 * Gives a batch back as the next part of a lane, of which no event will come
 * before `until_ns`. The lane must be the one that read_queue_next() told.
 */
void read_queue_put(struct read_queue *queue, size_t lane,
		    struct read_batch *batch, uint64_t until_ns, bool ended);

#endif
