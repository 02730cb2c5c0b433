/* The process that reads with Babeltrace, and fills a queue. */
#ifndef ANALYSIS_READ_CHILD_H
#define ANALYSIS_READ_CHILD_H

#include <glib.h>

#include "analysis/read_queue.h"
#include "tracing/base/err.h"

/*
 * Starts a process that reads the CTF traces in `paths` (below `dir`) and puts
 * their events into `queue`, and ends then. Sets queue->child.
 */
int read_child_start(struct read_queue *queue, const char *dir,
		     const GPtrArray *paths, struct err *err);

#endif
