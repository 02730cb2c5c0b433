/*
 * From the model to the report: locks.
 *
 * Totals come from the board, where a process had one, and are exact. What
 * events told (distributions, blame, breakdown) is scaled to them where not
 * all was told.
 */
#include "analysis/model_fill.h"

#include <string.h>

static bool is_exclusive(uint8_t kind)
{
	return kind == LOCK_MUTEX || kind == LOCK_SPIN || kind == LOCK_ONCE;
}

bool fill_by_board(const struct model *m, const struct m_lock *lock)
{
	return lock->boarded && !m->windowed;
}

/* Which of both has the totals. */
static const struct m_counts *counts_of(const struct model *m,
					const struct m_lock *lock)
{
	return fill_by_board(m, lock) ? &lock->board : &lock->told;
}

/*
 * Generations of one address share the entries of the board, which land on the
 * newest. Where events told everything, they know better.
 */
static void split_generations(struct model *m, struct m_lock *newest)
{
	uint64_t told = 0, board = 0;
	struct m_lock *l = newest;

	for (; l; l = l->earlier >= 0 ? lock_at(m, l->earlier) : NULL) {
		told += l->told.acquisitions;
		board += l->board.acquisitions;
	}
	for (l = newest; l; l = l->earlier >= 0 ? lock_at(m, l->earlier) : NULL)
		if (told == board)
			l->boarded = false;
}

static uint64_t waits_of(const struct m_counts *c, uint8_t kind)
{
	return is_object(kind) || kind == LOCK_ONCE ? c->waits
						    : c->contended + c->gave_up;
}

/* Totals of the board and what events told may contradict: totals win. */
static void dist_tidy(struct dist *d)
{
	d->total = d->count ? d->total : 0;
	d->max = MIN(d->max, d->total);
	d->mean = d->count ? d->total / d->count : 0;
	d->p99 = MIN(d->p99, d->max);
	d->p90 = MIN(d->p90, d->p99);
	d->p50 = MIN(d->p50, d->p90);
}

static void fill_wait(const struct model *m, const struct m_lock *lock,
		      struct lock *out, struct fill *fill)
{
	const struct m_counts *c = counts_of(m, lock);
	struct m_detail *d = lock->detail;
	struct hist all = { 0 };
	uint64_t told;

	if (d) {
		hist_merge(&all, &d->wait[LOCK_WRITE]);
		hist_merge(&all, &d->wait[LOCK_READ]);
		for (int i = 0; i < LOCK_NMODES; i++)
			hist_dist(&d->wait[i], &out->wait_by_mode[i],
				  fill->arena);
	}
	hist_dist(&all, &out->wait, fill->arena);
	told = all.count - lock->told.relock_waits;
	hist_clear(&all);
	if (c == &lock->told)
		return;
	if (told < waits_of(c, lock->kind))
		out->sampled = true;
	if (out->sampled) {
		/* The board does not know of waits inside condition waits. */
		out->wait.total = c->wait_ns + lock->told.relock_wait_ns;
		out->wait.count =
			waits_of(c, lock->kind) + lock->told.relock_waits;
	}
	out->wait.max = MAX(out->wait.max, c->wait_max_ns);
	dist_tidy(&out->wait);
}

static void fill_hold(const struct model *m, const struct m_lock *lock,
		      struct lock *out, struct fill *fill)
{
	const struct m_counts *c = counts_of(m, lock);

	if (lock->detail)
		hist_dist(&lock->detail->hold, &out->hold, fill->arena);
	if (c == &lock->told)
		return;
	if (out->hold.count != c->acquisitions || lock->sampled) {
		out->hold.count = c->acquisitions;
		out->hold.total = c->hold_ns;
	}
	out->hold.max = MAX(out->hold.max, c->hold_max_ns);
	dist_tidy(&out->hold);
}

static void fill_parts(const struct m_lock *lock, struct lock *out)
{
	const struct m_detail *d = lock->detail;
	uint64_t told = 0, sum = 0;

	for (int i = 0; d && i < HOLD_NPARTS; i++)
		told += d->parts[i];
	for (int i = 0; d && i < HOLD_NPARTS; i++) {
		out->hold_parts_ns[i] =
			told > out->hold.total
				? fill_scale(d->parts[i], out->hold.total, told)
				: d->parts[i];
		sum += out->hold_parts_ns[i];
	}
	out->hold_parts_ns[HOLD_UNRECORDED] += out->hold.total - sum;
}

static int by_cost(const void *a, const void *b)
{
	const struct lock_site *x = a, *y = b;

	if (x->wait_ns != y->wait_ns)
		return x->wait_ns > y->wait_ns ? -1 : 1;
	if (x->hold_ns != y->hold_ns)
		return x->hold_ns > y->hold_ns ? -1 : 1;
	if (x->acquisitions != y->acquisitions)
		return x->acquisitions > y->acquisitions ? -1 : 1;
	return (x->site > y->site) - (x->site < y->site);
}

static void fill_lock_sites(const struct model *m, const struct m_lock *lock,
			    struct lock *out, struct fill *fill)
{
	bool board = counts_of(m, lock) == &lock->board;
	guint n = lock->sites ? lock->sites->len : 0;

	out->sites = arena_array(fill->arena, n, sizeof(*out->sites));
	for (guint i = 0; i < n; i++) {
		const struct m_lock_site *s =
			&g_array_index(lock->sites, struct m_lock_site, i);
		const struct m_counts *c = board ? &s->board : &s->told;
		int *stack = arena_array(fill->arena, s->n_stack, sizeof(int));

		if (s->site < 0)
			continue;
		if (out->first_site < 0)
			out->first_site = s->site;
		for (int j = 0; j < s->n_stack; j++)
			stack[j] = s->stack[j];
		out->sites[out->n_sites++] = (struct lock_site){
			.site = s->site,
			.acquisitions = c->acquisitions,
			.contended = c->contended +
				     (board ? s->told.relock_waits : 0),
			.wait_ns = c->wait_ns +
				   (board ? s->told.relock_wait_ns : 0),
			.hold_ns = c->hold_ns,
			.n_stack = s->n_stack,
			.stack = stack,
		};
	}
	if (out->n_sites)
		qsort(out->sites, out->n_sites, sizeof(*out->sites), by_cost);
}

static void fill_counts(const struct model *m, const struct m_lock *lock,
			struct lock *out)
{
	const struct m_counts *c = counts_of(m, lock);

	out->acquisitions = c->acquisitions;
	out->contended = c->contended;
	if (c == &lock->board)
		out->contended += lock->told.relock_waits;
	out->relocks = c->relocks;
	out->cond_relocks = lock->told.cond_relocks;
	out->waits = c->waits;
	out->gave_up = c->gave_up;
	out->spurious = lock->told.spurious;
	out->stolen = lock->told.stolen;
	if (lock->kind == LOCK_SEMAPHORE)
		out->posts = c->signals;
	else
		out->signals = c->signals;
	if (lock->kind == LOCK_RWLOCK) {
		out->read_acquisitions = c->by_mode[LOCK_READ];
		out->write_acquisitions = c->by_mode[LOCK_WRITE];
	}
	memcpy(out->failed, c->failed, sizeof(out->failed));
}

static void fill_signals(const struct model *m, const struct m_lock *lock,
			 struct lock *out, const struct fill *fill)
{
	const struct m_signals *s = &lock->signals;

	out->timed = s->timed;
	out->unheard = s->unheard;
	out->rewaits = s->rewaits;
	out->rewait_ns = s->rewait_ns;
	out->last_signal_thread = out->last_signal_site = -1;
	if (!s->last_ns)
		return;
	out->last_signal_ns = fill_time(m, s->last_ns);
	out->last_signal_thread = fill->thread[s->last_thread];
	out->last_signal_site = s->last_site;
	out->last_unheard =
		s->last_unheard &&
		(!lock->boarded || lock->board.signals <= lock->told.signals);
}

/* Holds that had not ended, as time. */
static uint64_t open_hold_ns(const struct model *m, const struct m_lock *lock)
{
	uint64_t ns = 0;

	for (guint i = 0; i < m->open_holds->len; i++) {
		const struct m_open_hold *o =
			&g_array_index(m->open_holds, struct m_open_hold, i);
		uint64_t from = MAX(o->acquired, m->from);
		uint64_t to = MIN(m->last, m->to);

		if (o->lock == lock->index && from < to)
			ns += to - from;
	}
	return ns;
}

static void fill_queue(const struct model *m, const struct m_lock *lock,
		       struct lock *out, struct fill *fill)
{
	const struct m_detail *d = lock->detail;
	uint64_t duration = fill->report->run.duration_ns;
	uint64_t held = out->hold.total + open_hold_ns(m, lock);
	uint64_t busy;

	if (!is_exclusive(lock->kind) && d) {
		/* Those that share it overlap; of the untold nobody knows. */
		uint64_t told = d->hold.total;

		held = d->busy_ns +
		       (out->hold.total > told ? out->hold.total - told : 0);
	}
	out->held_ns = MIN(held, duration);
	if (!d)
		return;
	out->queue_max = d->queue_max;
	busy = out->held_ns + d->uncovered_ns;
	if (busy)
		out->queue_mean = (double)MAX(out->wait.total, d->waiting_ns) /
				  (double)busy;
	if (!out->queue_max && out->wait.count)
		out->queue_max = 1;
	tally_series(&d->queue, m->begin, m->last, &out->queue, fill->arena);
	reign_series(&d->owners, m->begin, m->last, &out->owner, fill->arena);
}

static bool is_used(const struct model *m, const struct m_lock *lock)
{
	const struct m_counts *c = counts_of(m, lock);
	uint64_t failed = 0;

	for (int i = 0; i < LOCK_NERRORS; i++)
		failed += c->failed[i];
	return c->acquisitions || c->waits || c->signals || c->gave_up ||
	       failed || (lock->detail && lock->detail->waiting_ns) ||
	       open_hold_ns(m, lock) || lock->opened ||
	       (lock->destroy && lock->destroy->count);
}

static int lock_order(const void *a, const void *b)
{
	const struct lock *x = a, *y = b;

	if (x->wait.total != y->wait.total)
		return x->wait.total > y->wait.total ? -1 : 1;
	if (x->hold.total != y->hold.total)
		return x->hold.total > y->hold.total ? -1 : 1;
	if (x->acquisitions != y->acquisitions)
		return x->acquisitions > y->acquisitions ? -1 : 1;
	if (x->pid != y->pid)
		return x->pid < y->pid ? -1 : 1;
	if (x->address != y->address)
		return x->address < y->address ? -1 : 1;
	return x->group - y->group;
}

/* Its own, or that which it had when its process was copied from another. */
static const char *name_of(struct model *m, const struct m_lock *lock)
{
	const struct m_process *p = model_process_find(m, lock->pid);
	uint64_t before = UINT64_MAX;

	if (lock->name || lock->generation)
		return lock->name;
	for (int hops = 0; p && p->copied && hops < 32; hops++) {
		uint32_t place = map_get(&m->lock_of, lock->address,
					 (uint32_t)p->copied);
		int32_t at = place == MAP_NONE ? -1 : (int32_t)place;

		before = MIN(before, p->copied_ns);
		for (; at >= 0; at = lock_at(m, at)->earlier)
			if (lock_at(m, at)->name &&
			    lock_at(m, at)->kind == lock->kind &&
			    lock_at(m, at)->named_ns <= before)
				return lock_at(m, at)->name;
		p = model_process_find(m, p->copied);
	}
	return NULL;
}

static void fill_lock(struct model *m, struct m_lock *lock, struct lock *out,
		      struct fill *fill)
{
	const char *name = name_of(m, lock);

	*out = (struct lock){
		.id = arena_printf(fill->arena, "%d:0x%lx#%u", lock->pid,
				   (unsigned long)lock->address,
				   lock->generation),
		.pid = lock->pid,
		.kind = lock->kind,
		.address = lock->address,
		.name = name ? arena_string(fill->arena, name) : NULL,
		.instances = 1,
		.attributes = lock->attributes,
		.init_site = lock->init_site,
		.first_site = -1,
		.mutex = lock->mutex,
		.group = lock->index, /* until they are sorted */
		.sampled = lock->sampled,
		.bound =
			m->lost_ust || m->untold || m->unheard || m->lost_board,
	};
	fill_counts(m, lock, out);
	fill_signals(m, lock, out, fill);
	fill_wait(m, lock, out, fill);
	fill_hold(m, lock, out, fill);
	fill_parts(lock, out);
	fill_destroyed(m, lock, out, fill);
	fill_lock_sites(m, lock, out, fill);
	fill_queue(m, lock, out, fill);
}

static void fill_rename(struct model *m, struct fill *fill)
{
	struct report *r = fill->report;

	fill->lock = g_new(int, m->locks->len + 1);
	for (guint i = 0; i <= m->locks->len; i++)
		fill->lock[i] = -1;
	for (size_t i = 0; i < r->n_locks; i++) {
		fill->lock[r->locks[i].group] = (int)i;
		r->locks[i].group = -1;
	}
	for (size_t i = 0; i < r->n_locks; i++) {
		int *mutex = &r->locks[i].mutex;

		*mutex = *mutex >= 0 ? fill->lock[*mutex] : -1;
		for (size_t j = 0; j < r->locks[i].n_held_waits; j++) {
			struct held_wait *w = &r->locks[i].held_waits[j];

			w->lock = w->lock >= 0 ? fill->lock[w->lock] : -1;
		}
	}
}

void fill_locks(struct model *m, struct fill *fill)
{
	struct report *r = fill->report;
	struct fill_rows rows = fill_rows_begin(m);
	size_t n = 0;

	for (guint i = m->locks->len; i; i--) {
		struct m_lock *lock = lock_at(m, (int32_t)i - 1);

		if (lock->earlier >= 0 && !lock->followed)
			split_generations(m, lock);
	}
	r->locks = arena_array(fill->arena, m->locks->len, sizeof(*r->locks));
	for (guint i = 0; i < m->locks->len; i++) {
		struct m_lock *lock = lock_at(m, (int32_t)i);
		struct lock *out = &r->locks[n];

		if (!is_used(m, lock))
			continue;
		fill_lock(m, lock, out, fill);
		fill_rows(m, lock, out, &rows, fill);
		r->run.lock_operations += out->acquisitions;
		n++;
	}
	r->n_locks = n;
	if (n)
		qsort(r->locks, n, sizeof(*r->locks), lock_order);
	fill_rename(m, fill);
}
