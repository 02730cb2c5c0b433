/* What a stretch of the critical path is made of: ns by state, lock, thread. */
#ifndef ANALYSIS_PATH_SUM_H
#define ANALYSIS_PATH_SUM_H

#include <stdint.h>

#include "analysis/report.h"

struct path_entry {
	int32_t index; /* -1: none */
	uint64_t ns;
};

struct path_entries { /* in order of index */
	struct path_entry *entries;
	uint32_t n, capacity;
};

struct path_sum {
	uint64_t by_state[STATE_N];
	struct path_entries locks, threads;
};

struct path_sum *path_sum_new(void);
void path_sum_free(struct path_sum *sum);

void path_sum_add(struct path_sum *sum, uint8_t state, int32_t lock,
		  int32_t thread, uint64_t ns);
void path_sum_merge(struct path_sum *to, const struct path_sum *from);

/* `part` of `whole` ns of it; each of its three views sums to `part`. */
struct path_sum *path_sum_part(const struct path_sum *sum, uint64_t part,
			       uint64_t whole);

#endif
