/*
 * A small interpreter, with or without a global interpreter lock.
 *
 * Code is an array of instructions for a machine with a few registers. The lock
 * works as CPython's does: a flag guarded by a mutex and a condition; whoever
 * wants it waits for the switch interval, then sets a request; the running
 * thread sees the request at its next jump back, gives the lock up, and waits
 * until somebody else has taken it. Around I/O the lock is given up of itself.
 */
#ifndef WORKLOADS_INTERP_H
#define WORKLOADS_INTERP_H

#include <stdbool.h>
#include <stdint.h>

enum opcode {
	OP_SET,	      /* r[a] = value */
	OP_ADD,	      /* r[a] += r[b] */
	OP_INC,	      /* r[a] += 1 */
	OP_JUMP_LESS, /* if r[a] < r[b]: go to `value` */
	OP_IO,	      /* wait for input for `value` ns */
	OP_END,	      /* the result is r[a] */
};

struct instruction {
	enum opcode op;
	uint8_t a, b;
	uint64_t value;
};

struct gil;

struct gil *gil_new(uint64_t interval_ns);
void gil_free(struct gil *gil);

/* How often it changed hands because somebody asked for it. */
uint64_t gil_switches(const struct gil *gil);

/* Runs code to its end under `gil` (NULL: no lock); returns its result. */
uint64_t interp_run(const struct instruction *code, struct gil *gil);

#endif
