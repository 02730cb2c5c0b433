#include "workloads/interp.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "tracing/holdup.h"
#include "workloads/common.h"

struct gil {
	uint64_t interval_ns;
	atomic_bool drop_request; /* read by the owner without the mutex */
	pthread_mutex_t mutex;
	pthread_cond_t given_up, taken;
	bool locked;	/* protected by mutex, as all below */
	uint64_t takes; /* to see whether it changed hands */
	uint64_t switches;
};

struct gil *gil_new(uint64_t interval_ns)
{
	struct gil *gil = must_alloc(1, sizeof(*gil));
	pthread_condattr_t attributes;

	gil->interval_ns = interval_ns;
	pthread_mutex_init(&gil->mutex, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&gil->given_up, &attributes);
	pthread_cond_init(&gil->taken, &attributes);
	pthread_condattr_destroy(&attributes);
	/* A lock of our own: the recorder must be told about it. */
	holdup_lock_name(HOLDUP_OWN, gil, "gil");
	return gil;
}

void gil_free(struct gil *gil)
{
	if (!gil)
		return;
	pthread_mutex_destroy(&gil->mutex);
	pthread_cond_destroy(&gil->given_up);
	pthread_cond_destroy(&gil->taken);
	free(gil);
}

uint64_t gil_switches(const struct gil *gil)
{
	return gil->switches;
}

static void gil_take(struct gil *gil)
{
	pthread_mutex_lock(&gil->mutex);
	if (gil->locked)
		holdup_lock_wait(gil, HOLDUP_WRITE);
	while (gil->locked) {
		uint64_t seen = gil->takes;
		uint64_t end_ns = clock_ns() + gil->interval_ns;
		struct timespec end = { .tv_sec = (time_t)(end_ns / S),
					.tv_nsec = (long)(end_ns % S) };
		int result = pthread_cond_timedwait(&gil->given_up, &gil->mutex,
						    &end);

		/* A whole interval, and nobody else got it either: ask. */
		if (result == ETIMEDOUT && gil->locked && gil->takes == seen)
			atomic_store(&gil->drop_request, true);
	}
	gil->locked = true;
	gil->takes++;
	atomic_store(&gil->drop_request, false);
	pthread_cond_signal(&gil->taken);
	pthread_mutex_unlock(&gil->mutex);
	holdup_lock_acquired(gil, HOLDUP_WRITE);
}

/* Asked to: waits until the other one has it, or it would win it right back. */
static void gil_drop(struct gil *gil, bool asked)
{
	uint64_t seen;

	holdup_lock_releasing(gil);
	pthread_mutex_lock(&gil->mutex);
	gil->locked = false;
	seen = gil->takes;
	gil->switches += asked;
	pthread_cond_signal(&gil->given_up);
	pthread_mutex_unlock(&gil->mutex);
	holdup_lock_released(gil);
	if (!asked)
		return;
	pthread_mutex_lock(&gil->mutex);
	while (gil->takes == seen)
		pthread_cond_wait(&gil->taken, &gil->mutex);
	pthread_mutex_unlock(&gil->mutex);
}

static void breathe(struct gil *gil)
{
	if (!gil ||
	    !atomic_load_explicit(&gil->drop_request, memory_order_relaxed))
		return;
	gil_drop(gil, true);
	gil_take(gil);
}

static void wait_for_input(struct gil *gil, uint64_t ns)
{
	if (gil)
		gil_drop(gil, false);
	slow_read(ns);
	if (gil)
		gil_take(gil);
}

uint64_t interp_run(const struct instruction *code, struct gil *gil)
{
	const struct instruction *at = code;
	uint64_t r[8] = { 0 };

	if (gil)
		gil_take(gil);
	for (;; at++) {
		switch (at->op) {
		case OP_SET:
			r[at->a] = at->value;
			break;
		case OP_ADD:
			r[at->a] += r[at->b];
			break;
		case OP_INC:
			r[at->a]++;
			break;
		case OP_JUMP_LESS:
			if (r[at->a] >= r[at->b])
				break;
			at = code + at->value - 1;
			breathe(gil);
			break;
		case OP_IO:
			wait_for_input(gil, at->value);
			break;
		case OP_END:
			if (gil)
				gil_drop(gil, false);
			return r[at->a];
		}
	}
}
