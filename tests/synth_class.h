/* What a part of a synthesised recording is made of, as Babeltrace has it. */
#ifndef TESTS_SYNTH_CLASS_H
#define TESTS_SYNTH_CLASS_H

#include <babeltrace2/babeltrace.h>
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "tests/synth.h"

#define KINDS_MAX 128
#define CPUS_MAX  256

struct stream {
	bt_stream *stream;
	bt_packet *packet; /* the open one, or NULL */
	unsigned int n;	   /* events in it */
	uint64_t last_ns;
	uint64_t end_ns; /* where it must end, 0: anywhere */
};

struct part {
	enum event_source source;
	const struct synth_flow *flow;
	bt_trace *trace;
	bt_stream_class *stream_class;
	bt_event_class *classes[KINDS_MAX];
	struct stream streams[CPUS_MAX];
	GQueue messages;
	bt_self_message_iterator *iterator;
	bool ended;
};

struct read_field;

/* Whether an earlier one of `fields` writes the same field of the trace. */
bool synth_is_repeated(const struct read_field *fields,
		       const struct read_field *field);

/* Ends the program unless `ok`, with Babeltrace's reasons why not. */
void synth_need(bool ok, const char *what);

/* The trace of `part`, with a class for each event that it may hold. */
void synth_make_trace(struct part *part, bt_self_component *self);

#endif
