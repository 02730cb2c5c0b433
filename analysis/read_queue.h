/*
 * Lanes of events, each in time order, between the thread that decodes and the
 * one that hands over: merged into one flow by time, in bounded memory. Events
 * of the same time go by the number of their lane, so that the flow does not
 * depend on the pace of either thread.
 */
#ifndef ANALYSIS_READ_QUEUE_H
#define ANALYSIS_READ_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analysis/read_batch.h"

struct read_queue;

struct read_queue *read_queue_new(size_t lanes);
void read_queue_free(struct read_queue *queue);

/* For the decoding thread. */

/* The lane to read on in, or -1 once all have ended. */
long read_queue_next(struct read_queue *queue);

/* An empty batch to fill; waits until there is one. */
struct read_batch *read_queue_take(struct read_queue *queue);

/*
 * Gives a batch back as the next part of a lane, of which no event will come
 * before `until_ns`. The lane must be the one that read_queue_next() told.
 */
void read_queue_put(struct read_queue *queue, size_t lane,
		    struct read_batch *batch, uint64_t until_ns, bool ended);

/* For the thread that hands over. */

/*
 * Returns the next run of events, at least one, all of one lane, and sets `n`;
 * waits for them. NULL at the end of all lanes. Valid until the next call.
 */
const struct event *read_queue_merge(struct read_queue *queue, size_t *n);

#endif
