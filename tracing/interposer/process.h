/*
 * What the interposer knows of the process that it is in.
 */
#ifndef TRACING_INTERPOSER_PROCESS_H
#define TRACING_INTERPOSER_PROCESS_H

#include <stdbool.h>
#include <stdint.h>

#include "tracing/board.h"

#define EXPORT	    __attribute__((visibility("default")))
#define likely(x)   __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

/* Where the caller of an interposed function goes on. */
#define SITE ((uint64_t)(uintptr_t)__builtin_return_address(0))

enum process_life {
	PROCESS_NEW,
	PROCESS_STARTING,
	PROCESS_LIVE,
	PROCESS_ENDED,
};

struct process {
	uint8_t tsc;	       /* ticks are TSC, else ns */
	uint8_t detail_all;    /* tell every section */
	uint8_t telling;       /* our constructor ran: events can be told */
	_Atomic uint8_t life;  /* enum process_life */
	uint32_t budget;       /* contended events a second and thread, or 0 */
	uint64_t window_ticks; /* a tenth of a second */
	uint64_t brief_ticks;  /* mean hold below which events disturb */
	/* What lasts as long is told beside the budget. */
	_Atomic uint64_t long_ticks;
	int32_t pid;
	int32_t outer_pid; /* what it is told as, see ids.h */
	uint64_t begin_ns;
	const struct board_session *session; /* NULL: none */
	int32_t end_status;
	uint8_t end_how; /* enum end_how */
	bool is_apart;	 /* in another PID namespace than the recorder */
};

extern struct process process;

/*
 * Starts what is not yet: real functions, session, board. True once the process
 * is recorded. Safe from any thread, at any time, before main() too.
 */
bool process_start(void);

/* Where its board lies; "": nowhere. */
const char *process_directory(void);

/*
 * In the child after fork(): who it is, before LTTng asks for it; then a board
 * of its own, its thread starts anew.
 */
void process_born(void);
void process_forked(int32_t ptid);

/* Tells the end, just before it. */
void process_end(int how, int status);

/* It did not end: exec failed. */
void process_resumes(void);

#endif
