/*
 * Times. Fast paths read the TSC where the session says that it can be used,
 * else CLOCK_MONOTONIC; both are called ticks.
 *
 * All threads of a process turn ticks into ns by the same line, so that what
 * follows in ticks follows in ns: were each thread to compare the two clocks by
 * itself, holds of one lock would overlap by some 20 ns.
 *
 * LTTng keeps its own clock for the stamps of events, although it can be given
 * another. Processes, and LTTng's daemon, share buffers in which no stamp may
 * be before the last: babeltrace2 reads no such trace. That takes one line for
 * all and a fence before the TSC is read, and then it is no faster: 20.7 ns to
 * the 22.0 of clock_gettime() (11.3 without the fence).
 */
#ifndef TRACING_INTERPOSER_CLOCK_H
#define TRACING_INTERPOSER_CLOCK_H

#include <stdint.h>
#include <time.h>

#include "tracing/interposer/process.h"

static inline uint64_t clock_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* clock_now_ns() where it must not cost a fast path its stack frame. */
uint64_t clock_far_ns(void);

static inline uint64_t clock_ticks(void)
{
	if (likely(process.tsc))
		return __builtin_ia32_rdtsc();
	return clock_far_ns();
}

/* Starts the line; process.tsc and process.session are set. */
void clock_start(void);

/* Holds the line to the clock, when it has not been for a while. */
void clock_sync(uint64_t ticks);

/* CLOCK_MONOTONIC ns of `ticks`. */
uint64_t clock_to_ns(uint64_t ticks);

/* Length in ns of `ticks`. */
uint64_t clock_span_ns(uint64_t ticks);

#endif
