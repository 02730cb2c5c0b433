/*
 * The schedule of one run: everything that is varied follows from its seed.
 *
 * A seed narrows the schedule, it cannot fix it: the kernel has its say too.
 */
#ifndef ANALYSIS_RACE_PLAN_H
#define ANALYSIS_RACE_PLAN_H

#include <sched.h>
#include <stdint.h>

struct plan {
	uint64_t seed;
	cpu_set_t cpus;
	int n_cpus;
	int nice; /* added */
	/* One call in `chance` is delayed by `max_us` at most; 0: none. */
	uint32_t chance, max_us, budget_us;
};

/* `allowed` are the CPUs to choose from. */
void plan_make(struct plan *plan, uint64_t seed, const cpu_set_t *allowed);

#endif
