/*
 * Merges the lanes of a queue into one flow by time, in bounded memory. Events
 * of the same time go by the number of their lane, so that the flow does not
 * depend on the pace of either process.
 */
#ifndef ANALYSIS_READ_MERGE_H
#define ANALYSIS_READ_MERGE_H

#include "analysis/read_queue.h"

struct read_merge;

/* `queue` is borrowed, and its child must be running. */
struct read_merge *read_merge_new(struct read_queue *queue);
void read_merge_free(struct read_merge *merge);

/*
 * Returns the next run of events, at least one, all of one lane, and sets `n`;
 * waits for them. NULL at the end of all lanes, or if the child died before.
 * Valid until the next call.
 */
const struct event *read_merge_next(struct read_merge *merge, size_t *n);

/* The lane of the events that were returned last. */
size_t read_merge_lane(const struct read_merge *merge);

/*
 * After the end: how the child ended, as waitpid() tells; -1 if it was killed
 * because it got nowhere.
 */
int read_merge_status(const struct read_merge *merge);

#endif
