/*
 * The timeline between its two writers: timeline.c draws threads and states,
 * timeline_marks.c the labels and arrows on them.
 */
#ifndef PLOTS_TIMELINE_H
#define PLOTS_TIMELINE_H

#include "plots/layout.h"
#include "plots/table.h"

struct timeline {
	struct table *table;
	const struct report *report;
	const struct plot_options *options;
	struct layout_window window;
	double px_per_ns;
	size_t n_chosen, n_wanted;
	size_t *chosen; /* threads, by row */
	int *row_of;	/* by thread; -1: not drawn */
	double rows;
	bool present[STATE_N];
};

/* Which of STATE_N values is the only one that is not 0; -1: none, or many. */
int timeline_pure_state(const uint64_t *values);

/* The blocks `labels` and `arrows`. */
void timeline_write_marks(struct timeline *p);

#endif
