/*
 * Babeltrace's messages to struct event, by the table of read_table.h. Shared
 * by the door to trace directories and by our Babeltrace plugin.
 */
#ifndef ANALYSIS_READ_DECODE_H
#define ANALYSIS_READ_DECODE_H

#include <babeltrace2/babeltrace.h>

#include "analysis/read.h"
#include "analysis/read_batch.h"
#include "analysis/read_clock.h"

/* What is known of the streams seen; one thread at a time. */
struct read_decoder;

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

/*
 * To be called before a batch is handed over, whose times stand from then on,
 * with the message that comes next in the stream decoded last, or NULL. Returns
 * the time before which no event of this stream will come any more.
 */
uint64_t read_decoder_settle(struct read_decoder *decoder,
			     const bt_message *next, struct read_batch *batch);

/* The same for all streams, where messages come merged already. */
void read_decoder_settle_all(struct read_decoder *decoder);

/*
 * The stream decoded last cannot be read on, before its end: returns a line
 * that says so, which the caller frees. `trace` is where it lies.
 */
char *read_decoder_damaged(struct read_decoder *decoder, const char *trace);

/* The stream decoded last, or NULL, and what is counted of all of them. */
const struct read_stream *
read_decoder_stream(const struct read_decoder *decoder, uint64_t *unknown,
		    uint64_t *late);

/* Adds counts, and the streams seen, to `stats`. */
void read_decoder_stats(const struct read_decoder *decoder,
			struct read_stats *stats);

#endif
