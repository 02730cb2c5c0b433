/*
 * Traces of known truth: writes a trace directory as the recorder leaves it
 * (ust/, kernel/, board/, holdup.json) from events that a test makes up.
 *
 *	struct synth *s = synth_new(dir);
 *
 *	synth_lock_wait(s, 150, 1, 2, 0xa, 3);
 *	synth_lock_held(s, 400, 1, 2, 0xa, 150, 200, 390);
 *	synth_switch(s, 160, 0, 2, 1, 0);
 *	synth_write(s);
 *
 * Events may be added in any order; each stands in the trace at its ts_ns, in
 * the stream of its `cpu` (-1: 0). Strings and arrays are copied. Everything
 * aborts on failure: a test that cannot write has nothing to test.
 */
#ifndef TESTS_SYNTH_H
#define TESTS_SYNTH_H

#include <stdint.h>

#include "analysis/event.h"

struct synth;

/* Makes `dir`, which must not exist. */
struct synth *synth_new(const char *dir);

/*
 * Any event that holdup knows, also those of enum read_private_type; goes to
 * the part that the recorder would use.
 */
void synth_event(struct synth *synth, const struct event *event);

/* A stream lost events; the next one on its CPU comes after `end_ns`. */
void synth_discarded(struct synth *synth, enum event_source source, int32_t cpu,
		     uint64_t begin_ns, uint64_t end_ns, uint64_t count);

/* Text of holdup.json; none is written without it. */
void synth_manifest(struct synth *synth, const char *json);

/* Events of a packet at most; 64 if not said. */
void synth_packet_events(struct synth *synth, unsigned int n);

/* Writes it all, and frees the synth. */
void synth_write(struct synth *synth);

/*
 * For traces that are too large to be kept: `next` sets the next event, in
 * order of time, and returns 0 at the end; it is run through once for each
 * part, after `rewind`. Parts without events are not written.
 */
struct synth_flow {
	void (*rewind)(void *data);
	int (*next)(void *data, struct event *event);
	void *data;
	unsigned int packet_events; /* 0: 64 */
};

void synth_write_flow(const char *dir, const struct synth_flow *flow);

/* Short forms. Locks are mutexes in write mode, sites are lock + 0x100000. */
void synth_process_start(struct synth *synth, uint64_t ts_ns, int32_t pid,
			 const char *executable);
void synth_process_end(struct synth *synth, uint64_t ts_ns, int32_t pid,
		       int32_t status);
void synth_thread_start(struct synth *synth, uint64_t ts_ns, int32_t pid,
			int32_t tid, int32_t creator);
void synth_thread_exit(struct synth *synth, uint64_t ts_ns, int32_t pid,
		       int32_t tid);
void synth_lock_wait(struct synth *synth, uint64_t ts_ns, int32_t pid,
		     int32_t tid, uint64_t lock, int32_t owner);
void synth_lock_held(struct synth *synth, uint64_t ts_ns, int32_t pid,
		     int32_t tid, uint64_t lock, uint64_t wait_begin_ns,
		     uint64_t acquired_ns, uint64_t released_ns);
void synth_lock_stats(struct synth *synth, uint64_t ts_ns, int32_t pid,
		      int32_t tid, uint64_t lock, uint64_t acquisitions,
		      uint64_t contended, uint64_t hold_ns, uint64_t wait_ns);
/* `prev_state` 0: it was preempted. */
void synth_switch(struct synth *synth, uint64_t ts_ns, int32_t cpu,
		  int32_t prev_tid, int64_t prev_state, int32_t next_tid);
void synth_waking(struct synth *synth, uint64_t ts_ns, int32_t cpu, int32_t tid,
		  int32_t target_cpu);

#endif
