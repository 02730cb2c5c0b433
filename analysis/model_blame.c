/*
 * Who made whom wait: splits each wait for a lock over the holds that covered
 * it. What no hold covers is handoff.
 *
 * Where several threads hold a lock at an instant (readers), each of them gets
 * an equal share of that instant, the first ones a ns more where it does not
 * divide. A reader that waits behind readers, because a writer is queued
 * between, blames the readers too: the writer waits for nobody else.
 *
 * Where a budget had only one hold in N told, each told one stands for N: it
 * gets N times its part, which is right in the mean.
 */
#include "analysis/model_parts.h"

#include <string.h>

#define BLAME_MOST (1u << 18) /* rows with sites; more go without */

static struct told_hold *hold_at(const struct m_detail *d, uint32_t i)
{
	return queue_at(&d->holds, i, sizeof(struct told_hold));
}

static struct told_wait *wait_at(const struct m_detail *d, uint32_t i)
{
	return queue_at(&d->waits, i, sizeof(struct told_wait));
}

void blame_add(struct model *m, struct m_lock *lock, const struct told_wait *w,
	       int32_t owner, int32_t owner_site, uint64_t ns)
{
	int32_t site = w->site;
	uint64_t a, b;
	uint32_t *place;
	struct m_blame *blame;

	if (m->blames->len >= BLAME_MOST)
		site = owner_site = -1;
	a = (uint64_t)(uint32_t)lock->index << 32 | (uint32_t)w->thread;
	b = (uint64_t)(uint32_t)owner << 40 |
	    ((uint64_t)(uint32_t)site & 0xfffff) << 20 |
	    ((uint64_t)(uint32_t)owner_site & 0xfffff);
	place = map_at(&m->blame_of, a, b);
	if (*place == MAP_NONE) {
		struct m_blame new = {
			.lock = lock->index,
			.waiter = w->thread,
			.owner = owner,
			.waiter_site = site,
			.owner_site = owner_site,
		};

		*place = m->blames->len;
		g_array_append_val(m->blames, new);
	}
	blame = &g_array_index(m->blames, struct m_blame, *place);
	blame->ns += ns * w->weight;
	blame->count += w->weight;
	lock->detail->blamed_ns += ns * w->weight;
}

static bool is_shared(uint8_t kind)
{
	return kind == LOCK_RWLOCK || kind == LOCK_ANNOTATED;
}

/* The first hold that may end after `ns`. */
static uint32_t hold_find(const struct m_lock *lock, uint64_t ns)
{
	const struct m_detail *d = lock->detail;
	uint32_t low = 0, high = d->holds.n;

	if (is_shared(lock->kind))
		return 0;
	while (low < high) {
		uint32_t middle = (low + high) / 2;

		if (hold_at(d, middle)->released <= ns)
			low = middle + 1;
		else
			high = middle;
	}
	/* Overlaps that clocks made hide at most a neighbour. */
	return low ? low - 1 : 0;
}

/* One owner at a time: in order, nothing twice. */
static void blame_exclusive(struct model *m, struct m_lock *lock,
			    const struct told_wait *w)
{
	const struct m_detail *d = lock->detail;
	uint64_t at = w->begin;

	for (uint32_t i = hold_find(lock, at); i < d->holds.n; i++) {
		const struct told_hold *h = hold_at(d, i);
		uint64_t begin = MAX(at, h->acquired);
		uint64_t end = MIN(w->end, h->released);

		if (h->acquired >= w->end)
			break;
		if (begin >= end)
			continue;
		blame_add(m, lock, w, h->thread, h->site,
			  (end - begin) * h->weight);
		at = end;
	}
}

static int by_number(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* Gives [from, to) to the holds that cover all of it, in equal shares. */
static void share_out(const struct m_detail *d, uint64_t *got, uint32_t n,
		      uint64_t from, uint64_t to)
{
	uint64_t owners = 0, left;

	for (uint32_t i = 0; i < n; i++)
		owners += hold_at(d, i)->acquired <= from &&
			  hold_at(d, i)->released >= to;
	if (!owners)
		return;
	left = (to - from) % owners;
	for (uint32_t i = 0; i < n; i++) {
		if (hold_at(d, i)->acquired > from ||
		    hold_at(d, i)->released < to)
			continue;
		got[i] += (to - from) / owners + (left ? 1 : 0);
		left -= left ? 1 : 0;
	}
}

static void blame_shared(struct model *m, struct m_lock *lock,
			 const struct told_wait *w)
{
	const struct m_detail *d = lock->detail;
	GArray *cuts = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	uint64_t *got;
	uint32_t n = 0;

	g_array_append_val(cuts, w->begin);
	g_array_append_val(cuts, w->end);
	for (; n < d->holds.n && hold_at(d, n)->acquired < w->end; n++) {
		const struct told_hold *h = hold_at(d, n);

		if (h->released <= w->begin)
			continue;
		if (h->acquired > w->begin)
			g_array_append_val(cuts, h->acquired);
		if (h->released < w->end)
			g_array_append_val(cuts, h->released);
	}
	g_array_sort(cuts, by_number);
	got = g_new0(uint64_t, n + 1);
	for (guint i = 0; i + 1 < cuts->len; i++) {
		uint64_t from = g_array_index(cuts, uint64_t, i);
		uint64_t to = g_array_index(cuts, uint64_t, i + 1);

		if (from < to)
			share_out(d, got, n, from, to);
	}
	for (uint32_t i = 0; i < n; i++)
		if (got[i])
			blame_add(m, lock, w, hold_at(d, i)->thread,
				  hold_at(d, i)->site,
				  got[i] * hold_at(d, i)->weight);
	g_free(got);
	g_array_free(cuts, TRUE);
}

/* The last owner before it let the waiter in. */
static void hop_wait(struct model *m, const struct m_lock *lock,
		     const struct told_wait *w)
{
	const struct m_detail *d = lock->detail;
	const struct told_hold *last = NULL;

	/* What a budget left out may have come between. */
	if (w->gave_up || w->weight > 1)
		return;
	for (uint32_t i = hold_find(lock, w->begin); i < d->holds.n; i++) {
		const struct told_hold *h = hold_at(d, i);

		if (h->acquired >= w->end)
			break;
		if (h->released > w->begin && h->thread != w->thread &&
		    (!last || h->released > last->released))
			last = h;
	}
	if (last && last->weight == 1)
		model_hop(m, &(struct hop){ .ns = MIN(last->released, w->end),
					    .begin = w->begin,
					    .end = w->end,
					    .from = last->thread,
					    .to = w->thread,
					    .lock = lock->index });
}

static void blame_wait(struct model *m, struct m_lock *lock,
		       const struct told_wait *w)
{
	if (is_shared(lock->kind))
		blame_shared(m, lock, w);
	else
		blame_exclusive(m, lock, w);
	hop_wait(m, lock, w);
	lock->detail->told_wait_ns += (w->end - w->begin) * w->weight;
}

/*
 * The sweep over waits and holds in the order of time: first is what it does to
 * the number of waiters, second to that of owners. Who leaves, leaves first.
 */
struct sweep {
	struct timed *steps;
	size_t n, outs;
};

static void sweep_add(struct sweep *sweep, uint64_t from, uint64_t to,
		      int32_t waiting, int32_t holding)
{
	if (from >= to)
		return;
	sweep->steps[sweep->outs++] = (struct timed){ to, -waiting, -holding };
	sweep->steps[sweep->n++] = (struct timed){ from, waiting, holding };
}

static void steps_sweep(struct m_detail *d, const struct timed *steps, size_t n)
{
	int32_t waiting = 0, holding = 0;
	uint64_t at = d->swept;

	for (size_t i = 0; i < n; i++) {
		const struct timed *s = &steps[i];
		uint64_t ns = s->ns - at;

		if (ns && waiting) {
			d->waiting_ns += ns * (uint64_t)waiting;
			d->uncovered_ns += holding ? 0 : ns;
			tally_add(&d->queue, 0, at, s->ns, (uint64_t)waiting);
		}
		if (ns && holding) {
			d->busy_ns += ns;
			tally_add(&d->queue, 1, at, s->ns, 1);
		}
		at = s->ns;
		waiting += s->first;
		holding += s->second;
		d->queue_max = MAX(d->queue_max, (uint32_t)waiting);
	}
}

static void sweep_collect(struct model *m, struct m_detail *d, uint64_t until,
			  struct sweep *sweep)
{
	for (uint32_t i = 0; i < d->waits.n; i++)
		sweep_add(sweep, MAX(wait_at(d, i)->begin, d->swept),
			  MIN(wait_at(d, i)->end, until), 1, 0);
	for (uint32_t i = 0; i < d->open.n; i++) {
		const struct told_begin *o = queue_at(&d->open, i, sizeof(*o));

		sweep_add(sweep, MAX(o->begin, d->swept), until, 1, 0);
	}
	for (uint32_t i = 0; i < d->holds.n; i++) {
		const struct told_hold *h = hold_at(d, i);
		uint64_t from = MAX(h->acquired, d->swept);
		uint64_t to = MIN(h->released, until);

		sweep_add(sweep, from, to, 0, 1);
		reign_add(&d->owners, thread_at(m, h->thread)->tid, from, to);
	}
}

/* Queue depth and the time that anybody held, up to `until`. */
static void sweep_until(struct model *m, struct m_lock *lock, uint64_t until)
{
	struct m_detail *d = lock->detail;
	size_t most = d->waits.n + d->open.n + d->holds.n;
	struct sweep sweep = { .n = most };

	until = MIN(until, m->to);
	if (until <= d->swept)
		return;
	if (!most) {
		d->swept = until;
		return;
	}
	if (!d->queue.n_rows && (d->waits.n || d->open.n)) {
		uint32_t bins = model_bins(m, 16 + 12);

		tally_init(&d->queue, m->from, bins, 2);
		reign_init(&d->owners, m->from, bins);
	}
	sweep.steps = g_new(struct timed, 2 * most);
	sweep_collect(m, d, until, &sweep);
	/* Those that leave were put before those that come. */
	memmove(sweep.steps + sweep.outs, sweep.steps + most,
		(sweep.n - most) * sizeof(*sweep.steps));
	timed_sort(sweep.steps, 2 * sweep.outs);
	steps_sweep(d, sweep.steps, 2 * sweep.outs);
	g_free(sweep.steps);
	d->swept = until;
}

/* Nobody waits: only who held it counts. */
static void pass(struct m_detail *d, uint64_t until)
{
	for (uint32_t i = 0; i < d->holds.n; i++) {
		const struct told_hold *h = hold_at(d, i);
		uint64_t from = MAX(h->acquired, d->swept);
		uint64_t to = MIN(h->released, until);

		if (from < to) {
			d->busy_ns += to - from;
			d->swept = to;
		}
	}
	d->swept = MAX(d->swept, until);
}

static void forget(struct m_detail *d, uint64_t until)
{
	uint64_t needed = until;
	uint32_t kept = 0, i = 0;

	for (; i < d->waits.n; i++)
		if (wait_at(d, i)->end > until) {
			needed = MIN(needed, wait_at(d, i)->begin);
			*wait_at(d, kept++) = *wait_at(d, i);
		}
	d->waits.n = kept;
	if (!kept)
		d->waits.head = 0;
	for (i = 0; i < d->open.n; i++) {
		const struct told_begin *o = queue_at(&d->open, i, sizeof(*o));

		needed = MIN(needed, o->begin);
	}
	i = 0;
	while (d->holds.n - i > d->limit / 4 &&
	       hold_at(d, i)->released <= needed)
		i++;
	queue_drop(&d->holds, i);
}

void lock_settle(struct model *m, struct m_lock *lock, uint64_t until)
{
	struct m_detail *d = lock->detail;

	if (is_object(lock->kind)) {
		object_settle(m, lock, until);
		sweep_until(m, lock, until);
	} else {
		for (uint32_t i = 0; i < d->waits.n; i++)
			if (wait_at(d, i)->end <= until)
				blame_wait(m, lock, wait_at(d, i));
		if (d->waits.n || d->open.n || d->queue.n_rows)
			sweep_until(m, lock, until);
		else
			pass(d, until);
	}
	forget(d, until);
}

void lock_settle_all(struct model *m, struct m_lock *lock)
{
	if (!lock->detail)
		return;
	lock_settle(m, lock, m->last);
}
