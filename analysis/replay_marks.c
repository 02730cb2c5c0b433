#include "analysis/replay_script.h"

/* The mark is valid until the next one is added. */
static struct mark *mark_add(struct script *s, uint64_t ns,
			     uint64_t blank_until, enum replay_does does,
			     int32_t what, uint64_t length)
{
	struct mark mark = {
		.ns = ns,
		.blank_until = blank_until,
		.step = { .ns = length, .what = what, .does = (uint8_t)does },
		.annotated = false,
	};

	g_array_append_val(s->marks, mark);
	return &g_array_index(s->marks, struct mark, s->marks->len - 1);
}

/* [from, to) but for what it waited for a CPU there because of its own kind. */
static uint64_t latency(const struct making *k, const struct script *s,
			uint64_t from, uint64_t to)
{
	uint64_t ns = to - from;

	for (guint i = script_piece_at(k, s, from); i < s->first + s->n; i++) {
		const struct tape_piece *p = tape_piece_at(k->tape, i);
		uint64_t begin = MAX(p->begin, from);
		uint64_t end = MIN(script_piece_end(k, s, i), to);

		if (p->begin >= to)
			break;
		if ((p->state == STATE_WOKEN || p->state == STATE_PREEMPTED) &&
		    begin < end)
			ns -= MIN(ns, demand_ready(k->demand, begin, end));
	}
	return ns;
}

/* From when it was woken until it was ready to take the lock, or sleep again.
 */
static uint64_t one_delay(const struct making *k, const struct script *s,
			  const struct tape_hold *h, guint woken)
{
	guint i = woken + 1;

	while (i < s->first + s->n &&
	       tape_piece_at(k->tape, i)->begin < h->acquired &&
	       tape_piece_at(k->tape, i)->state != STATE_LOCK)
		i++;
	return latency(k, s, tape_piece_at(k->tape, woken)->begin,
		       MIN(script_piece_end(k, s, i - 1), h->acquired));
}

/*
 * How long it takes to come and get the lock, over all times that it was woken:
 * the last time, when nobody was faster, is one of the quick ones.
 */
static uint64_t wake_delay(const struct making *k, const struct script *s,
			   const struct tape_hold *h, uint64_t released)
{
	uint64_t ns = 0, n = 0;

	for (guint i = script_piece_at(k, s, h->wait_begin);
	     i < s->first + s->n; i++) {
		const struct tape_piece *p = tape_piece_at(k->tape, i);

		if (p->begin >= h->acquired)
			break;
		if (p->state != STATE_WOKEN || p->begin < h->wait_begin)
			continue;
		ns += one_delay(k, s, h, i);
		n++;
	}
	if (n)
		return ns / n;
	return released > h->wait_begin && released < h->acquired
		       ? h->acquired - released
		       : 0;
}

/* How long it was on a CPU before it went to sleep, if it did. */
static uint64_t spin_of(const struct making *k, const struct script *s,
			const struct tape_hold *h)
{
	guint i = script_piece_at(k, s, h->wait_begin);
	uint64_t ns = 0;

	for (; i < s->first + s->n; i++) {
		const struct tape_piece *p = tape_piece_at(k->tape, i);
		uint64_t begin = MAX(p->begin, h->wait_begin);
		uint64_t end = MIN(script_piece_end(k, s, i), h->acquired);

		if (p->begin >= h->acquired || p->state == STATE_LOCK)
			break;
		if (p->state <= STATE_SPINNING && end > begin)
			ns += end - begin;
	}
	return ns;
}

static int by_acquired(const void *a, const void *b)
{
	const struct tape_hold *x = a, *y = b;

	if (x->acquired != y->acquired)
		return x->acquired < y->acquired ? -1 : 1;
	return (x->thread > y->thread) - (x->thread < y->thread);
}

/* Only a sample was told: its time stays as it was, and is marked. */
static void marks_unplayed(const struct making *k, struct script *s,
			   const struct tape_hold *h, int lock)
{
	uint16_t weight = (uint16_t)MIN(h->weight, UINT16_MAX);

	if (h->wait_begin) {
		mark_add(s, h->wait_begin, 0, REPLAY_WAIT_BEGIN, lock, 0)
			->step.weight = weight;
		mark_add(s, h->acquired, 0, REPLAY_WAIT_END, lock, 0);
	}
	mark_add(s, h->acquired, 0, REPLAY_HOLD_BEGIN, lock, 0)->step.weight =
		weight;
	if (h->released < k->end)
		mark_add(s, h->released, 0, REPLAY_HOLD_END, lock, 0);
}

static uint16_t spin_units(const struct m_lock *lock, uint64_t ns)
{
	if (lock->kind == LOCK_SPIN)
		return REPLAY_SPINS_ON;
	return (uint16_t)MIN(ns / REPLAY_SPIN_NS, REPLAY_SPINS_ON - 1);
}

struct hold_wake { /* what the release of a hold did */
	uint64_t cost_ns;
	bool woke, untold;
};

static void marks_of_hold(const struct making *k, const struct tape_hold *h,
			  struct lock_mean *mean, const struct hold_wake *wake,
			  int lock)
{
	const struct m_lock *l = lock_at(k->m, h->lock);
	struct script *s = script_of(k, h->thread);
	enum replay_does does =
		h->mode == LOCK_READ ? REPLAY_ACQUIRE_READ : REPLAY_ACQUIRE;
	uint64_t delay, spin;
	struct mark *mark;

	if (!s || lock < 0 || h->acquired >= k->end)
		return;
	if (l->sampled) {
		marks_unplayed(k, s, h, lock);
		return;
	}
	if (h->wait_begin) {
		delay = wake_delay(k, s, h, mean->released);
		spin = spin_of(k, s, h);
		mean->delay_ns += delay;
		mean->spin_ns += spin;
		mean->n++;
		mark = mark_add(s, h->wait_begin, h->acquired, does, lock,
				delay);
		mark->annotated = l->kind == LOCK_ANNOTATED;
	} else {
		delay = mean->n ? mean->delay_ns / mean->n : 0;
		spin = mean->n ? mean->spin_ns / mean->n : 0;
		mark = mark_add(s, h->acquired, 0, does, lock, delay);
	}
	mark->step.spin = spin_units(l, spin);
	mark->step.untold = wake->untold;
	mean->released = MAX(mean->released, h->released);
	if (h->released >= k->end)
		return;
	mark = mark_add(s, h->released, 0, REPLAY_RELEASE, lock, wake->cost_ns);
	mark->step.untold = wake->untold;
	mark->saved_ns = wake->woke ? wake->cost_ns : 0;
}

void marks_of_holds(struct making *k, const struct fill *fill)
{
	GArray *holds = k->tape->holds;
	struct lock_mean *means = k->means;
	struct wakes *wakes;

	g_array_sort(holds, by_acquired);
	wakes = wakes_new(k);
	for (guint i = 0; i < holds->len; i++) {
		const struct tape_hold *h =
			&g_array_index(holds, struct tape_hold, i);
		const struct hold_wake wake = { wakes_cost(wakes, h->lock),
						wakes_woke(wakes, i), false };

		marks_of_hold(k, h, &means[h->lock], &wake,
			      fill->lock[h->lock]);
	}
	for (guint i = 0; i < k->m->locks->len; i++)
		means[i].wake_ns = wakes_cost(wakes, (int32_t)i);
	wakes_free(wakes);
}

void marks_of_untold(const struct making *k, const struct fill *fill,
		     const struct tape_hold *h)
{
	const struct hold_wake wake = { k->means[h->lock].wake_ns, false,
					true };

	marks_of_hold(k, h, &k->means[h->lock], &wake, fill->lock[h->lock]);
}

/* From when it first blocks; its end, if it never does. */
static uint64_t blocked_at(const struct making *k, const struct script *s,
			   const struct tape_call *call)
{
	for (guint i = script_piece_at(k, s, call->begin); i < s->first + s->n;
	     i++) {
		const struct tape_piece *p = tape_piece_at(k->tape, i);

		if (p->begin >= call->end)
			break;
		if (p->state == STATE_IO)
			return MAX(p->begin, call->begin);
	}
	return call->end;
}

static int by_begin(const void *a, const void *b)
{
	const struct tape_call *x = a, *y = b;

	if (x->begin != y->begin)
		return x->begin < y->begin ? -1 : 1;
	return (x->thread > y->thread) - (x->thread < y->thread);
}

/* Of those before it that it began during: when the first one ended. */
static uint64_t first_end(GArray *open, const struct tape_call *call)
{
	uint64_t first = NEVER;

	for (guint i = open->len; i; i--) {
		const struct tape_call *other =
			&g_array_index(open, struct tape_call, i - 1);

		if (other->end <= call->begin)
			g_array_remove_index_fast(open, i - 1);
		else
			first = MIN(first, other->end);
	}
	return first;
}

/*
 * A call that began during another one waited for that one's end at least: what
 * it needed itself comes after that.
 */
void marks_of_calls(struct making *k, struct replay *replay)
{
	GArray *calls = k->tape->calls;
	GArray *open = g_array_new(FALSE, FALSE, sizeof(struct tape_call));

	for (guint i = 0; i < calls->len; i++) {
		struct tape_call *call =
			&g_array_index(calls, struct tape_call, i);
		const struct script *s = script_of(k, call->thread);

		if (s)
			call->begin = blocked_at(k, s, call);
	}
	g_array_sort(calls, by_begin);
	for (guint i = 0; i < calls->len; i++) {
		const struct tape_call *call =
			&g_array_index(calls, struct tape_call, i);
		struct script *s = script_of(k, call->thread);
		uint64_t until = first_end(open, call);

		if (!s || call->begin >= call->end || call->end >= k->end)
			continue;
		g_array_append_val(open, *call);
		until = until < call->end ? until : call->begin;
		mark_add(s, call->begin, until, REPLAY_ENTER, 0,
			 until - call->begin);
		mark_add(s, call->end, 0, REPLAY_LEAVE, 0, 0);
		replay->sync_calls++;
		replay->sync_overlaps += until > call->begin;
	}
	replay->n_devices = replay->sync_calls > 0;
	g_array_free(open, TRUE);
}

static int by_wait(const void *a, const void *b)
{
	const struct hop *x = a, *y = b;

	if (x->to != y->to)
		return x->to < y->to ? -1 : 1;
	if (x->begin != y->begin)
		return x->begin < y->begin ? -1 : 1;
	/* The object's word first, else the last waking. */
	if (x->by_waking != y->by_waking)
		return x->by_waking - y->by_waking;
	return (x->ns < y->ns) - (x->ns > y->ns);
}

void marks_of_hops(struct making *k)
{
	GArray *hops = k->tape->hops;
	const struct hop *last = NULL;

	g_array_sort(hops, by_wait);
	for (guint i = 0; i < hops->len; i++) {
		const struct hop *h = &g_array_index(hops, struct hop, i);
		struct script *from = script_of(k, h->from);
		struct script *to = script_of(k, h->to);
		int32_t point = (int32_t)k->n_points;
		uint64_t at;

		if (!from || !to || h->ns >= k->end || h->ns > h->end ||
		    (h->ns < h->begin && !h->early))
			continue;
		if (last && last->to == h->to && last->begin == h->begin)
			continue;
		last = h;
		k->n_points++;
		at = h->ns - MIN(k->m->begin, h->ns);
		g_array_append_val(k->points, at);
		mark_add(from, h->ns, 0, REPLAY_POST, point, 0);
		mark_add(to, h->begin, h->end, REPLAY_PEND, point,
			 h->early ? 0 : latency(k, to, h->ns, h->end));
	}
}
