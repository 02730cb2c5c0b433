/*
 * A small simulation of threads that take locks in turn, as a report whose
 * truth is known.
 */
#ifndef TESTS_UNIT_PLOT_SIM_H
#define TESTS_UNIT_PLOT_SIM_H

#include <stdint.h>

#include "analysis/report.h"

/* Each thread works, takes a lock, holds it, again. */
struct sim_plan {
	size_t n_threads, n_locks;
	uint64_t end_ns;
	uint64_t work_ns, hold_ns;	     /* of a round */
	double io_share;		     /* of a hold */
	const char *thread_name, *lock_name; /* a number is put behind */
};

/* The caller frees it. */
struct report *sim_run(struct sim_plan plan);

/* Adds [begin, end) to the bins of a row. */
void sim_add(struct series *to, uint32_t row, uint64_t begin_ns,
	     uint64_t end_ns);

#endif
