#include "analysis/replay_script.h"

#include <string.h>

#define SLICE_NS    UINT64_C(3000000) /* unless the recording tells */
#define SLICES_FEW  8
#define STEPS_MOST  4000000u /* of all scripts, to be played several times */
#define SLICES_MOST 1000000u /* in all; runs of hours get longer ones */

static int by_thread(const void *a, const void *b)
{
	const struct tape_piece *x = a, *y = b;

	if (x->thread != y->thread)
		return x->thread < y->thread ? -1 : 1;
	return (x->begin > y->begin) - (x->begin < y->begin);
}

/* The last piece of the thread that begins at `ns` or before. */
guint script_piece_at(const struct making *k, const struct script *s,
		      uint64_t ns)
{
	guint low = s->first, high = s->first + s->n;

	while (high - low > 1) {
		guint middle = (low + high) / 2;

		if (tape_piece_at(k->tape, middle)->begin <= ns)
			low = middle;
		else
			high = middle;
	}
	return low;
}

uint64_t script_piece_end(const struct making *k, const struct script *s,
			  guint i)
{
	uint64_t end = i + 1 < s->first + s->n
			       ? tape_piece_at(k->tape, i + 1)->begin
			       : s->thread->end;

	return MIN(end, k->end);
}

struct script *script_of(const struct making *k, int32_t thread)
{
	int i = k->script_of[thread];

	return i < 0 ? NULL : &k->scripts[i];
}

/* The CPUs that it used: by number. */
static uint32_t cpus_used(const struct report *r, bool *used)
{
	uint64_t busy_ns = 0;
	uint32_t n = 0;

	for (size_t i = 0; i < r->utilization.n_cpus; i++)
		busy_ns += r->utilization.cpu_busy_ns[i];
	for (size_t i = 0; i < r->utilization.n_cpus; i++) {
		used[i] = r->utilization.cpu_busy_ns[i] > busy_ns / 50;
		n += used[i];
	}
	return n;
}

/*
 * The CPUs that it may use: all, or those that it used, where it wanted more
 * than that for a good part of the run and got none of the others.
 */
static void cpus_find(struct making *k, const struct report *r)
{
	uint64_t all_ns = 0, more_ns = 0;
	uint32_t used;

	k->n_may_use = r->utilization.n_cpus;
	k->may_use = g_new0(bool, k->n_may_use + 1);
	used = cpus_used(r, k->may_use);
	for (size_t i = 0; i < r->utilization.n_demand; i++) {
		all_ns += r->utilization.demand_ns[i];
		if (i > used)
			more_ns += r->utilization.demand_ns[i];
	}
	k->cpus = used;
	if (used && more_ns > all_ns / 10)
		return;
	k->cpus = MAX(r->run.cpus, 1);
	for (size_t i = 0; i < k->n_may_use; i++)
		k->may_use[i] = true;
}

static struct demand *demand_make(const struct making *k)
{
	const GArray *idles = k->tape->idles;
	struct demand_span *spans = g_new(
		struct demand_span, k->tape->pieces->len + idles->len + 1);
	struct demand *demand;
	size_t n = 0;

	for (size_t s = 0; s < k->n; s++)
		for (guint i = k->scripts[s].first;
		     i < k->scripts[s].first + k->scripts[s].n; i++) {
			const struct tape_piece *p = tape_piece_at(k->tape, i);
			uint64_t end = script_piece_end(k, &k->scripts[s], i);

			if (p->state <= STATE_WOKEN && p->begin < end)
				spans[n++] = (struct demand_span){
					p->begin, end,
					p->state <= STATE_SPINNING
						? DEMAND_RUNNING
						: DEMAND_READY
				};
		}
	for (guint i = 0; i < idles->len; i++) {
		const struct tape_idle *idle =
			&g_array_index(idles, struct tape_idle, i);

		if (idle->cpu >= k->n_may_use || !k->may_use[idle->cpu])
			continue;
		spans[n++] = (struct demand_span){ idle->begin, idle->end,
						   DEMAND_IDLE };
	}
	demand = demand_new(spans, n, k->cpus);
	g_free(spans);
	return demand;
}

/* What is done first at one point in time. */
static int rank_of(uint8_t does)
{
	static const int ranks[] = {
		[REPLAY_CPU] = 4,	   [REPLAY_DELAY] = 4,
		[REPLAY_IO] = 4,	   [REPLAY_ACQUIRE] = 2,
		[REPLAY_ACQUIRE_READ] = 2, [REPLAY_RELEASE] = 1,
		[REPLAY_POST] = 0,	   [REPLAY_PEND] = 3,
		[REPLAY_ENTER] = 3,	   [REPLAY_LEAVE] = 0,
		[REPLAY_WAIT_BEGIN] = 2,   [REPLAY_WAIT_END] = 1,
		[REPLAY_HOLD_BEGIN] = 2,   [REPLAY_HOLD_END] = 1,
	};

	return ranks[does];
}

static int by_rank(const void *a, const void *b)
{
	const struct mark *x = a, *y = b;

	if (x->ns != y->ns)
		return x->ns < y->ns ? -1 : 1;
	return rank_of(x->step.does) - rank_of(y->step.does);
}

void script_sort(struct script *s)
{
	g_array_sort(s->marks, by_rank);
}

static void step_add(struct script *s, enum replay_does does, uint64_t ns)
{
	struct replay_step step = { .does = (uint8_t)does };

	if (does == REPLAY_CPU) {
		uint64_t saved = MIN(s->saved_ns, ns);

		s->saved_ns -= saved;
		ns -= saved;
	}
	if (!ns)
		return;
	step.ns = ns;
	if (s->steps->len) {
		struct replay_step *last = &g_array_index(
			s->steps, struct replay_step, s->steps->len - 1);

		if (last->does == does) {
			last->ns += ns;
			return;
		}
	}
	g_array_append_val(s->steps, step);
}

/* A stretch of a piece as a burst or delay. */
static void stretch(const struct making *k, struct script *s, uint8_t state,
		    uint64_t from, uint64_t to)
{
	uint64_t ns = to - from;

	if (state <= STATE_SPINNING) {
		step_add(s, REPLAY_CPU,
			 ns - demand_not_running(k->demand, from, to));
	} else if (state == STATE_PREEMPTED || state == STATE_WOKEN) {
		/* Our own crowd is simulated, others stay as they were. */
		step_add(s, REPLAY_DELAY,
			 ns - demand_ready(k->demand, from, to));
	} else {
		step_add(s, state == STATE_IO ? REPLAY_IO : REPLAY_DELAY, ns);
	}
}

/* The thread's own time in [from, to). */
static guint own_time(const struct making *k, struct script *s, guint i,
		      uint64_t from, uint64_t to)
{
	for (; i < s->first + s->n; i++) {
		const struct tape_piece *p = tape_piece_at(k->tape, i);
		uint64_t begin = MAX(p->begin, from);
		uint64_t end = script_piece_end(k, s, i);

		if (begin < MIN(end, to))
			stretch(k, s, p->state, begin, MIN(end, to));
		if (end > to)
			return i;
	}
	return i;
}

static void skip(struct mark *mark)
{
	mark->step = (struct replay_step){ .does = REPLAY_DELAY };
}

/* Keeps the release of a lock whose acquisition was skipped from being played.
 */
static void skip_release(struct script *s, guint acquire)
{
	int32_t lock = g_array_index(s->marks, struct mark, acquire).step.what;

	for (guint i = acquire + 1; i < s->marks->len; i++) {
		struct mark *mark = &g_array_index(s->marks, struct mark, i);

		if (mark->step.does != REPLAY_RELEASE ||
		    mark->step.what != lock)
			continue;
		skip(mark);
		return;
	}
}

/*
 * A thread that waits posts nothing: what it is said to have done then (started
 * a thread that came to life later) it did before. An annotated lock is waited
 * for by means of others: those are not played themselves.
 */
static void wait_inside(struct script *s, guint wait)
{
	const struct mark *outer = &g_array_index(s->marks, struct mark, wait);
	bool annotated = outer->annotated;

	if (outer->step.does != REPLAY_PEND && !annotated)
		return;
	for (guint i = wait + 1; i < s->marks->len; i++) {
		struct mark *mark = &g_array_index(s->marks, struct mark, i);
		uint8_t does = mark->step.does;

		if (mark->ns >= outer->blank_until)
			return;
		if (does == REPLAY_POST ||
		    (annotated && does == REPLAY_RELEASE)) {
			g_array_append_val(s->steps, mark->step);
			skip(mark);
		} else if (annotated && does != REPLAY_DELAY) {
			if (does == REPLAY_ACQUIRE ||
			    does == REPLAY_ACQUIRE_READ)
				skip_release(s, i);
			skip(mark);
		}
	}
}

static void script_make(const struct making *k, struct script *s)
{
	uint64_t at = s->thread->begin;
	guint piece = s->first;

	script_sort(s);
	for (guint i = 0; i < s->marks->len; i++) {
		const struct mark *mark =
			&g_array_index(s->marks, struct mark, i);

		if (mark->ns > at)
			piece = own_time(k, s, piece, at, mark->ns);
		at = MAX(at, mark->ns);
		wait_inside(s, i);
		if (mark->step.does != REPLAY_DELAY)
			g_array_append_val(s->steps, mark->step);
		at = MAX(at, MIN(mark->blank_until, k->end));
		s->saved_ns = mark->saved_ns;
	}
	own_time(k, s, piece, at, k->end);
}

static void scripts_make(struct making *k)
{
	struct tape *tape = k->tape;

	g_array_sort(tape->pieces, by_thread);
	k->scripts = g_new0(struct script, k->m->threads->len + 1);
	k->script_of = g_new(int, k->m->threads->len + 1);
	for (guint i = 0; i <= k->m->threads->len; i++)
		k->script_of[i] = -1;
	for (guint i = 0; i < tape->pieces->len; i++) {
		int32_t thread = tape_piece_at(tape, i)->thread;
		struct script *s;

		if (k->script_of[thread] < 0) {
			k->script_of[thread] = (int)k->n;
			s = &k->scripts[k->n++];
			s->first = i;
			s->thread = thread_at(k->m, thread);
			s->marks =
				g_array_new(FALSE, FALSE, sizeof(struct mark));
			s->steps = g_array_new(FALSE, FALSE,
					       sizeof(struct replay_step));
		}
		k->scripts[k->script_of[thread]].n++;
	}
}

static void scripts_fill(struct making *k, struct fill *fill,
			 struct replay *replay)
{
	replay->scripts =
		arena_array(fill->arena, k->n, sizeof(*replay->scripts));
	for (size_t i = 0; i < k->n; i++) {
		struct script *s = &k->scripts[i];
		const struct replay_step *first;
		struct replay_step *steps;

		script_make(k, s);
		steps = arena_array(fill->arena, s->steps->len + 1,
				    sizeof(*steps));
		if (s->steps->len)
			memcpy(steps, s->steps->data,
			       s->steps->len * sizeof(*steps));
		first = s->steps->len ? steps : NULL;
		replay->scripts[i] = (struct replay_script){
			.steps = steps,
			.n = s->steps->len,
			.thread = fill->thread[s->thread->index],
			.begin_ns = first && first->does == REPLAY_PEND
					    ? 0
					    : s->thread->begin - k->m->begin,
		};
		g_array_free(s->marks, TRUE);
		g_array_free(s->steps, TRUE);
	}
	replay->n_threads = k->n;
}

static bool is_bounded(const struct report *r)
{
	for (size_t i = 0; i < r->n_locks; i++)
		if (r->locks[i].sampled ||
		    r->locks[i].hold_parts_ns[HOLD_UNRECORDED])
			return true;
	return false;
}

static int by_length(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* How long threads kept a CPU until they had to give it up, typically. */
static uint64_t slice_of(const struct making *k)
{
	GArray *lengths = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	uint64_t slice = SLICE_NS, cpu_ns = 0;

	for (size_t s = 0; s < k->n; s++) {
		uint64_t since = NEVER;

		for (guint i = k->scripts[s].first;
		     i < k->scripts[s].first + k->scripts[s].n; i++) {
			const struct tape_piece *p = tape_piece_at(k->tape, i);
			uint64_t ns = p->begin > since ? p->begin - since : 0;

			if (p->state <= STATE_SPINNING) {
				since = MIN(since, p->begin);
				continue;
			}
			cpu_ns += ns;
			if (p->state == STATE_PREEMPTED && ns)
				g_array_append_val(lengths, ns);
			since = NEVER;
		}
	}
	g_array_sort(lengths, by_length);
	if (lengths->len >= SLICES_FEW)
		slice = g_array_index(lengths, uint64_t, lengths->len / 2);
	g_array_free(lengths, TRUE);
	slice = CLAMP(slice, SLICE_NS / 10, SLICE_NS * UINT64_C(10));
	return MAX(slice, cpu_ns / SLICES_MOST);
}

static const bool *unplayed_of(const struct model *m, const struct fill *fill,
			       struct replay *replay)
{
	bool *unplayed = arena_array(fill->arena, fill->report->n_locks + 1,
				     sizeof(*unplayed));

	for (guint i = 0; i < m->locks->len; i++)
		if (fill->lock[i] >= 0 && lock_at(m, (int32_t)i)->sampled)
			replay->sampled = unplayed[fill->lock[i]] = true;
	return unplayed;
}

static const uint64_t *points_of(const struct making *k,
				 const struct fill *fill)
{
	uint64_t *points =
		arena_array(fill->arena, k->n_points + 1, sizeof(*points));

	if (k->n_points)
		memcpy(points, k->points->data, k->n_points * sizeof(*points));
	g_array_free(k->points, TRUE);
	return points;
}

/*
 * What others took in a crowd. Where a crowd was rare, that a thread was on its
 * way to another CPU looks the same; they cannot have had more than in all.
 */
static double slowdown_of(const struct making *k, const struct report *report)
{
	double slowdown = demand_slowdown(k->demand);
	double busy = 0;

	for (size_t i = 0; i < report->utilization.n_cpus; i++)
		busy += (double)report->utilization.cpu_busy_ns[i];
	if (!report->utilization.foreign_told || busy <= 0)
		return slowdown;
	return MIN(slowdown, 1 + report_foreign(report) / busy);
}

static void replay_fill(struct making *k, struct fill *fill,
			const struct m_thread *last)
{
	struct replay *replay = arena_array(fill->arena, 1, sizeof(*replay));
	struct model *m = k->m;
	uint64_t untold;

	scripts_make(k);
	k->demand = demand_make(k);
	k->points = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	k->means = g_new0(struct lock_mean, m->locks->len + 1);
	marks_of_holds(k, fill);
	marks_of_hops(k);
	marks_of_calls(k, replay);
	untold = untold_place(k, fill);
	scripts_fill(k, fill, replay);
	replay->end = k->tape->full ? -1 : k->script_of[last->index];
	replay->n_points = k->n_points;
	replay->point_ns = points_of(k, fill);
	replay->n_locks = fill->report->n_locks;
	replay->cpus = k->cpus;
	replay->slice_ns = slice_of(k);
	replay->slowdown = slowdown_of(k, fill->report);
	replay->crowded = demand_crowded(k->demand);
	replay->foreign_slice_ns = demand_foreign_slice(k->demand);
	replay->run_ns = last->end - m->begin;
	replay->recorded_ns =
		k->tape->full ? k->end - m->begin : replay->run_ns;
	replay->cut = k->tape->full;
	replay->bounded = is_bounded(fill->report);
	replay->unplayed = unplayed_of(m, fill, replay);
	if (!k->n || k->end <= m->begin)
		return;
	if (replay_steps(replay) <= STEPS_MOST) {
		if (untold)
			replay_learn_untold(replay);
		replay_learn(replay);
	}
	fill->report->replay = replay;
}

void tape_fill(struct model *m, struct fill *fill)
{
	const struct m_thread *last = path_last_thread(m);
	struct making k = { .m = m, .tape = m->tape };

	if (!k.tape || m->windowed || !last)
		return;
	k.end = k.tape->full ? k.tape->complete : m->last;
	cpus_find(&k, fill->report);
	replay_fill(&k, fill, last);
	demand_free(k.demand);
	g_free(k.scripts);
	g_free(k.script_of);
	g_free(k.may_use);
	g_free(k.means);
}
