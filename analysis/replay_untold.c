/*
 * Acquisitions that were counted, but that no event told: nobody was in each
 * other's way. In a run that is only a little different others are, so they
 * have to be played too. They are put where their thread computes outside of
 * all that was told, at random points, as many as there were and as long as
 * they were on average.
 */
#include "analysis/replay_script.h"
#include "analysis/replay_threads.h"

#define UNTOLD_MOST 100000u /* in all; more take long to play */
#define ROOM	    0.95    /* share of the computing that they may fill */

struct stretch { /* of a thread outside of all that was told */
	uint64_t from, to;
};

struct sections { /* of one lock and thread */
	int32_t thread, lock;
	uint64_t n, hold_ns; /* how many, and each of them */
	double reads;	     /* share of them */
};

struct placing {
	struct making *k;
	const struct fill *fill;
	struct script *s;
	const struct sections *sections;
	GArray *order;	   /* guint: into sections, shuffled */
	GArray *stretches; /* struct stretch */
	uint32_t drawn;
	guint next;
};

static uint32_t draw_number(uint32_t *drawn)
{
	*drawn ^= *drawn << 13;
	*drawn ^= *drawn >> 17;
	*drawn ^= *drawn << 5;
	return *drawn;
}

static double draw_share(struct placing *p)
{
	return (double)draw_number(&p->drawn) / 0x1p32;
}

/* Stretches that computing may be taken from, from the marks of what is told.
 */
static void stretches_find(struct placing *p)
{
	const struct script *s = p->s;
	uint64_t from = s->thread->begin;
	int depth = 0;

	script_sort(p->s);
	for (guint i = 0; i < s->marks->len; i++) {
		const struct mark *mark =
			&g_array_index(s->marks, struct mark, i);
		const struct stretch one = { from, mark->ns };
		int by = replay_depth_by(&mark->step);

		if (!by && mark->blank_until <= mark->ns)
			continue;
		if (!depth && from < mark->ns)
			g_array_append_val(p->stretches, one);
		depth = MAX(depth + by, 0);
		from = MAX(from, MAX(mark->ns, mark->blank_until));
	}
	if (!depth && from < MIN(p->k->end, s->thread->end)) {
		const struct stretch one = { from,
					     MIN(p->k->end, s->thread->end) };

		g_array_append_val(p->stretches, one);
	}
}

/* Cuts them where the thread blocked. */
static void stretches_cut(struct placing *p)
{
	GArray *cut = g_array_new(FALSE, FALSE, sizeof(struct stretch));
	const struct script *s = p->s;

	for (guint j = 0; j < p->stretches->len; j++) {
		struct stretch one =
			g_array_index(p->stretches, struct stretch, j);
		guint i = script_piece_at(p->k, s, one.from);

		for (; i < s->first + s->n; i++) {
			const struct tape_piece *piece =
				tape_piece_at(p->k->tape, i);
			struct stretch before = { one.from, piece->begin };

			if (piece->begin >= one.to)
				break;
			if (piece->state <= STATE_SPINNING)
				continue;
			if (before.from < before.to)
				g_array_append_val(cut, before);
			one.from =
				MAX(one.from,
				    MIN(script_piece_end(p->k, s, i), one.to));
		}
		if (one.from < one.to)
			g_array_append_val(cut, one);
	}
	g_array_free(p->stretches, TRUE);
	p->stretches = cut;
}

/* The time that it computes in there. */
static uint64_t computing(const struct placing *p, const struct stretch *one)
{
	const struct script *s = p->s;
	uint64_t ns = 0;

	for (guint i = script_piece_at(p->k, s, one->from); i < s->first + s->n;
	     i++) {
		const struct tape_piece *piece = tape_piece_at(p->k->tape, i);
		uint64_t from = MAX(piece->begin, one->from);
		uint64_t to = MIN(script_piece_end(p->k, s, i), one->to);

		if (piece->begin >= one->to)
			break;
		if (piece->state == STATE_RUNNING && from < to)
			ns += to - from;
	}
	return ns;
}

/* When it has computed for so long since the stretch began. */
struct walk {
	guint piece;
	uint64_t done; /* before that piece */
};

static uint64_t when(const struct placing *p, const struct stretch *one,
		     struct walk *w, uint64_t ns)
{
	const struct script *s = p->s;

	for (; w->piece < s->first + s->n; w->piece++) {
		const struct tape_piece *piece =
			tape_piece_at(p->k->tape, w->piece);
		uint64_t from = MAX(piece->begin, one->from);
		uint64_t to = MIN(script_piece_end(p->k, s, w->piece), one->to);

		if (piece->begin >= one->to)
			break;
		if (piece->state != STATE_RUNNING || from >= to)
			continue;
		if (w->done + (to - from) >= ns)
			return from + (ns - w->done);
		w->done += to - from;
	}
	return one->to;
}

static void place_one(struct placing *p, const struct stretch *one,
		      struct walk *w, uint64_t begin, uint64_t room)
{
	const struct sections *of =
		&p->sections[g_array_index(p->order, guint, p->next++)];
	uint64_t ns = MIN(of->hold_ns, room);
	uint64_t at = begin + (uint64_t)((double)(room - ns) * draw_share(p));
	struct tape_hold hold = { .thread = of->thread,
				  .lock = of->lock,
				  .weight = 1,
				  .mode = draw_share(p) < of->reads
						  ? LOCK_READ
						  : LOCK_WRITE };

	hold.acquired = when(p, one, w, at);
	hold.released = when(p, one, w, at + ns);
	marks_of_untold(p->k, p->fill, &hold);
}

/* As many as fall to it, one in each part of the same length. */
static void place_in(struct placing *p, const struct stretch *one,
		     double *credit, double per_ns)
{
	uint64_t ns = computing(p, one);
	struct walk w = { script_piece_at(p->k, p->s, one->from), 0 };
	guint n;

	*credit += (double)ns * per_ns;
	n = (guint)*credit;
	n = MIN(n, p->order->len - p->next);
	*credit -= n;
	for (guint i = 0; i < n; i++) {
		uint64_t begin = ns * i / n, end = ns * (i + 1) / n;

		place_one(p, one, &w, begin, end - begin);
	}
}

static void shuffle(struct placing *p)
{
	for (guint i = p->order->len; i > 1; i--) {
		guint j = draw_number(&p->drawn) % i;
		guint *a = &g_array_index(p->order, guint, i - 1);
		guint *b = &g_array_index(p->order, guint, j);
		guint kept = *a;

		*a = *b;
		*b = kept;
	}
}

/* None if the thread does not compute for as long as they took. */
static guint place_all(struct placing *p)
{
	uint64_t ns = 0;
	double need_ns = 0, credit = 0.5, per_ns;

	for (guint i = 0; i < p->order->len; i++)
		need_ns +=
			(double)p->sections[g_array_index(p->order, guint, i)]
				.hold_ns;
	stretches_find(p);
	stretches_cut(p);
	for (guint i = 0; i < p->stretches->len; i++)
		ns += computing(
			p, &g_array_index(p->stretches, struct stretch, i));
	if (!ns || need_ns > ROOM * (double)ns)
		return 0;
	shuffle(p);
	per_ns = (double)p->order->len / (double)ns;
	for (guint i = 0; i < p->stretches->len; i++)
		place_in(p, &g_array_index(p->stretches, struct stretch, i),
			 &credit, per_ns);
	return p->next;
}

/* Those of one thread: sections[from .. to). */
static guint place(struct making *k, const struct fill *fill,
		   const GArray *sections, guint from, guint to)
{
	struct placing p = {
		.k = k,
		.fill = fill,
		.sections =
			(const struct sections *)(const void *)sections->data,
		.order = g_array_new(FALSE, FALSE, sizeof(guint)),
		.stretches = g_array_new(FALSE, FALSE, sizeof(struct stretch)),
	};
	guint placed;

	p.s = script_of(k, p.sections[from].thread);
	p.drawn = (uint32_t)from * 2654435761u + 1;
	for (guint i = from; i < to; i++)
		for (uint64_t j = 0; j < p.sections[i].n; j++)
			g_array_append_val(p.order, i);
	placed = place_all(&p);
	g_array_free(p.order, TRUE);
	g_array_free(p.stretches, TRUE);
	return placed;
}

static uint64_t beyond(uint64_t board, uint64_t told)
{
	return board > told ? board - told : 0;
}

/* Those of a lock that nobody waited for stay out: they meet nobody. */
static bool is_played(const struct m_lock *lock)
{
	return !lock->sampled && lock->told.contended &&
	       (lock->kind == LOCK_MUTEX || lock->kind == LOCK_RWLOCK ||
		lock->kind == LOCK_SPIN);
}

/* How many of `n` there were before the end of what is played. */
static uint64_t until_end(const struct making *k, const struct m_thread *t,
			  uint64_t n)
{
	uint64_t over = MIN(t->end, k->m->last), end = MIN(over, k->end);

	if (end <= t->begin)
		return 0;
	n = MIN(n, UNTOLD_MOST * UINT64_C(1000)); /* nobody plays that */
	return (uint64_t)((double)n * (double)(end - t->begin) /
			  (double)(over - t->begin));
}

static struct sections sections_of(const struct making *k,
				   const struct m_share *share)
{
	const struct m_lock *lock = lock_at(k->m, share->lock);
	const struct m_counts *board = &lock->board, *told = &lock->told;
	uint64_t n = beyond(board->acquisitions, told->acquisitions);
	uint64_t reads =
		beyond(board->by_mode[LOCK_READ], told->by_mode[LOCK_READ]);
	struct sections sections = { share->thread, share->lock, 0, 0, 0 };

	if (!n || !is_played(lock) || !script_of(k, share->thread))
		return sections;
	sections.n = until_end(k, thread_at(k->m, share->thread),
			       beyond(share->board, share->told));
	sections.hold_ns = beyond(board->hold_ns, told->hold_ns) / n;
	sections.reads = (double)reads / (double)n;
	return sections;
}

static int by_thread(const void *a, const void *b)
{
	const struct sections *x = a, *y = b;

	if (x->thread != y->thread)
		return x->thread < y->thread ? -1 : 1;
	return (x->lock > y->lock) - (x->lock < y->lock);
}

uint64_t untold_place(struct making *k, const struct fill *fill)
{
	GArray *all = g_array_new(FALSE, FALSE, sizeof(struct sections));
	uint64_t n = 0, placed = 0;

	for (guint i = 0; i < k->m->acquisitions->len; i++) {
		struct sections sections =
			sections_of(k, &g_array_index(k->m->acquisitions,
						      struct m_share, i));

		n += MIN(sections.n, UNTOLD_MOST + 1);
		if (sections.n)
			g_array_append_val(all, sections);
	}
	g_array_sort(all, by_thread);
	for (guint from = 0, to = 0; from < all->len && n <= UNTOLD_MOST;
	     from = to) {
		int32_t thread =
			g_array_index(all, struct sections, from).thread;

		while (to < all->len &&
		       g_array_index(all, struct sections, to).thread == thread)
			to++;
		placed += place(k, fill, all, from, to);
	}
	g_array_free(all, TRUE);
	return placed;
}
