/*
 * A run of events of one stream, with the strings and arrays that they borrow:
 * what one thread fills and another one hands over.
 */
#ifndef ANALYSIS_READ_BATCH_H
#define ANALYSIS_READ_BATCH_H

#include <glib.h>
#include <stddef.h>

#include "analysis/event.h"

struct read_batch {
	struct event *events;
	size_t n, capacity, next; /* next: first one not yet handed over */
	char *text;		  /* what the events borrow */
	size_t text_used;
	GPtrArray *extra; /* what `text` has no room for */
};

struct read_batch *read_batch_new(size_t capacity);
void read_batch_free(struct read_batch *batch);

/* Makes it empty, for use again. */
void read_batch_reset(struct read_batch *batch);

/* Returns the next event, zeroed; the batch must have room. */
struct event *read_batch_add(struct read_batch *batch);

/* Returns room for `bytes`, aligned for any scalar; lives as the events do. */
void *read_batch_alloc(struct read_batch *batch, size_t bytes);

#endif
