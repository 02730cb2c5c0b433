/* The truth of an ensemble, computed the slow way. */
#include "tests/ensemble.h"

#include <glib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/feed.h"

/* As in the model: a wait that begins so soon after another. */
#define AT_ONCE_NS 2000
#define REWAIT_NS  1000000

static uint64_t overlap(uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	uint64_t from = MAX(a, c), to = MIN(b, d);

	return from < to ? to - from : 0;
}

static enum state state_in(enum ensemble_object object)
{
	switch (object) {
	case ENSEMBLE_SEMAPHORE:
		return STATE_SEMAPHORE;
	case ENSEMBLE_CONDITION:
		return STATE_COND;
	case ENSEMBLE_BARRIER:
		return STATE_BARRIER;
	case ENSEMBLE_THREAD:
		return STATE_JOIN;
	default:
		return STATE_LOCK;
	}
}

static void compare_states(const struct ensemble *e, const struct report *out)
{
	for (int t = 0; t < e->threads; t++) {
		const struct thread *row = feed_thread(out, ENSEMBLE_TID + t);
		uint64_t truth[STATE_N] = { 0 };

		truth[STATE_RUNNING] = e->end[t] - e->begin[t];
		for (int i = 0; i < e->n_waits; i++) {
			const struct ensemble_wait *w = &e->waits[i];

			if (w->thread != t)
				continue;
			truth[state_in(w->object)] += w->end - w->begin;
			truth[STATE_RUNNING] -= w->end - w->begin;
		}
		for (int s = 0; s < STATE_N; s++)
			assert_int_equal(row->state_ns[s], truth[s]);
	}
}

/* Of the time from `from` to `to`, what the owner is to blame for. */
static uint64_t blame_piece(const struct ensemble *e, enum ensemble_object lock,
			    int owner, uint64_t from, uint64_t to)
{
	uint64_t holders = 0, mine = 0;

	for (int i = 0; i < e->n_holds; i++) {
		const struct ensemble_hold *h = &e->holds[i];

		if (h->object != lock || h->acquired > from || h->released < to)
			continue;
		holders++;
		mine += h->thread == owner;
	}
	if (holders)
		assert_int_equal((to - from) % holders, 0);
	return holders ? (to - from) / holders * mine : 0;
}

static int by_number(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* All points where a hold of the lock begins or ends. */
static GArray *cuts_of(const struct ensemble *e, enum ensemble_object lock)
{
	GArray *cuts = g_array_new(FALSE, FALSE, sizeof(uint64_t));

	for (int i = 0; i < e->n_holds; i++)
		if (e->holds[i].object == lock) {
			g_array_append_val(cuts, e->holds[i].acquired);
			g_array_append_val(cuts, e->holds[i].released);
		}
	g_array_sort(cuts, by_number);
	return cuts;
}

static uint64_t lock_blame(const struct ensemble *e, enum ensemble_object lock,
			   int waiter, int owner)
{
	GArray *cuts = cuts_of(e, lock);
	uint64_t ns = 0;

	for (int i = 0; i < e->n_waits; i++) {
		const struct ensemble_wait *w = &e->waits[i];
		uint64_t at = w->begin;

		if (w->object != lock || w->thread != waiter)
			continue;
		for (guint c = 0; c < cuts->len && at < w->end; c++) {
			uint64_t cut =
				MIN(g_array_index(cuts, uint64_t, c), w->end);

			if (cut <= at)
				continue;
			ns += blame_piece(e, lock, owner, at, cut);
			at = cut;
		}
		if (at < w->end)
			ns += blame_piece(e, lock, owner, at, w->end);
	}
	g_array_free(cuts, TRUE);
	return ns;
}

static uint64_t object_blame(const struct ensemble *e,
			     enum ensemble_object object, int waiter, int owner)
{
	uint64_t ns = 0;

	for (int i = 0; i < e->n_waits; i++) {
		const struct ensemble_wait *w = &e->waits[i];

		if (w->object == object && w->thread == waiter &&
		    w->waker == owner && owner != waiter)
			ns += w->woken - w->begin;
	}
	return ns;
}

static void compare_blame(const struct ensemble *e, const struct report *out,
			  enum ensemble_object object)
{
	for (int waiter = 0; waiter < e->threads; waiter++)
		for (int owner = 0; owner < e->threads; owner++)
			assert_int_equal(
				feed_blame(out, ensemble_address(object),
					   ENSEMBLE_TID + waiter,
					   ENSEMBLE_TID + owner),
				object < ENSEMBLE_NLOCKS
					? lock_blame(e, object, waiter, owner)
					: object_blame(e, object, waiter,
						       owner));
}

static void compare_waits(const struct ensemble *e, const struct lock *row,
			  enum ensemble_object object)
{
	uint64_t count = 0, total = 0, most = 0, gave_up = 0;
	uint64_t by_mode[LOCK_NMODES] = { 0 };
	uint32_t deepest = 0;

	for (int i = 0; i < e->n_waits; i++) {
		const struct ensemble_wait *w = &e->waits[i];
		uint32_t depth = 0;

		if (w->object != object)
			continue;
		count++;
		gave_up += w->gave_up;
		total += w->end - w->begin;
		by_mode[w->mode] += w->end - w->begin;
		most = MAX(most, w->end - w->begin);
		for (int j = 0; j < e->n_waits; j++)
			depth += e->waits[j].object == object &&
				 e->waits[j].begin <= w->begin &&
				 e->waits[j].end > w->begin;
		deepest = MAX(deepest, depth);
	}
	assert_int_equal(row->wait.count, count);
	assert_int_equal(row->wait.total, total);
	assert_int_equal(row->wait.max, most);
	assert_int_equal(row->wait_by_mode[LOCK_READ].total,
			 by_mode[LOCK_READ]);
	assert_int_equal(row->wait_by_mode[LOCK_WRITE].total,
			 by_mode[LOCK_WRITE]);
	assert_int_equal(row->queue_max, deepest);
	if (object >= ENSEMBLE_NLOCKS)
		assert_int_equal(row->waits, count);
	else
		assert_int_equal(row->gave_up, gave_up);
}

/* What the owner of a hold did in it: all that is no wait is running. */
static void add_parts(const struct ensemble *e, const struct ensemble_hold *h,
		      uint64_t *parts)
{
	uint64_t rest = h->released - h->acquired;

	for (int i = 0; i < e->n_waits; i++) {
		const struct ensemble_wait *w = &e->waits[i];
		uint64_t ns =
			overlap(h->acquired, h->released, w->begin, w->end);

		if (w->thread != h->thread)
			continue;
		parts[w->object < ENSEMBLE_NLOCKS ? HOLD_LOCK : HOLD_OTHER] +=
			ns;
		rest -= ns;
	}
	parts[HOLD_RUNNING] += rest;
}

static void compare_holds(const struct ensemble *e, const struct lock *row,
			  enum ensemble_object lock)
{
	uint64_t count[LOCK_NMODES] = { 0 }, contended = 0, again = 0, held = 0;
	uint64_t parts[HOLD_NPARTS] = { 0 };
	GArray *cuts = cuts_of(e, lock);

	for (int i = 0; i < e->n_holds; i++) {
		const struct ensemble_hold *h = &e->holds[i];

		if (h->object != lock)
			continue;
		count[h->mode]++;
		contended += h->waited != 0;
		again += h->after_wait;
		add_parts(e, h, parts);
	}
	for (guint c = 0; c + 1 < cuts->len; c++) {
		uint64_t from = g_array_index(cuts, uint64_t, c);
		uint64_t to = g_array_index(cuts, uint64_t, c + 1);

		for (int i = 0; i < e->n_holds; i++)
			if (e->holds[i].object == lock &&
			    e->holds[i].acquired <= from &&
			    e->holds[i].released >= to) {
				held += to - from;
				break;
			}
	}
	g_array_free(cuts, TRUE);
	assert_int_equal(row->acquisitions,
			 count[LOCK_READ] + count[LOCK_WRITE]);
	assert_int_equal(row->contended, contended);
	assert_int_equal(row->cond_relocks, again);
	assert_int_equal(row->held_ns, held);
	for (int p = 0; p < HOLD_NPARTS; p++)
		assert_int_equal(row->hold_parts_ns[p], parts[p]);
	if (lock == ENSEMBLE_RWLOCK) {
		assert_int_equal(row->read_acquisitions, count[LOCK_READ]);
		assert_int_equal(row->write_acquisitions, count[LOCK_WRITE]);
	}
}

/* What a thread's waits for the condition were, one after the other. */
struct again {
	uint64_t stolen;  /* began as soon as one had ended */
	uint64_t rewaits; /* ... within 1 ms of having been woken with all
			     others, the mutex in hand all the time between */
	uint64_t rewait_ns;
};

static void add_again(const struct ensemble *e, int thread, struct again *sum)
{
	const struct ensemble_wait *last = NULL;

	for (int i = 0; i < e->n_waits; i++) {
		const struct ensemble_wait *w = &e->waits[i];

		if (w->thread != thread || w->object != ENSEMBLE_CONDITION)
			continue;
		if (last && !last->gave_up && w->begin - last->end < AT_ONCE_NS)
			sum->stolen++;
		if (last && last->by_all && w->again &&
		    w->begin - last->end < REWAIT_NS) {
			sum->rewaits++;
			sum->rewait_ns += w->begin - last->woken;
		}
		last = w;
	}
}

static void compare_condition(const struct ensemble *e, const struct lock *row)
{
	struct again again = { 0 };

	for (int t = 0; t < e->threads; t++)
		add_again(e, t, &again);
	assert_int_equal(row->stolen, again.stolen);
	assert_int_equal(row->rewaits, again.rewaits);
	assert_int_equal(row->rewait_ns, again.rewait_ns);
	assert_int_equal(row->signals, e->signals);
	assert_int_equal(row->unheard, e->unheard);
	assert_int_equal(row->timed, e->timed);
	assert_int_equal(row->spurious, 0);
}

static bool is_used(const struct ensemble *e, enum ensemble_object object)
{
	for (int i = 0; i < e->n_holds; i++)
		if (e->holds[i].object == object)
			return true;
	for (int i = 0; i < e->n_waits; i++)
		if (e->waits[i].object == object)
			return true;
	return false;
}

void ensemble_compare(const struct ensemble *e, const struct report *report,
		      bool board)
{
	compare_states(e, report);
	for (int o = 0; o < ENSEMBLE_NOBJECTS; o++) {
		enum ensemble_object object = (enum ensemble_object)o;
		const struct lock *row;

		if (!is_used(e, object))
			continue;
		row = feed_lock(report, ensemble_address(object));
		compare_waits(e, row, object);
		compare_blame(e, report, object);
		if (object < ENSEMBLE_NLOCKS)
			compare_holds(e, row, object);
		if (object == ENSEMBLE_CONDITION)
			compare_condition(e, row);
		if (object == ENSEMBLE_SEMAPHORE)
			assert_int_equal(row->posts, e->posts);
		if (object == ENSEMBLE_MUTEX && board)
			assert_int_equal(row->relocks, e->relocks);
	}
}
