/*
 * Reports of known truth for the tests of plots/, made without a recording: a
 * small simulation of threads that take locks in turn.
 */
#ifndef TESTS_UNIT_PLOT_SHAPES_H
#define TESTS_UNIT_PLOT_SHAPES_H

#include "analysis/report.h"

struct shape {
	const char *name;
	const char *about;
	struct report *(*make)(void);
};

extern const struct shape shapes[];
extern const size_t n_shapes;

/* The report of the shape called `name`; the caller frees it. */
struct report *shape_make(const char *name);

#endif
