/*
 * What the model keeps of a run so that it can be played again: its pieces,
 * holds and hops, up to a bound on memory. Beyond it the tape is cut.
 */
#ifndef ANALYSIS_REPLAY_TAPE_H
#define ANALYSIS_REPLAY_TAPE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "analysis/path.h"

struct model;
struct fill;

struct tape_piece { /* lasts until the thread's next one begins */
	uint64_t begin;
	int32_t thread;
	uint8_t state;
};

struct tape_hold {
	uint64_t wait_begin; /* 0: did not wait */
	uint64_t acquired, released;
	int32_t thread, lock;
	uint32_t weight; /* sections that it stands for */
	uint8_t mode;
};

struct tape_call { /* that writes to disk what was written before */
	uint64_t begin, end;
	int32_t thread;
};

struct tape_idle {
	uint64_t begin, end;
	uint32_t cpu;
};

struct tape {
	GArray *pieces, *holds, *hops, *calls, *idles;
	uint64_t bytes, most;
	uint64_t complete; /* all before is on it */
	bool full;
};

/* `most` bytes; NULL where it is 0: nothing is kept then. */
struct tape *tape_new(uint64_t most);
void tape_free(struct tape *tape);

/* All take a NULL tape and do nothing. */
void tape_call(struct tape *tape, const struct tape_call *call);
void tape_piece(struct tape *tape, int32_t thread, uint64_t begin,
		uint8_t state);
void tape_hold(struct tape *tape, const struct tape_hold *hold);
void tape_hop(struct tape *tape, const struct hop *hop);
void tape_idle(struct tape *tape, const struct tape_idle *idle);

/* All before `ns` has been told; what a full tape holds beyond is incomplete.
 */
void tape_complete(struct tape *tape, uint64_t ns);

/* replay_script.c: makes report.replay, unless there is no tape. */
void tape_fill(struct model *m, struct fill *fill);

#endif
