/*
 * The work of a group of threads that do the like, cut into parts that any
 * number of threads can share.
 *
 * A part begins where its thread holds no lock and is in no call: before a
 * section, between a delay and a burst, at each piece of a long burst; and
 * where it waits for others (for the next task, at a barrier). What a thread
 * computes after a section belongs to that. None begins before what its thread
 * waited for last was there. Parts are done in the order in which their threads
 * came to them; the last ones of each thread, which tell others that it is
 * over, after all others.
 */
#ifndef ANALYSIS_REPLAY_THREADS_H
#define ANALYSIS_REPLAY_THREADS_H

#include "analysis/replay.h"

struct replay_part {
	const struct replay_step *steps;
	size_t n;
	uint64_t at; /* when its thread came to it, at the earliest */
	bool last;
};

struct replay_parts {
	struct replay_part *list;
	size_t n;
	struct replay_script *openings; /* what each thread waits for first */
	size_t n_openings;
	void *owned; /* pieces of bursts */
};

/* `threads`: by the report's index. */
struct replay_parts *replay_parts_new(const struct replay *replay,
				      const bool *threads);
void replay_parts_free(struct replay_parts *parts);

/* 1 where it begins to hold a lock or a call, -1 where that ends, else 0. */
int replay_depth_by(const struct replay_step *step);

#endif
