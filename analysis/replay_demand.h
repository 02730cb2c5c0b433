/*
 * How the recorded threads shared the CPUs: which part of their waiting for one
 * their own number explains. How many CPUs they really got then says what
 * others (programs, the kernel, switches) took of them. What they waited for a
 * CPU while there were enough no simulation finds out: it stays as it was.
 */
#ifndef ANALYSIS_REPLAY_DEMAND_H
#define ANALYSIS_REPLAY_DEMAND_H

#include <stddef.h>
#include <stdint.h>

enum demand_kind {
	DEMAND_READY,	/* a thread wants a CPU */
	DEMAND_RUNNING, /* a thread has one */
	DEMAND_IDLE,	/* a CPU that nobody has, as far as told */
};

struct demand_span {
	uint64_t begin, end;
	uint8_t kind; /* enum demand_kind */
};

struct demand;

struct demand *demand_new(const struct demand_span *spans, size_t n,
			  uint32_t cpus);
void demand_free(struct demand *demand);

/* The part of being ready in [from, to) that comes from their number. */
uint64_t demand_ready(const struct demand *demand, uint64_t from, uint64_t to);

/* CPUs / those that they got, while they wanted more than there are. */
double demand_slowdown(const struct demand *demand);

/* The share of their computing during which they wanted more than there are. */
double demand_crowded(const struct demand *demand);

/* How long they lacked one of them at a stretch, by time. */
uint64_t demand_foreign_slice(const struct demand *demand);

/*
 * The part of [from, to) that a thread said to be running was not: without a
 * scheduler's word, more may seem to run than there are CPUs.
 */
uint64_t demand_not_running(const struct demand *demand, uint64_t from,
			    uint64_t to);

#endif
