/*
 * The writers of tables: each fills in all that its script NAME.gp draws. A
 * report that has nothing to draw gets a table with the meta key `empty`, which
 * says so.
 */
#ifndef PLOTS_KINDS_H
#define PLOTS_KINDS_H

#include "plots/plot.h"
#include "plots/table.h"

typedef void plot_writer(struct table *table, const struct report *report,
			 const struct plot_options *options);

plot_writer timeline_write, locks_write, waits_write, heat_write, matrix_write,
	utilization_write, concurrency_write, breakdown_write, path_write,
	overhead_write, order_write;

#endif
