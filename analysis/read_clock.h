/* Times of Babeltrace's messages, on the one time line of a recording. */
#ifndef ANALYSIS_READ_CLOCK_H
#define ANALYSIS_READ_CLOCK_H

#include <babeltrace2/babeltrace.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * The clock that all times are told in: that of the first stream seen. A zeroed
 * one is valid; one for all decoders of a recording.
 */
struct read_clock {
	bool known, has_uuid;
	uint8_t uuid[16];
	int64_t offset_ns;
};

/* How the clock of a stream is read. */
struct read_time {
	bool known; /* false: it has none */
	uint64_t hz;
	int64_t shift_ns;
};

/* Of the streams of a class; the first one with a clock sets `clock`. */
struct read_time read_time_of(struct read_clock *clock,
			      const bt_stream_class *class);

uint64_t read_time_ns(const struct read_time *time,
		      const bt_clock_snapshot *snapshot);

/* The time that a message of such a stream tells; false if it tells none. */
bool read_time_of_message(const struct read_time *time,
			  const bt_stream_class *class,
			  const bt_message *message, uint64_t *ns);

#endif
