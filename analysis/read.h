/*
 * From a trace directory to a flow of struct event, in time order.
 *
 * A directory is read as it lies: every CTF trace below it, made by holdup's
 * recorder or by anybody's LTTng. Times are CLOCK_MONOTONIC ns.
 */
#ifndef ANALYSIS_READ_H
#define ANALYSIS_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analysis/event.h"
#include "tracing/base/err.h"

#define READ_NS_MAX (UINT64_C(1) << 62) /* no time stamp is beyond it */

struct read_options {
	/*
	 * Told now and then, where set, with 0 to 1: how far between these
	 * times the reading is.
	 */
	uint64_t begin_ns, end_ns;
	void (*progress)(void *data, double ratio);
	void *progress_data;
};

struct read_stream { /* one file of events, or a row of them */
	char *name;  /* relative to the directory */
	enum event_source source;
	int32_t cpu; /* -1 unknown */
	uint64_t events;
	uint64_t discarded; /* by the tracer, as it counted */
	uint64_t gaps;	    /* spans in which it discarded */
	bool damaged;	    /* ends before its end */
	bool threadless;    /* no event of it says which thread told it */
};

struct read_stats {
	uint64_t events;  /* handed over, EVENT_DISCARDED apart */
	uint64_t unknown; /* events that holdup does not know */
	uint64_t late;	  /* told out of order: moved to where they stand */
	uint64_t discarded[SOURCE_NSOURCES];
	uint64_t traces[SOURCE_NSOURCES];
	uint64_t begin_ns, end_ns; /* first and last event */
	bool truncated;
	size_t n_streams;
	struct read_stream *streams;
	size_t n_notes;
	char **notes; /* what is wrong and where, a line each */
};

typedef void (*read_callback)(void *data, const struct event *event);

/*
 * Reads all of `dir` and calls `on_event`, in the thread of the caller, for
 * each event that holdup knows, in the order of ts_ns. Returns 0 once all that
 * is readable was handed over; damage is in `stats` then. A
 * process of its own decodes, so that nothing in a trace can end the caller.
 * Returns -1, with one line that says what is wrong, if nothing could be read;
 * `stats` is set in both cases and cleared by the caller. `options` may be
 * NULL.
 */
int read_trace(const char *dir, const struct read_options *options,
	       read_callback on_event, void *data, struct read_stats *stats,
	       struct err *err);

void read_stats_clear(struct read_stats *stats);

#endif
