#include "tracing/interposer/tell.h"

#include <errno.h>
#include <string.h>

#include "tracing/events.h"
#include "tracing/interposer/clock.h"

#define TELL_CASE(name)                                                     \
	case TELL_##name:                                                   \
		if (likely(lttng_ust_tracepoint_enabled(holdup, name)))     \
			lttng_ust_do_tracepoint(holdup, name, &fact->name); \
		else                                                        \
			self.slot->unheard++;                               \
		break;

/*
 * The one place that calls tracepoints; the thread is closed. They are enabled
 * before the program begins, but where the daemon had no CPU to do it in time:
 * then the program does not wait for it.
 */
/* NOLINTNEXTLINE(readability-function-cognitive-complexity): of their macros */
static void emit_one(enum tell_type type, const union fact *fact)
{
	switch (type) {
		TELL_EVENTS(TELL_CASE)
	case TELL_NTYPES:
		break;
	}
}

static void emit_module(const struct fact_module *module)
{
	emit_one(TELL_module, &(union fact){ .module = *module });
}

static void emit(enum tell_type type, const union fact *fact)
{
	if (unlikely(module_is_untold()))
		module_tell(emit_module);
	emit_one(type, fact);
}

static bool is_over(void)
{
	return !process.telling ||
	       (process.session &&
		atomic_load_explicit(&process.session->stopped,
				     memory_order_relaxed));
}

static void emit_pending(void)
{
	struct thread_more *more = self.more;
	uint32_t n = more->n_pending;

	more->n_pending = 0;
	self.pending = 0;
	self.attention = process.detail_all;
	for (uint32_t i = 0; i < n; i++) {
		struct pending *pending = &more->pending[i];

		if (pending->type == TELL_lock_order)
			pending->fact.lock_order.held = pending->list;
		emit(pending->type, &pending->fact);
	}
}

/*
 * A hold of a tenth of a millisecond in which so much happened is not made a
 * different one by the telling of it, and a thread that holds a lock for ever
 * would never tell.
 */
static bool is_held_long(void)
{
	return clock_ticks() - self.slot->held[0].acquired_ticks >=
	       process.window_ticks / 1000;
}

/* Keeps a copy; only facts without pointers, and lock_order, may be kept. */
static void keep(enum tell_type type, const union fact *fact)
{
	struct thread_more *more = self.more;
	struct pending *pending;

	/* An order is told once: that may cost the hold something. */
	if (more->n_pending == PENDING_MAX &&
	    (type == TELL_lock_order || is_held_long()))
		emit_pending();
	if (more->n_pending == PENDING_MAX) {
		self.slot->pending_lost++;
		return;
	}
	pending = &more->pending[more->n_pending];
	pending->type = type;
	pending->fact = *fact;
	if (type == TELL_lock_order)
		memcpy(pending->list, fact->lock_order.held,
		       sizeof(uint64_t) * fact->lock_order.n_held);
	more->n_pending++;
	self.pending = 1;
	self.attention = 1;
}

/* In a signal handler that came into a wait the thread does not run on. */
static bool may_tell(void)
{
	const struct board_slot *slot = self.slot;

	return !atomic_load_explicit(&slot->n_held, memory_order_relaxed) ||
	       atomic_load_explicit(&slot->in, memory_order_relaxed);
}

void tell(enum tell_type type, const union fact *fact)
{
	struct closed closed;

	if (is_over())
		return;
	closed = thread_close();
	if (may_tell()) {
		emit_pending();
		emit(type, fact);
	} else {
		keep(type, fact);
	}
	thread_open(closed);
}

void tell_now(enum tell_type type, const union fact *fact)
{
	struct closed closed;

	if (is_over())
		return;
	closed = thread_close();
	emit_pending();
	emit(type, fact);
	thread_open(closed);
}

void tell_at_once(enum tell_type type, const union fact *fact)
{
	struct closed closed;

	if (is_over())
		return;
	closed = thread_close();
	emit(type, fact);
	thread_open(closed);
}

void tell_pending(void)
{
	struct closed closed;

	if (!self.pending)
		return;
	closed = thread_close();
	if (!is_over())
		emit_pending();
	thread_open(closed);
}

void tell_modules(void)
{
	struct closed closed;

	if (is_over() || !module_is_untold())
		return;
	closed = thread_close();
	module_tell(emit_module);
	thread_open(closed);
}

static uint32_t draw(struct budget *budget)
{
	uint32_t x = budget->random;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	budget->random = x;
	return x;
}

/* Its mean is `every`: a fixed stride would fall in step with the program. */
static void arm(struct budget *budget)
{
	budget->countdown = 1;
	if (budget->every > 1)
		budget->countdown += draw(budget) % (2 * budget->every - 1);
}

/* The recorder may have lowered it. */
static uint32_t limit_now(void)
{
	uint32_t a_second = process.budget;
	uint64_t long_ticks;

	if (process.session)
		a_second = atomic_load_explicit(&process.session->budget,
						memory_order_relaxed);
	long_ticks = process.window_ticks * 10 / (a_second + !a_second);
	if (long_ticks !=
	    atomic_load_explicit(&process.long_ticks, memory_order_relaxed))
		atomic_store_explicit(&process.long_ticks, long_ticks,
				      memory_order_relaxed);
	return a_second / 10;
}

uint32_t tell_weight(struct budget *budget, uint64_t ticks)
{
	uint32_t weight;

	if (!process.budget)
		return 1;
	if (ticks >= budget->end_ticks) {
		budget->limit = limit_now() >> budget->shift;
		budget->every = budget->seen / (budget->limit + 1) + 1;
		budget->end_ticks = ticks + process.window_ticks;
		budget->seen = 0;
		budget->told = 0;
		if (!budget->random)
			budget->random = (uint32_t)self.tid * 2654435761u | 1;
		arm(budget);
	}
	budget->seen++;
	if (--budget->countdown)
		return 0;
	weight = budget->every;
	if (++budget->told >= budget->limit) {
		budget->told = 0;
		budget->every *= 2;
	}
	arm(budget);
	return weight;
}
