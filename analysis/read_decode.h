/*
 * Babeltrace's messages to struct event, by the table of read_table.h. Shared
 * by the door to trace directories and by our Babeltrace plugin.
 */
#ifndef ANALYSIS_READ_DECODE_H
#define ANALYSIS_READ_DECODE_H

#include <babeltrace2/babeltrace.h>

#include "analysis/read.h"
#include "analysis/read_batch.h"

/* What is known of the streams seen; one thread at a time. */
struct read_decoder;

/*
 * The clock that all times are told in: that of the first stream seen. A zeroed
 * one is valid; one for all decoders of a recording.
 */
struct read_clock {
	bool known, has_uuid;
	uint8_t uuid[16];
	int64_t offset_ns;
};

/*
 * Stream names are told relative to `dir`; it and `clock` are borrowed.
 */
struct read_decoder *read_decoder_new(const char *dir,
				      struct read_clock *clock);
void read_decoder_free(struct read_decoder *decoder);

/*
 * Adds what `message` tells to `batch`: nothing or one event; the batch must
 * have room for one.
 */
void read_decode(struct read_decoder *decoder, const bt_message *message,
		 struct read_batch *batch);

/* Time stamp of the latest event, 0 before the first. */
uint64_t read_decoder_last_ns(const struct read_decoder *decoder);

/* The stream decoded last ended before its end. */
void read_decoder_mark_damaged(struct read_decoder *decoder);

/* Adds counts, and the streams seen, to `stats`. */
void read_decoder_stats(const struct read_decoder *decoder,
			struct read_stats *stats);

#endif
