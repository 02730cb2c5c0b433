/*
 * The table of a sweep: a measure against a parameter, with its spread, and
 * laws beside it. The input needs no recording; it is a TSV file:
 *
 *	# title: Speed-up of a parallel sum
 *	# subtitle: 2 CPUs; median and range of 5 runs
 *	# source: lesson divide, scale 0.1
 *	# x: threads
 *	# y: speed-up
 *	# log: x
 *	series	x	y	low	high	kind
 *	measured	1	1.00	0.98	1.01	points
 *	measured	2	1.93	1.90	1.97	points
 *	Amdahl, 96 % parallel	1	1	1	1	law
 *
 * Columns are found by name; `x` and `y` must be there. `low` and `high` are
 * the ends of the spread; `kind` is points (the default) or law, which is a
 * line without marks; `label` names a place on the x axis where `# bars: yes`
 * asks for bars. Keys: title, subtitle, hint, source, notes, x, y, log, bars.
 */
#ifndef PLOTS_SWEEP_H
#define PLOTS_SWEEP_H

#include "plots/table.h"

/* Reads `path` and fills the table of sweep.gp. */
int sweep_write(struct table *table, const char *path, struct err *err);

#endif
