/*
 * The clocks of a recording: CLOCK_MONOTONIC, its distance from the wall clock,
 * and the time stamp counter measured against it. All times are ns.
 */
#ifndef TRACING_RECORDER_CLOCK_H
#define TRACING_RECORDER_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

uint64_t clock_ns(void);

/* What to add to CLOCK_MONOTONIC to get ns since the Unix epoch. */
uint64_t clock_epoch_offset(void);

/* The boot id as text, 36 characters and a NUL; zeros where unknown. */
void clock_boot_id(char out[37]);

/* One reading of both clocks; ticks are ns where the TSC cannot be used. */
struct clock_pair {
	uint64_t ticks, ns;
};

/* Whether the TSC runs at one rate on all CPUs and never stops. */
bool clock_tsc_usable(void);

struct clock_pair clock_pair_read(bool tsc);

/* ns per tick as a 32.32 fixed-point number, as measured between the two. */
uint64_t clock_rate_q32(struct clock_pair first, struct clock_pair last);

uint64_t clock_ticks_to_ns(uint64_t ticks, uint64_t rate_q32);

#endif
