/* The truth of a rehearsal, computed the slow way. */
#include "tests/rehearsal.h"

#include <glib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/feed.h"

static uint64_t overlap(uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	uint64_t from = MAX(a, c), to = MIN(b, d);

	return from < to ? to - from : 0;
}

static void compare_states(const struct rehearsal *r, const struct report *out)
{
	for (int t = 0; t < r->threads; t++) {
		const struct thread *row = feed_thread(out, REHEARSAL_TID + t);
		uint64_t lock = 0, io = 0, join = 0;
		uint64_t life = r->end[t] - r->begin[t];

		for (int i = 0; i < r->n_waits; i++)
			if (r->waits[i].thread == t)
				lock += r->waits[i].end - r->waits[i].begin;
		for (int i = 0; i < r->n_io; i++)
			if (r->io[i].thread == t)
				io += r->io[i].end - r->io[i].begin;
		for (int i = 0; i < r->n_joins && t == 0; i++)
			join += r->joins[i].end - r->joins[i].begin;
		assert_int_equal(row->state_ns[STATE_LOCK], lock);
		assert_int_equal(row->state_ns[STATE_IO], io);
		assert_int_equal(row->state_ns[STATE_JOIN], join);
		assert_int_equal(row->state_ns[STATE_RUNNING],
				 life - lock - io - join);
	}
}

static void compare_blame(const struct rehearsal *r, const struct report *out,
			  int lock, int waiter)
{
	uint64_t address = REHEARSAL_LOCK + (uint64_t)lock;

	for (int owner = 0; owner < r->threads; owner++) {
		uint64_t ns = 0;

		for (int i = 0; i < r->n_waits; i++)
			for (int j = 0; j < r->n_holds; j++)
				if (r->waits[i].lock == lock &&
				    r->holds[j].lock == lock &&
				    r->waits[i].thread == waiter &&
				    r->holds[j].thread == owner)
					ns += overlap(r->waits[i].begin,
						      r->waits[i].end,
						      r->holds[j].acquired,
						      r->holds[j].released);
		assert_int_equal(feed_blame(out, address,
					    REHEARSAL_TID + waiter,
					    REHEARSAL_TID + owner),
				 ns);
	}
}

static void compare_parts(const struct rehearsal *r, const struct lock *row,
			  int lock)
{
	uint64_t hold = 0, waited = 0, io = 0;

	for (int i = 0; i < r->n_holds; i++) {
		const struct rehearsal_hold *h = &r->holds[i];

		if (h->lock != lock)
			continue;
		hold += h->released - h->acquired;
		for (int j = 0; j < r->n_waits; j++)
			if (r->waits[j].thread == h->thread)
				waited += overlap(h->acquired, h->released,
						  r->waits[j].begin,
						  r->waits[j].end);
		for (int j = 0; j < r->n_io; j++)
			if (r->io[j].thread == h->thread)
				io += overlap(h->acquired, h->released,
					      r->io[j].begin, r->io[j].end);
	}
	assert_int_equal(row->hold.total, hold);
	assert_int_equal(row->hold_parts_ns[HOLD_LOCK], waited);
	assert_int_equal(row->hold_parts_ns[HOLD_IO], io);
	assert_int_equal(row->hold_parts_ns[HOLD_RUNNING], hold - waited - io);
}

/* The most waiters at the begin of any wait. */
static uint32_t deepest(const struct rehearsal *r, int lock)
{
	uint32_t most = 0;

	for (int i = 0; i < r->n_waits; i++) {
		uint32_t n = 0;

		if (r->waits[i].lock != lock)
			continue;
		for (int j = 0; j < r->n_waits; j++)
			n += r->waits[j].lock == lock &&
			     r->waits[j].begin <= r->waits[i].begin &&
			     r->waits[j].end > r->waits[i].begin;
		most = MAX(most, n);
	}
	return most;
}

static void compare_lock(const struct rehearsal *r, const struct report *out,
			 int lock)
{
	const struct lock *row;
	uint64_t acquisitions = 0, contended = 0, waited = 0;

	for (int i = 0; i < r->n_holds; i++)
		acquisitions += r->holds[i].lock == lock;
	for (int i = 0; i < r->n_waits; i++)
		if (r->waits[i].lock == lock) {
			contended++;
			waited += r->waits[i].end - r->waits[i].begin;
		}
	if (!acquisitions)
		return;
	row = feed_lock(out, REHEARSAL_LOCK + (uint64_t)lock);
	assert_int_equal(row->acquisitions, acquisitions);
	assert_int_equal(row->contended, contended);
	assert_int_equal(row->wait.total, waited);
	assert_int_equal(row->queue_max, deepest(r, lock));
	compare_parts(r, row, lock);
	for (int t = 0; t < r->threads; t++)
		compare_blame(r, out, lock, t);
}

struct link { /* a hop of the path, found backwards */
	uint64_t ns, begin, end;
	int from, to, lock;
};

struct stretch { /* a thread's own time on the path */
	uint64_t begin, end;
	int thread;
};

struct chain {
	GArray *links, *stretches;
};

/* The last hop into `thread` before `ns`. */
static struct link link_before(const struct rehearsal *r, int thread,
			       uint64_t ns)
{
	struct link last = { .from = -1 };

	for (int i = 0; i < r->n_waits; i++) {
		const struct rehearsal_wait *w = &r->waits[i];
		struct link link = { 0, w->begin, w->end, -1, thread, w->lock };

		if (w->thread != thread)
			continue;
		for (int j = 0; j < r->n_holds; j++) {
			const struct rehearsal_hold *h = &r->holds[j];

			if (h->lock == w->lock && h->released > w->begin &&
			    h->released <= w->end && h->released > link.ns) {
				link.ns = h->released;
				link.from = h->thread;
			}
		}
		if (link.ns < ns && link.ns > last.ns)
			last = link;
	}
	for (int i = 0; i < r->n_joins && thread == 0; i++) {
		const struct rehearsal_io *j = &r->joins[i];
		struct link link = { r->end[j->thread], j->begin, j->end,
				     j->thread,		0,	  -1 };

		if (link.ns > j->begin && link.ns < ns && link.ns > last.ns)
			last = link;
	}
	if (last.from < 0 && thread)
		last = (struct link){ r->begin[thread], r->begin[thread],
				      r->begin[thread], 0,
				      thread,		-1 };
	return last;
}

static void walk_back(const struct rehearsal *r, struct chain *chain)
{
	int thread = 0;
	uint64_t at = r->end[0];

	for (;;) {
		struct link link = link_before(r, thread, at);
		struct stretch own = { link.from < 0 ? r->begin[thread]
						     : link.ns,
				       at, thread };

		g_array_append_val(chain->stretches, own);
		if (link.from < 0)
			return;
		g_array_append_val(chain->links, link);
		thread = link.from;
		at = link.ns;
	}
}

/* Which lock an instant of the path goes to: the innermost hop's. */
static int lock_at(const struct chain *chain, uint64_t ns, int thread)
{
	const struct link *inner = NULL;

	for (guint i = 0; i < chain->links->len; i++) {
		const struct link *l =
			&g_array_index(chain->links, struct link, i);

		if (l->lock < 0)
			continue;
		if (l->to == thread && l->ns <= ns && ns < l->end)
			return l->lock; /* the handoff after it */
		if (l->begin <= ns && ns < l->ns &&
		    (!inner || l->ns < inner->ns))
			inner = l;
	}
	return inner ? inner->lock : -1;
}

static enum state state_at(const struct rehearsal *r, int thread, uint64_t ns)
{
	for (int i = 0; i < r->n_waits; i++)
		if (r->waits[i].thread == thread && r->waits[i].begin <= ns &&
		    ns < r->waits[i].end)
			return STATE_LOCK;
	for (int i = 0; i < r->n_io; i++)
		if (r->io[i].thread == thread && r->io[i].begin <= ns &&
		    ns < r->io[i].end)
			return STATE_IO;
	for (int i = 0; i < r->n_joins && thread == 0; i++)
		if (r->joins[i].begin <= ns && ns < r->joins[i].end)
			return STATE_JOIN;
	return STATE_RUNNING;
}

static int by_number(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* All points where anything changes. */
static GArray *cuts_of(const struct rehearsal *r, const struct chain *chain)
{
	GArray *cuts = g_array_new(FALSE, FALSE, sizeof(uint64_t));

	for (int i = 0; i < r->n_waits; i++) {
		g_array_append_val(cuts, r->waits[i].begin);
		g_array_append_val(cuts, r->waits[i].end);
	}
	for (int i = 0; i < r->n_io; i++) {
		g_array_append_val(cuts, r->io[i].begin);
		g_array_append_val(cuts, r->io[i].end);
	}
	for (int i = 0; i < r->n_joins; i++) {
		g_array_append_val(cuts, r->joins[i].begin);
		g_array_append_val(cuts, r->joins[i].end);
	}
	for (guint i = 0; i < chain->links->len; i++)
		g_array_append_val(
			cuts, g_array_index(chain->links, struct link, i).ns);
	for (int t = 0; t < r->threads; t++) {
		g_array_append_val(cuts, r->begin[t]);
		g_array_append_val(cuts, r->end[t]);
	}
	g_array_sort(cuts, by_number);
	return cuts;
}

struct truth {
	uint64_t state[STATE_N], lock[REHEARSAL_LOCKS + 1];
	uint64_t thread[REHEARSAL_THREADS];
};

static void add_up(const struct rehearsal *r, const struct chain *chain,
		   struct truth *truth)
{
	GArray *cuts = cuts_of(r, chain);

	for (guint c = 0; c + 1 < cuts->len; c++) {
		uint64_t from = g_array_index(cuts, uint64_t, c);
		uint64_t to = g_array_index(cuts, uint64_t, c + 1);

		for (guint i = 0; from < to && i < chain->stretches->len; i++) {
			const struct stretch *s = &g_array_index(
				chain->stretches, struct stretch, i);

			if (from < s->begin || from >= s->end)
				continue;
			truth->state[state_at(r, s->thread, from)] += to - from;
			truth->lock[lock_at(chain, from, s->thread) + 1] +=
				to - from;
			truth->thread[s->thread] += to - from;
		}
	}
	g_array_free(cuts, TRUE);
}

static uint64_t share(const struct path_share *shares, size_t n, int index)
{
	for (size_t i = 0; i < n; i++)
		if (shares[i].index == index)
			return shares[i].ns;
	return 0;
}

static void compare_path(const struct rehearsal *r, const struct report *out)
{
	struct chain chain = {
		g_array_new(FALSE, FALSE, sizeof(struct link)),
		g_array_new(FALSE, FALSE, sizeof(struct stretch)),
	};
	struct truth truth = { 0 };

	walk_back(r, &chain);
	add_up(r, &chain, &truth);
	assert_int_equal(out->path.length_ns, r->end[0] - r->begin[0]);
	for (int s = 0; s < STATE_N; s++)
		assert_int_equal(out->path.by_state_ns[s], truth.state[s]);
	for (size_t i = 0; i < out->n_threads; i++)
		assert_int_equal(
			share(out->path.by_thread, out->path.n_by_thread,
			      (int)i),
			truth.thread[out->threads[i].tid - REHEARSAL_TID]);
	for (size_t i = 0; i < out->n_locks; i++)
		assert_int_equal(
			share(out->path.by_lock, out->path.n_by_lock, (int)i),
			truth.lock[out->locks[i].address - REHEARSAL_LOCK + 1]);
	g_array_free(chain.links, TRUE);
	g_array_free(chain.stretches, TRUE);
}

void rehearsal_compare(const struct rehearsal *r, const struct report *report)
{
	compare_states(r, report);
	for (int l = 0; l < r->locks; l++)
		compare_lock(r, report, l);
	compare_path(r, report);
}
