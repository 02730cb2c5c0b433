/*
 * What a record of perf_event says: of a tracepoint, whose fields lie where its
 * format says, or of the kernel's own.
 */
#ifndef TRACING_RECORDER_RINGS_DECODE_H
#define TRACING_RECORDER_RINGS_DECODE_H

#include <stdint.h>

#include "tracing/recorder/rings.h"

/* A field of a tracepoint's raw record. */
struct field {
	uint32_t at, bytes;
};

enum point {
	POINT_SWITCH,
	POINT_WAKING,
	POINT_NEW,
	N_POINTS,
};

struct point_layout {
	uint16_t id;
	struct field comm, pid, prio, cpu; /* of a wake-up */
	struct field prev_comm, prev_pid, prev_prio, prev_state;
	struct field next_comm, next_pid, next_prio;
};

/*
 * Fills `out` from the record that begins at `at` and does not wrap. Its type
 * stays RING_NONE where it means nothing. `points`: N_POINTS of them.
 */
void rings_decode(const struct point_layout *points, const uint8_t *at,
		  struct ring_record *out);

#endif
