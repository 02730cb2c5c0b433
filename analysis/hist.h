/*
 * Durations in log-linear bins: percentiles with at most 1 % relative error.
 *
 * 64 bins a power of two, made as they are needed: a value is told as the
 * middle of its bin, 0.8 % off at most; below 128 ns it is exact. Count, total
 * and maximum are exact. All zero is a valid start; times are ns.
 */
#ifndef ANALYSIS_HIST_H
#define ANALYSIS_HIST_H

#include <stdint.h>

#include "analysis/arena.h"
#include "analysis/report.h"

#define HIST_BINS   64 /* a block: one power of two */
#define HIST_BLOCKS 59

struct hist {
	uint64_t count, total, max;
	uint8_t n_blocks;
	uint8_t place[HIST_BLOCKS]; /* of a power's block, plus 1; 0 none */
	uint32_t (*blocks)[HIST_BINS];
};

/* Adds `weight` durations of `ns`; a bin stops at 2^32 - 1. */
void hist_add(struct hist *hist, uint64_t ns, uint32_t weight);

/* Adds all of `from` to `to`. */
void hist_merge(struct hist *to, const struct hist *from);

/* The value below which `share` (0 to 1) of the durations lie; 0 if empty. */
uint64_t hist_percentile(const struct hist *hist, double share);

/* Fills `dist`, its bins from `arena`. */
void hist_dist(const struct hist *hist, struct dist *dist, struct arena *arena);

/* Frees what it owns; `hist` is empty after that. */
void hist_clear(struct hist *hist);

#endif
