/*
 * From the model to the report: who waited for whom at a lock, what its owners
 * blocked in, and who took it how often.
 */
#include "analysis/model_fill.h"

static int by_blame(const void *a, const void *b)
{
	const struct blame *x = a, *y = b;

	if (x->wait_ns != y->wait_ns)
		return x->wait_ns > y->wait_ns ? -1 : 1;
	if (x->waiter != y->waiter)
		return x->waiter < y->waiter ? -1 : 1;
	if (x->owner != y->owner)
		return x->owner < y->owner ? -1 : 1;
	if (x->waiter_site != y->waiter_site)
		return x->waiter_site < y->waiter_site ? -1 : 1;
	return (x->owner_site > y->owner_site) -
	       (x->owner_site < y->owner_site);
}

/* `rows` are those of this lock. */
static void fill_blame(const struct m_lock *lock, struct lock *out,
		       const struct m_blame *rows, size_t n, struct fill *fill)
{
	const struct m_detail *d = lock->detail;
	uint64_t told = d ? MAX(d->told_wait_ns, d->blamed_ns) : 0;
	uint64_t sum = 0;

	out->blame = arena_array(fill->arena, n, sizeof(*out->blame));
	for (size_t i = 0; i < n && told; i++) {
		struct blame b = {
			.waiter = fill->thread[rows[i].waiter],
			.owner = fill->thread[rows[i].owner],
			.waiter_site = rows[i].waiter_site,
			.owner_site = rows[i].owner_site,
			.wait_ns =
				fill_scale(rows[i].ns, out->wait.total, told),
			.count = rows[i].count,
		};

		/* Whom the report does not name is nobody to blame. */
		if (b.owner < 0 || b.waiter < 0 || !b.wait_ns)
			continue;
		sum += b.wait_ns;
		out->blame[out->n_blame++] = b;
	}
	out->handoff_ns = out->wait.total - sum;
	if (out->n_blame)
		qsort(out->blame, out->n_blame, sizeof(*out->blame), by_blame);
	if (d && d->told_wait_ns)
		out->spin_ns = MIN(fill_scale(d->spin_ns, out->wait.total,
					      MAX(d->told_wait_ns, d->spin_ns)),
				   out->wait.total);
}

static int by_held(const void *a, const void *b)
{
	const struct held_wait *x = a, *y = b;

	if (x->ns != y->ns)
		return x->ns > y->ns ? -1 : 1;
	if (x->state != y->state)
		return x->state < y->state ? -1 : 1;
	return (x->site > y->site) - (x->site < y->site);
}

static void fill_held(const struct m_held_wait *rows, size_t n,
		      struct lock *out, struct fill *fill)
{
	out->held_waits = arena_array(fill->arena, n, sizeof(*out->held_waits));
	for (size_t i = 0; i < n; i++)
		out->held_waits[i] = (struct held_wait){
			.state = rows[i].state,
			.op = rows[i].op,
			.fd_kind = rows[i].fd_kind,
			.lock = rows[i].other, /* renamed at the end */
			.site = rows[i].site,
			.ns = rows[i].ns,
			.count = rows[i].count,
		};
	out->n_held_waits = n;
	if (n)
		qsort(out->held_waits, n, sizeof(*out->held_waits), by_held);
}

static void fill_shares(const struct model *m, const struct m_lock *lock,
			struct lock *out, const struct m_share *rows, size_t n,
			struct fill *fill)
{
	bool board = fill_by_board(m, lock);

	out->by_thread = arena_array(fill->arena, n, sizeof(*out->by_thread));
	for (size_t i = 0; i < n; i++) {
		uint64_t acquisitions = board ? rows[i].board : rows[i].told;
		int thread = fill->thread[rows[i].thread];

		if (!acquisitions || thread < 0)
			continue;
		out->by_thread[out->n_by_thread].thread = thread;
		out->by_thread[out->n_by_thread++].acquisitions = acquisitions;
	}
}

static size_t run_of(struct fill_run *runs, int32_t lock, const void **first)
{
	size_t n = 0;

	while (runs->at < runs->n &&
	       *(const int32_t *)(const void *)(runs->rows +
						runs->at * runs->size) < lock)
		runs->at++;
	*first = runs->rows + runs->at * runs->size;
	while (runs->at + n < runs->n &&
	       *(const int32_t *)(const void *)(runs->rows +
						(runs->at + n) * runs->size) ==
		       lock)
		n++;
	return n;
}

static int by_lock(const void *a, const void *b)
{
	const int32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static int share_order(const void *a, const void *b)
{
	const struct m_share *x = a, *y = b;

	if (x->lock != y->lock)
		return x->lock < y->lock ? -1 : 1;
	return (x->thread > y->thread) - (x->thread < y->thread);
}

static struct fill_run runs_of(GArray *rows, size_t size,
			       int (*order)(const void *, const void *))
{
	g_array_sort(rows, order);
	return (struct fill_run){ rows->data, rows->len, size, 0 };
}

struct fill_rows fill_rows_begin(struct model *m)
{
	return (struct fill_rows){
		.blames = runs_of(m->blames, sizeof(struct m_blame), by_lock),
		.helds = runs_of(m->held_waits, sizeof(struct m_held_wait),
				 by_lock),
		.shares = runs_of(m->acquisitions, sizeof(struct m_share),
				  share_order),
	};
}

void fill_rows(struct model *m, struct m_lock *lock, struct lock *out,
	       struct fill_rows *all, struct fill *fill)
{
	const void *rows;
	size_t n;

	n = run_of(&all->blames, lock->index, &rows);
	fill_blame(lock, out, rows, n, fill);
	n = run_of(&all->helds, lock->index, &rows);
	fill_held(rows, n, out, fill);
	n = run_of(&all->shares, lock->index, &rows);
	fill_shares(m, lock, out, rows, n, fill);
}
