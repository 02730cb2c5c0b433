/*
 * A run of events of one stream, with the strings and arrays that they borrow,
 * in one block of memory: what one process fills and another one hands over.
 */
#ifndef ANALYSIS_READ_BATCH_H
#define ANALYSIS_READ_BATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "analysis/event.h"

#define READ_TEXT_MAX	 4095 /* longer strings are cut */
#define READ_NUMBERS_MAX 64   /* longer arrays too */

struct read_batch {
	struct read_batch *link;  /* in a list of batches */
	size_t n, capacity, next; /* next: first one not yet handed over */
	size_t text_used, text_bytes;
	char *text; /* what the events borrow */
	struct event events[];
};

/* Bytes of memory that a batch of so many events takes. */
size_t read_batch_bytes(size_t capacity);

/* Makes an empty one in such memory, aligned as for malloc(). */
struct read_batch *read_batch_make(void *memory, size_t capacity);

/* Makes it empty, for use again. */
void read_batch_reset(struct read_batch *batch);

/* Whether it has room for one more event and all that it may borrow. */
bool read_batch_has_room(const struct read_batch *batch);

/* Returns the next event, zeroed; the batch must have room. */
struct event *read_batch_add(struct read_batch *batch);

/*
 * Returns room for `bytes`, aligned for any scalar, that lives as the events
 * do; NULL if an event borrows more than any does.
 */
void *read_batch_alloc(struct read_batch *batch, size_t bytes);

#endif
