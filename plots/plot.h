/*
 * Pictures of a report: for each kind a table (TSV) and what gnuplot makes of
 * it. Pictures lay out and scale; every figure is the report's.
 */
#ifndef PLOTS_PLOT_H
#define PLOTS_PLOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "analysis/report.h"
#include "tracing/base/err.h"

/* Bins to ask of the report: about two px each. */
#define PLOT_BINS  680
#define PLOT_WAITS 64

struct plot_kind;

/* In which order threads stand. */
enum plot_sort {
	PLOT_SORT_START,
	PLOT_SORT_WAIT, /* longest in locks first */
	PLOT_SORT_CPU,	/* most CPU time first */
	PLOT_SORT_NAME,
	PLOT_SORT_N,
};

extern const char *const plot_sort_names[PLOT_SORT_N];

struct plot_options {
	const char *folder;	 /* where to write; made if it is not there */
	const char *format;	 /* "png" or "svg"; NULL: png */
	const char *kinds;	 /* "timeline,waits"; NULL: all of one report */
	const char *lock;	 /* id, or part of a label; NULL: all */
	const char *thread;	 /* tid, or part of a name; NULL: all */
	size_t top;		 /* rows to draw at most; 0: what fits */
	enum plot_sort sort;	 /* of the threads of a timeline */
	uint64_t from_ns, to_ns; /* window of the report; to 0: the end */
	bool tables_only;	 /* do not run gnuplot */
	FILE *out;		 /* where pictures are told; NULL: nowhere */
};

/* Draws one report. Fails with a message; pictures made before stay. */
int plot_draw(const struct report *report, const struct plot_options *options,
	      struct err *err);

/* Draws `n` reports side by side: the kind `compare`. */
int plot_compare(const struct report *const *reports, size_t n,
		 const struct plot_options *options, struct err *err);

/* Draws the table of a sweep (see sweep.gp) that the caller has written. */
int plot_sweep(const char *path, const struct plot_options *options,
	       struct err *err);

/* 0 if all of `kinds` exist; else says which does not. */
int plot_check_kinds(const char *kinds, struct err *err);

/* The names of all kinds with a word on each, a line each. */
void plot_list_kinds(FILE *out);

#endif
