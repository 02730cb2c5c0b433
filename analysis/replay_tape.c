#include "analysis/replay_tape.h"

#include <string.h>

#include "analysis/model_fill.h"
#include "analysis/replay.h"

struct t_piece {
	uint64_t begin;
	int32_t thread;
	uint8_t state;
};

struct tape {
	GArray *pieces, *holds, *hops;
	uint64_t bytes, most;
	uint64_t complete; /* all before is on it */
	bool full;
};

struct tape *tape_new(uint64_t most)
{
	struct tape *tape;

	if (!most)
		return NULL;
	tape = g_new0(struct tape, 1);
	tape->pieces = g_array_new(FALSE, FALSE, sizeof(struct t_piece));
	tape->holds = g_array_new(FALSE, FALSE, sizeof(struct tape_hold));
	tape->hops = g_array_new(FALSE, FALSE, sizeof(struct hop));
	tape->most = most;
	return tape;
}

void tape_free(struct tape *tape)
{
	if (!tape)
		return;
	g_array_free(tape->pieces, TRUE);
	g_array_free(tape->holds, TRUE);
	g_array_free(tape->hops, TRUE);
	g_free(tape);
}

static bool has_room(struct tape *tape, size_t bytes)
{
	if (!tape || tape->full)
		return false;
	tape->bytes += bytes;
	tape->full = tape->bytes > tape->most;
	return !tape->full;
}

void tape_piece(struct tape *tape, int32_t thread, uint64_t begin,
		uint8_t state)
{
	struct t_piece piece = { begin, thread, state };

	if (has_room(tape, sizeof(piece)))
		g_array_append_val(tape->pieces, piece);
}

void tape_hold(struct tape *tape, const struct tape_hold *hold)
{
	if (has_room(tape, sizeof(*hold)))
		g_array_append_val(tape->holds, *hold);
}

void tape_hop(struct tape *tape, const struct hop *hop)
{
	/* The locks are played, not told; whether I/O was answered is unsure.
	 */
	if (hop->lock < 0 && !hop->io && has_room(tape, sizeof(*hop)))
		g_array_append_val(tape->hops, *hop);
}

void tape_complete(struct tape *tape, uint64_t ns)
{
	if (tape && !tape->full)
		tape->complete = ns;
}

/* One thing that a script has to say at a point in time. */
struct mark {
	uint64_t ns, blank_until; /* nothing of its own until then */
	struct replay_step step;
};

struct script {
	GArray *marks, *steps;
	const struct m_thread *thread;
	guint first, n; /* its pieces */
};

struct making {
	struct model *m;
	struct tape *tape;
	struct script *scripts;
	int *script_of; /* thread of the model -> script, -1 */
	size_t n;
	struct timed *over; /* edges: wanting a CPU, running */
	uint64_t *over_ns;  /* time with too few CPUs up to each edge */
	size_t n_over;
	uint64_t end;
	uint32_t cpus, n_points;
};

static const struct t_piece *piece_at(const struct tape *tape, guint i)
{
	return &g_array_index(tape->pieces, struct t_piece, i);
}

static int by_thread(const void *a, const void *b)
{
	const struct t_piece *x = a, *y = b;

	if (x->thread != y->thread)
		return x->thread < y->thread ? -1 : 1;
	return (x->begin > y->begin) - (x->begin < y->begin);
}

static uint64_t piece_end(const struct making *k, const struct script *s,
			  guint i)
{
	uint64_t end = i + 1 < s->first + s->n ? piece_at(k->tape, i + 1)->begin
					       : s->thread->end;

	return MIN(end, k->end);
}

static size_t demand_edges(struct making *k)
{
	size_t n = 0;

	for (size_t s = 0; s < k->n; s++)
		for (guint i = k->scripts[s].first;
		     i < k->scripts[s].first + k->scripts[s].n; i++) {
			const struct t_piece *p = piece_at(k->tape, i);
			uint64_t end = piece_end(k, &k->scripts[s], i);
			int32_t running = p->state <= STATE_SPINNING;

			if (p->state > STATE_WOKEN || p->begin >= end)
				continue;
			k->over[n++] = (struct timed){ p->begin, 1, running };
			k->over[n++] = (struct timed){ end, -1, -running };
		}
	return n;
}

/*
 * When the program's own threads want more CPUs than there are, that they wait
 * for one is simulated. How many CPUs they really got then says what other
 * programs left to them.
 */
static double demand_make(struct making *k)
{
	int32_t wanting = 0, running = 0;
	double crowded = 0, got = 0;

	k->over = g_new(struct timed, 2 * k->tape->pieces->len + 1);
	k->n_over = demand_edges(k);
	timed_sort(k->over, k->n_over);
	k->over_ns = g_new0(uint64_t, k->n_over + 1);
	for (size_t i = 0; i < k->n_over; i++) {
		uint64_t ns = i ? k->over[i].ns - k->over[i - 1].ns : 0;

		if (wanting > (int32_t)k->cpus) {
			crowded += (double)ns;
			got += (double)ns * running;
		} else {
			ns = 0;
		}
		k->over_ns[i] = (i ? k->over_ns[i - 1] : 0) + ns;
		wanting += k->over[i].first;
		running += k->over[i].second;
		k->over[i].first = wanting > (int32_t)k->cpus;
	}
	return got > 0 ? crowded * k->cpus / got : 1;
}

/* Time before `ns` in which they want more than there are. */
static uint64_t excess(const struct making *k, uint64_t ns)
{
	size_t low = 0, high = k->n_over;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (k->over[middle].ns <= ns)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low)
		return 0;
	return k->over_ns[low - 1] +
	       (k->over[low - 1].first ? ns - k->over[low - 1].ns : 0);
}

static void mark_add(struct script *s, uint64_t ns, uint64_t blank_until,
		     enum replay_does does, int32_t what, uint64_t length)
{
	struct mark mark = { ns, blank_until, { length, what, (uint8_t)does } };

	g_array_append_val(s->marks, mark);
}

static struct script *script_of(const struct making *k, int32_t thread)
{
	int i = k->script_of[thread];

	return i < 0 ? NULL : &k->scripts[i];
}

/* From the last time that it was woken until it had the lock. */
static uint64_t wake_delay(const struct making *k, const struct script *s,
			   const struct tape_hold *h, uint64_t released)
{
	guint low = s->first, high = s->first + s->n;

	while (high - low > 1) {
		guint middle = (low + high) / 2;

		if (piece_at(k->tape, middle)->begin <= h->acquired)
			low = middle;
		else
			high = middle;
	}
	for (guint i = low; i > s->first; i--) {
		const struct t_piece *p = piece_at(k->tape, i);

		if (p->begin < h->wait_begin)
			break;
		if (p->state == STATE_WOKEN)
			return h->acquired - p->begin;
	}
	return released > h->wait_begin && released < h->acquired
		       ? h->acquired - released
		       : 0;
}

struct lock_mean {
	uint64_t delay_ns, n;
	uint64_t released; /* of its newest hold so far */
};

static int by_acquired(const void *a, const void *b)
{
	const struct tape_hold *x = a, *y = b;

	if (x->acquired != y->acquired)
		return x->acquired < y->acquired ? -1 : 1;
	return (x->thread > y->thread) - (x->thread < y->thread);
}

static void marks_of_hold(const struct making *k, const struct tape_hold *h,
			  struct lock_mean *mean, int lock)
{
	struct script *s = script_of(k, h->thread);
	enum replay_does does =
		h->mode == LOCK_READ ? REPLAY_ACQUIRE_READ : REPLAY_ACQUIRE;
	uint64_t delay;

	if (!s || lock < 0 || h->acquired >= k->end)
		return;
	if (h->wait_begin) {
		delay = wake_delay(k, s, h, mean->released);
		mean->delay_ns += delay;
		mean->n++;
		mark_add(s, h->wait_begin, h->acquired, does, lock, delay);
	} else {
		delay = mean->n ? mean->delay_ns / mean->n : 0;
		mark_add(s, h->acquired, 0, does, lock, delay);
	}
	if (h->released < k->end)
		mark_add(s, h->released, 0, REPLAY_RELEASE, lock, 0);
	mean->released = MAX(mean->released, h->released);
}

static void marks_of_holds(struct making *k, const struct fill *fill)
{
	GArray *holds = k->tape->holds;
	struct lock_mean *means =
		g_new0(struct lock_mean, k->m->locks->len + 1);

	g_array_sort(holds, by_acquired);
	for (guint i = 0; i < holds->len; i++) {
		const struct tape_hold *h =
			&g_array_index(holds, struct tape_hold, i);

		marks_of_hold(k, h, &means[h->lock], fill->lock[h->lock]);
	}
	g_free(means);
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

static void marks_of_hops(struct making *k)
{
	GArray *hops = k->tape->hops;
	const struct hop *last = NULL;

	g_array_sort(hops, by_wait);
	for (guint i = 0; i < hops->len; i++) {
		const struct hop *h = &g_array_index(hops, struct hop, i);
		struct script *from = script_of(k, h->from);
		struct script *to = script_of(k, h->to);
		int32_t point = (int32_t)k->n_points;

		if (!from || !to || h->ns >= k->end || h->ns > h->end ||
		    h->ns < h->begin)
			continue;
		if (last && last->to == h->to && last->begin == h->begin)
			continue;
		last = h;
		k->n_points++;
		mark_add(from, h->ns, 0, REPLAY_POST, point, 0);
		mark_add(to, h->begin, h->end, REPLAY_PEND, point,
			 h->end - h->ns);
	}
}

/* What is done first at one point in time. */
static int rank_of(uint8_t does)
{
	static const int ranks[] = {
		[REPLAY_CPU] = 4,	   [REPLAY_DELAY] = 4,
		[REPLAY_IO] = 4,	   [REPLAY_ACQUIRE] = 2,
		[REPLAY_ACQUIRE_READ] = 2, [REPLAY_RELEASE] = 1,
		[REPLAY_POST] = 0,	   [REPLAY_PEND] = 3,
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

static void step_add(struct script *s, enum replay_does does, uint64_t ns)
{
	struct replay_step step = { ns, 0, (uint8_t)does };

	if (!ns)
		return;
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
		step_add(s, REPLAY_CPU, ns);
	} else if (state == STATE_PREEMPTED || state == STATE_WOKEN) {
		/* Our own crowd is simulated; other programs stay as they were.
		 */
		uint64_t own = excess(k, to) - excess(k, from);

		step_add(s, REPLAY_DELAY, ns - MIN(own, ns));
	} else {
		step_add(s, state == STATE_IO ? REPLAY_IO : REPLAY_DELAY, ns);
	}
}

/* The thread's own time in [from, to). */
static guint own_time(const struct making *k, struct script *s, guint i,
		      uint64_t from, uint64_t to)
{
	for (; i < s->first + s->n; i++) {
		const struct t_piece *p = piece_at(k->tape, i);
		uint64_t begin = MAX(p->begin, from);
		uint64_t end = piece_end(k, s, i);

		if (begin < MIN(end, to))
			stretch(k, s, p->state, begin, MIN(end, to));
		if (end > to)
			return i;
	}
	return i;
}

static void script_make(const struct making *k, struct script *s)
{
	uint64_t at = s->thread->begin;
	guint piece = s->first;

	g_array_sort(s->marks, by_rank);
	for (guint i = 0; i < s->marks->len; i++) {
		const struct mark *mark =
			&g_array_index(s->marks, struct mark, i);

		if (mark->ns > at)
			piece = own_time(k, s, piece, at, mark->ns);
		at = MAX(at, mark->ns);
		g_array_append_val(s->steps, mark->step);
		at = MAX(at, MIN(mark->blank_until, k->end));
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
		int32_t thread = piece_at(tape, i)->thread;
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

void tape_fill(struct model *m, struct fill *fill)
{
	const struct m_thread *last = path_last_thread(m);
	struct making k = { .m = m, .tape = m->tape };
	struct replay *replay;

	if (!k.tape || m->windowed || !last)
		return;
	replay = arena_array(fill->arena, 1, sizeof(*replay));
	k.end = k.tape->full ? k.tape->complete : m->last;
	k.cpus = MAX(fill->report->run.cpus, 1);
	scripts_make(&k);
	replay->slowdown = demand_make(&k);
	marks_of_holds(&k, fill);
	marks_of_hops(&k);
	scripts_fill(&k, fill, replay);
	replay->end = k.tape->full ? -1 : k.script_of[last->index];
	replay->n_points = k.n_points;
	replay->n_locks = fill->report->n_locks;
	replay->cpus = k.cpus;
	replay->recorded_ns = (k.tape->full ? k.end : last->end) - m->begin;
	replay->cut = k.tape->full;
	replay->bounded = is_bounded(fill->report);
	if (k.n && k.end > m->begin)
		fill->report->replay = replay;
	g_free(k.scripts);
	g_free(k.script_of);
	g_free(k.over);
	g_free(k.over_ns);
}
