/* One part of a synthesised recording, written through Babeltrace. */
#ifndef TESTS_SYNTH_PART_H
#define TESTS_SYNTH_PART_H

#include "tests/synth.h"

/* Writes all events of `flow` that belong to `source` into `path`. */
void synth_part_write(const char *path, enum event_source source,
		      const struct synth_flow *flow);

/* Which part an event belongs to. */
enum event_source synth_source(const struct event *event);

#endif
