#include "tracing/interposer/clock.h"

#include <stdatomic.h>

#define SYNC_TICKS  ((uint64_t)1 << 28) /* a tenth of a second or so */
#define PAIRS	    8
#define STEP_NS	    1000000    /* a larger error is not steered away */
#define STEER_NS    1000000000 /* an error is gone after this long */
#define QUIET_TICKS 300	       /* two readings so close were not interrupted */

__extension__ typedef unsigned __int128 wide;

struct line {
	_Atomic uint64_t ticks;
	_Atomic uint64_t ns;
	_Atomic uint64_t scale; /* ns a tick, << 32 */
};

/*
 * Readers take the current one of the two; a writer fills the other and turns.
 * It would have to turn twice within one reading to do harm.
 */
static struct line lines[2];
static _Atomic uint32_t turns; /* its lowest bit: the current line */
static _Atomic uint32_t writing;

static const struct line *current(void)
{
	return &lines[atomic_load_explicit(&turns, memory_order_acquire) & 1];
}

static uint64_t scaled(uint64_t ticks, uint64_t scale)
{
	return (uint64_t)((wide)ticks * scale >> 32);
}

static uint64_t session_scale(void)
{
	return atomic_load_explicit(&process.session->ns_per_tick_q32,
				    memory_order_relaxed);
}

uint64_t clock_far_ns(void)
{
	return clock_now_ns();
}

/* The same instant in both, as well as can be seen. */
static void read_pair(uint64_t *ticks, uint64_t *ns)
{
	uint64_t best = UINT64_MAX;

	for (int i = 0; i < PAIRS && best > QUIET_TICKS; i++) {
		uint64_t before = clock_ticks();
		uint64_t now = clock_now_ns();
		uint64_t after = clock_ticks();

		if (after - before >= best)
			continue;
		best = after - before;
		*ticks = before + best / 2;
		*ns = now;
	}
}

static void turn(uint64_t ticks, uint64_t ns, uint64_t scale)
{
	uint32_t n = atomic_load_explicit(&turns, memory_order_relaxed);
	struct line *line = &lines[(n + 1) & 1];

	atomic_store_explicit(&line->ticks, ticks, memory_order_relaxed);
	atomic_store_explicit(&line->ns, ns, memory_order_relaxed);
	atomic_store_explicit(&line->scale, scale, memory_order_relaxed);
	atomic_store_explicit(&turns, n + 1, memory_order_release);
}

void clock_start(void)
{
	uint64_t ticks = 0;
	uint64_t ns = 0;

	if (!process.tsc)
		return;
	atomic_store(&writing, 0);
	read_pair(&ticks, &ns);
	turn(ticks, ns, session_scale());
}

/* Goes on where the old line is, and steers towards the clock. */
static void steer(void)
{
	uint64_t ticks = 0;
	uint64_t ns = 0;
	uint64_t told;
	int64_t error;

	read_pair(&ticks, &ns);
	told = clock_to_ns(ticks);
	error = (int64_t)(ns - told);
	if (error > STEP_NS || error < -STEP_NS)
		turn(ticks, ns, session_scale());
	else
		turn(ticks, told,
		     (uint64_t)((int64_t)session_scale() +
				error * (int64_t)(session_scale() >> 16) /
					(STEER_NS >> 16)));
}

void clock_sync(uint64_t ticks)
{
	uint32_t none = 0;

	if (!process.tsc || ticks - atomic_load_explicit(&current()->ticks,
							 memory_order_relaxed) <
				    SYNC_TICKS)
		return;
	if (!atomic_compare_exchange_strong(&writing, &none, 1))
		return;
	steer();
	atomic_store_explicit(&writing, 0, memory_order_release);
}

uint64_t clock_span_ns(uint64_t ticks)
{
	return process.tsc ? scaled(ticks, session_scale()) : ticks;
}

uint64_t clock_to_ns(uint64_t ticks)
{
	const struct line *line;
	uint32_t before;
	uint64_t base;
	uint64_t scale;
	uint64_t ns;

	if (!process.tsc)
		return ticks;
	do {
		before = atomic_load_explicit(&turns, memory_order_acquire);
		line = &lines[before & 1];
		base = atomic_load_explicit(&line->ticks, memory_order_relaxed);
		ns = atomic_load_explicit(&line->ns, memory_order_relaxed);
		scale = atomic_load_explicit(&line->scale,
					     memory_order_relaxed);
		atomic_thread_fence(memory_order_acquire);
	} while (atomic_load_explicit(&turns, memory_order_relaxed) - before >
		 1);
	if (ticks >= base)
		return ns + scaled(ticks - base, scale);
	return ns - scaled(base - ticks, scale);
}
