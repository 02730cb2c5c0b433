/* Opens a CTF trace, or what damage has left of it. */
#ifndef ANALYSIS_READ_OPEN_H
#define ANALYSIS_READ_OPEN_H

#include "analysis/read_graph.h"
#include "analysis/read_repair.h"

struct read_opened {
	struct read_graph *graph;
	struct read_repair *repair; /* NULL: the trace is whole */
};

/*
 * Opens the trace in `path`, called `name` below `dir`. What cannot be read of
 * it is told in `notes`. Returns -1 if nothing of it can.
 */
int read_open(const char *path, const char *dir, const char *name,
	      struct read_clock *clock, GPtrArray *notes,
	      struct read_opened *opened);

void read_opened_close(struct read_opened *opened);

#endif
