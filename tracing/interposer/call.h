/* How a call that waits was made: without a time limit, or with which. */
#ifndef TRACING_INTERPOSER_CALL_H
#define TRACING_INTERPOSER_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

enum call_form {
	CALL_PLAIN,
	CALL_TIMED, /* until a time of the real-time clock */
	CALL_CLOCK, /* of the one that is named */
};

struct call {
	enum call_form form;
	clockid_t clock;
	const struct timespec *until;
};

/* A call with bad arguments may fail where a try would not: leave it alone. */
static inline bool call_is_plain(const struct call *call)
{
	if (call->form == CALL_PLAIN)
		return true;
	if (call->form == CALL_CLOCK && call->clock != CLOCK_MONOTONIC &&
	    call->clock != CLOCK_REALTIME)
		return false;
	return call->until && call->until->tv_nsec >= 0 &&
	       call->until->tv_nsec < 1000000000;
}

#endif
