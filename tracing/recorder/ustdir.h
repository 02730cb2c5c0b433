/*
 * What LTTng has written: the traces below OUT/ust, one for each user. Only
 * their metadata's packets and their index files are looked at.
 */
#ifndef TRACING_RECORDER_USTDIR_H
#define TRACING_RECORDER_USTDIR_H

#include <glib.h>
#include <stdint.h>

/* Adds a struct stream_count for each stream below the trace directory `out`.
 */
void ustdir_count(const char *out, GArray *streams);

/* Events that have been lost in all streams, as far as it is on disk. */
uint64_t ustdir_lost(const char *out);

/* The clock offset that LTTng wrote into its metadata; 0: none there yet. */
uint64_t ustdir_clock_offset(const char *out);

/*
 * After a disk that was full or a daemon that was killed: cuts off what was
 * written by half, so that the rest can be read. A trace without metadata, of
 * which nothing can be read, is removed.
 */
void ustdir_mend(const char *out);

#endif
