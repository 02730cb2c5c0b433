/* The table of several recordings side by side. */
#ifndef PLOTS_COMPARE_H
#define PLOTS_COMPARE_H

#include "analysis/report.h"
#include "plots/plot.h"
#include "plots/table.h"

/* Fills the table of compare.gp from `n` reports, in this order. */
void compare_write(struct table *table, const struct report *const *reports,
		   size_t n, const struct plot_options *options);

#endif
