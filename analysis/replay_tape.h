/*
 * What the model keeps of a run so that it can be played again: its pieces,
 * holds and hops, up to a bound on memory. Beyond it the tape is cut.
 */
#ifndef ANALYSIS_REPLAY_TAPE_H
#define ANALYSIS_REPLAY_TAPE_H

#include <stdint.h>

#include "analysis/path.h"

struct model;
struct fill;
struct tape;

struct tape_hold {
	uint64_t wait_begin; /* 0: did not wait */
	uint64_t acquired, released;
	int32_t thread, lock;
	uint8_t mode;
};

/* `most` bytes; NULL where it is 0: nothing is kept then. */
struct tape *tape_new(uint64_t most);
void tape_free(struct tape *tape);

/* All take a NULL tape and do nothing. */
void tape_piece(struct tape *tape, int32_t thread, uint64_t begin,
		uint8_t state);
void tape_hold(struct tape *tape, const struct tape_hold *hold);
void tape_hop(struct tape *tape, const struct hop *hop);

/* All before `ns` has been told; what a full tape holds beyond is incomplete.
 */
void tape_complete(struct tape *tape, uint64_t ns);

/* Makes report.replay, unless there is no tape. */
void tape_fill(struct model *m, struct fill *fill);

#endif
