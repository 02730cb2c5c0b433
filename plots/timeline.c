/* Threads over time: which state each was in, who let whom in. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "plots/kinds.h"
#include "plots/layout.h"

enum {
	LEFT = 200,	/* names of the threads */
	ROWS = 24,	/* threads drawn, unless --top says more */
	FINE_ROWS = 10, /* that many are drawn in full resolution */
	REST_ROWS = 3,	/* height of what is summed */
	BODY_PX = 640,	/* of all rows together, where they are few */
	ARROWS = 48,	/* drawn at most, and where there are many rows */
	ARROWS_MANY = 16,
	LABEL_PX = 12,	 /* letters of a label */
	LABEL_CHARS = 6, /* no label is cut shorter */
	ARROW_PX = 5,	 /* waits shorter than this get no arrow */
};

struct picture {
	struct table *table;
	const struct report *report;
	const struct plot_options *options;
	struct layout_window window;
	double px_per_ns;
	size_t n_chosen, n_wanted;
	size_t *chosen; /* threads, by row */
	int *row_of;	/* by thread; -1: not drawn */
	double rows;
	bool present[STATE_N];
};

/* Not so one that began after the window, or ended before. */
static bool lived(const struct thread *t)
{
	for (int i = 0; i < STATE_N; i++)
		if (t->state_ns[i])
			return true;
	return false;
}

/*
 * How much a thread tells about the holdup: what it waited for locks, and what
 * others waited for it; its life decides between those without either.
 */
static void score_threads(struct picture *p, uint64_t *scores)
{
	const struct report *r = p->report;

	for (size_t i = 0; i < r->n_threads; i++) {
		const struct thread *t = &r->threads[i];

		if (!layout_thread_wanted(r, i, p->options))
			continue;
		if (!lived(t))
			continue;
		p->n_wanted++;
		scores[i] = 1 + t->state_ns[STATE_LOCK] +
			    t->state_ns[STATE_SPINNING] +
			    t->state_ns[STATE_RUNNING] / 16 +
			    (t->end_ns - t->begin_ns) / 4096;
	}
	for (size_t i = 0; i < r->n_locks; i++)
		for (size_t j = 0; j < r->locks[i].n_blame; j++) {
			const struct blame *b = &r->locks[i].blame[j];

			if (b->owner >= 0 && scores[b->owner])
				scores[b->owner] += b->wait_ns;
		}
}

static int by_index(const void *a, const void *b)
{
	size_t x = *(const size_t *)a, y = *(const size_t *)b;

	return (x > y) - (x < y);
}

static void choose(struct picture *p)
{
	size_t n = p->report->n_threads;
	uint64_t *scores = g_new0(uint64_t, n + 1);
	size_t most = p->options->top ? p->options->top : ROWS;

	p->chosen = g_new(size_t, n + 1);
	p->row_of = g_new(int, n + 1);
	score_threads(p, scores);
	p->n_chosen = layout_choose(scores, n, most, p->chosen);
	qsort(p->chosen, p->n_chosen, sizeof(p->chosen[0]), by_index);
	for (size_t i = 0; i < n; i++)
		p->row_of[i] = -1;
	for (size_t i = 0; i < p->n_chosen; i++)
		p->row_of[p->chosen[i]] = (int)i;
	g_free(scores);
}

/* A box of a row: one state over a stretch of time. */
struct span {
	uint64_t begin_ns, end_ns;
	double low, high;
	uint64_t ns;
};

static void write_span(struct picture *p, double row, int thread, int state,
		       const struct span *span)
{
	table_real(p->table, row);
	table_i64(p->table, thread);
	table_u64(p->table, span->begin_ns);
	table_u64(p->table, span->end_ns);
	table_i64(p->table, state);
	table_u64(p->table, span->ns);
	table_real(p->table, span->low);
	table_real(p->table, span->high);
	p->present[state] = true;
}

/* Which state fills all of `values`; -1: none, or several. */
static int pure_state(const uint64_t *values)
{
	int found = -1;

	for (int i = 0; i < STATE_N; i++) {
		if (!values[i])
			continue;
		if (found >= 0)
			return -1;
		found = i;
	}
	return found;
}

/* A bin with several states: one above the other, in proportion. */
static void write_mixed(struct picture *p, double row, int thread,
			const uint64_t *values, struct span span)
{
	uint64_t sum = 0, below = 0;

	for (int i = 0; i < STATE_N; i++)
		sum += values[i];
	for (int j = 0; j < STATE_N; j++) {
		int i = layout_order[j];

		if (!values[i])
			continue;
		span.ns = values[i];
		span.low = (double)below / (double)sum;
		below += values[i];
		span.high = (double)below / (double)sum;
		write_span(p, row, thread, i, &span);
	}
}

/*
 * The boxes of one row; neighbours that are all of one state become one. Bins
 * are clipped to the life, so that a partly lived one is not drawn too wide.
 */
static void write_series(struct picture *p, double row, int thread,
			 const struct series *s, uint64_t born_ns,
			 uint64_t died_ns)
{
	struct span run = { 0, 0, 0, 1, 0 };
	int run_state = -1;

	for (uint32_t i = 0; i <= s->n; i++) {
		const uint64_t *values = s->values + (size_t)i * STATE_N;
		int state = i < s->n ? pure_state(values) : -1;
		struct span bin = { s->begin_ns + i * s->width_ns,
				    s->begin_ns + (i + 1) * s->width_ns, 0, 1,
				    0 };

		bin.begin_ns = MAX(bin.begin_ns, born_ns);
		bin.end_ns = MIN(bin.end_ns, died_ns);
		if (run_state >= 0 && state != run_state) {
			write_span(p, row, thread, run_state, &run);
			run_state = -1;
		}
		if (i == s->n)
			break;
		if (state >= 0 && run_state < 0) {
			run = bin;
			run_state = state;
		}
		if (state >= 0) {
			run.end_ns = bin.end_ns;
			run.ns += values[state];
		} else {
			write_mixed(p, row, thread, values, bin);
		}
	}
}

/* Adds the bins of `from` to those of `to` that their middles lie in. */
static void add_series(struct series *to, const struct series *from)
{
	for (uint32_t i = 0; i < from->n; i++) {
		uint64_t middle = from->begin_ns + i * from->width_ns +
				  from->width_ns / 2;
		uint64_t bin = middle < to->begin_ns
				       ? 0
				       : (middle - to->begin_ns) / to->width_ns;

		if (bin >= to->n)
			bin = to->n - 1;
		for (uint32_t row = 0; row < to->rows; row++)
			to->values[bin * to->rows + row] +=
				from->values[(size_t)i * from->rows + row];
	}
}

/* Pairs of bins as one: rows that are thin need no more. */
static struct series halve(const struct series *s)
{
	struct series half = { s->begin_ns, s->width_ns * 2, (s->n + 1) / 2,
			       s->rows, NULL };

	half.values = g_new0(uint64_t, (size_t)half.n * half.rows);
	add_series(&half, s);
	return half;
}

/* A thread of which only sums are known: one bin over its life. */
static void write_thread(struct picture *p, size_t row, size_t thread)
{
	const struct thread *t = &p->report->threads[thread];
	uint64_t sums[STATE_N];
	struct series life = { t->begin_ns, t->end_ns - t->begin_ns, 1, STATE_N,
			       sums };
	struct series half = { .values = NULL };
	const struct series *s = t->states.n ? &t->states : &life;

	memcpy(sums, t->state_ns, sizeof(sums));
	if (p->n_chosen > FINE_ROWS && s->n > PLOT_BINS) {
		half = halve(s);
		s = &half;
	}
	write_series(p, (double)row, (int)thread, s, t->begin_ns, t->end_ns);
	g_free(half.values);
}

/* What is not drawn, summed over the threads: pixel-binning, no new figure. */
static void write_rest(struct picture *p)
{
	const struct report *r = p->report;
	struct series sum = { .begin_ns = p->window.begin_ns, .rows = STATE_N };
	uint64_t life = p->window.end_ns - p->window.begin_ns;
	uint64_t most = 1;

	/* As wide as the widest, or a multiple: no bin falls between two. */
	sum.width_ns = 1;
	for (size_t i = 0; i < r->n_threads; i++)
		if (p->row_of[i] < 0)
			sum.width_ns = MAX(sum.width_ns,
					   r->threads[i].states.width_ns);
	while (life / sum.width_ns > PLOT_BINS * 2)
		sum.width_ns *= 2;
	sum.n = (uint32_t)(life / sum.width_ns) + 1;
	sum.values = g_new0(uint64_t, (size_t)sum.n * STATE_N);
	for (size_t i = 0; i < r->n_threads; i++)
		if (p->row_of[i] < 0 && layout_thread_wanted(r, i, p->options))
			add_series(&sum, &r->threads[i].states);
	for (uint32_t i = 0; i < sum.n; i++) {
		uint64_t all = 0;

		for (int j = 0; j < STATE_N; j++)
			all += sum.values[(size_t)i * STATE_N + j];
		most = MAX(most, all);
	}
	for (uint32_t i = 0; i < sum.n; i++) {
		struct span span = { sum.begin_ns + i * sum.width_ns,
				     sum.begin_ns + (i + 1) * sum.width_ns, 0,
				     0, 0 };
		uint64_t below = 0;

		span.end_ns = MIN(span.end_ns, p->window.end_ns);
		for (int k = 0; k < STATE_N; k++) {
			int j = layout_order[k];

			span.ns = sum.values[(size_t)i * STATE_N + j];
			if (!span.ns)
				continue;
			span.low = (double)below / (double)most;
			below += span.ns;
			span.high = (double)below / (double)most;
			write_span(p, p->rows, -1, j, &span);
		}
	}
	g_free(sum.values);
}

static void write_names(struct picture *p)
{
	size_t rest = p->n_wanted - p->n_chosen;

	table_block(p->table, "threads", "row height tid label");
	for (size_t i = 0; i < p->n_chosen; i++) {
		char *name = layout_thread(p->report, (int)p->chosen[i],
					   layout_chars(LEFT - 30, 15));

		table_u64(p->table, i);
		table_u64(p->table, 1);
		table_i64(p->table, p->report->threads[p->chosen[i]].tid);
		table_text(p->table, name);
		g_free(name);
	}
	if (rest) {
		char *text = g_strdup_printf("%zu others, summed", rest);

		table_u64(p->table, p->n_chosen);
		table_u64(p->table, REST_ROWS);
		table_i64(p->table, -1);
		table_text(p->table, text);
		g_free(text);
	}
}

static double x_px(const struct picture *p, uint64_t ns)
{
	return ((double)ns - (double)p->window.begin_ns) * p->px_per_ns;
}

/* Cuts [begin, end) down to its longest part of nothing but `state`. */
static void narrow(const struct series *s, enum state state, uint64_t *begin_ns,
		   uint64_t *end_ns)
{
	uint64_t best_from = 0, best_to = 0, from = 0;
	bool within = false;

	if (!s->n)
		return;
	for (uint32_t i = 0; i <= s->n; i++) {
		uint64_t at = s->begin_ns + i * s->width_ns;
		bool pure = i < s->n && at >= *begin_ns &&
			    at + s->width_ns <= *end_ns &&
			    pure_state(s->values + (size_t)i * STATE_N) ==
				    (int)state;

		if (pure && !within)
			from = at;
		if (!pure && within && at - from > best_to - best_from) {
			best_from = from;
			best_to = at;
		}
		within = pure;
	}
	*begin_ns = best_from;
	*end_ns = best_to;
}

/* A label where it stands on one colour only, if that is wide enough. */
static void write_label(struct picture *p, size_t row, enum state state,
			uint64_t begin_ns, uint64_t end_ns, const char *text)
{
	size_t chars;
	char *shown;

	narrow(&p->report->threads[p->chosen[row]].states, state, &begin_ns,
	       &end_ns);
	chars = layout_chars(x_px(p, end_ns) - x_px(p, begin_ns) - 8, LABEL_PX);
	if (chars < LABEL_CHARS && (size_t)g_utf8_strlen(text, -1) > chars)
		return;
	shown = layout_shorten_label(text, chars);
	table_u64(p->table, row);
	table_u64(p->table, begin_ns / 2 + end_ns / 2);
	table_u64(p->table, begin_ns);
	table_u64(p->table, end_ns);
	table_i64(p->table, state);
	table_text(p->table, shown);
	g_free(shown);
}

/* What a thread waits for at the end of the recording. */
static void write_unfinished(struct picture *p)
{
	for (size_t i = 0; i < p->report->n_unfinished; i++) {
		const struct open_wait *w = &p->report->unfinished[i];
		char *text;

		if (w->thread < 0 || p->row_of[w->thread] < 0 || w->lock < 0)
			continue;
		text = g_strdup_printf("%s: not ended",
				       p->report->locks[w->lock].label);
		write_label(p, (size_t)p->row_of[w->thread], w->state,
			    MAX(w->since_ns, p->window.begin_ns),
			    p->window.end_ns, text);
		g_free(text);
	}
}

/* Since when a thread is in a wait that does not end. */
static uint64_t open_since(const struct report *r, int thread)
{
	for (size_t i = 0; i < r->n_unfinished; i++)
		if (r->unfinished[i].thread == thread)
			return r->unfinished[i].since_ns;
	return UINT64_MAX;
}

/* The lock in each wait that is wide enough for its name. */
static void write_labels(struct picture *p)
{
	const struct report *r = p->report;

	table_block(p->table, "labels",
		    "row middle_ns begin_ns end_ns state text");
	for (size_t row = 0; row < p->n_chosen; row++) {
		const struct thread *t = &r->threads[p->chosen[row]];
		uint64_t open_ns = open_since(r, (int)p->chosen[row]);

		for (size_t i = 0; i < t->n_waits; i++) {
			const struct wait_span *w = &t->waits[i];
			uint64_t begin = MAX(w->begin_ns, p->window.begin_ns);
			uint64_t end = MIN(w->end_ns, p->window.end_ns);

			if (w->lock >= 0 && begin < end && begin < open_ns)
				write_label(p, row, w->state, begin, end,
					    r->locks[w->lock].label);
		}
	}
	write_unfinished(p);
}

struct arrow {
	int from, to; /* rows */
	uint64_t from_ns, to_ns, wait_ns;
};

static int longest_first(const void *a, const void *b)
{
	const struct arrow *x = a, *y = b;

	return (x->wait_ns < y->wait_ns) - (x->wait_ns > y->wait_ns);
}

/* Waits that a drawn thread ended, those of the longest waits. */
static GArray *gather_arrows(const struct picture *p)
{
	GArray *arrows = g_array_new(FALSE, FALSE, sizeof(struct arrow));

	for (size_t row = 0; row < p->n_chosen; row++) {
		const struct thread *t = &p->report->threads[p->chosen[row]];

		for (size_t i = 0; i < t->n_waits; i++) {
			const struct wait_span *w = &t->waits[i];
			struct arrow arrow = { -1, (int)row, w->waker_ns,
					       w->end_ns,
					       w->end_ns - w->begin_ns };

			if (w->waker < 0 || !w->waker_ns ||
			    w->waker_ns < p->window.begin_ns ||
			    w->end_ns > p->window.end_ns ||
			    (double)arrow.wait_ns * p->px_per_ns < ARROW_PX)
				continue;
			arrow.from = p->row_of[w->waker];
			if (arrow.from >= 0 && arrow.from != arrow.to)
				g_array_append_val(arrows, arrow);
		}
	}
	g_array_sort(arrows, longest_first);
	return arrows;
}

/* Arrows from releases to waiters; none closer to another than a few px. */
static void write_arrows(struct picture *p)
{
	GArray *arrows = gather_arrows(p);
	size_t most = p->n_chosen > 10 ? ARROWS_MANY : ARROWS;
	size_t drawn = 0;

	table_block(p->table, "arrows",
		    "from_ns from_row to_ns to_row wait_ns");
	for (guint i = 0; i < arrows->len && drawn < most; i++) {
		const struct arrow *a = &g_array_index(arrows, struct arrow, i);
		bool close = false;

		for (guint j = 0; j < i && !close; j++) {
			const struct arrow *b =
				&g_array_index(arrows, struct arrow, j);

			close = b->wait_ns && b->to == a->to &&
				fabs(x_px(p, a->to_ns) - x_px(p, b->to_ns)) <
					18;
		}
		if (close)
			continue;
		/* From edge to middle, so that arrows cross few names. */
		table_u64(p->table, a->from_ns);
		table_real(p->table, a->from + (a->to > a->from ? 0.92 : 0.08));
		table_u64(p->table, a->to_ns);
		table_real(p->table, a->to + (a->to > a->from ? 0.08 : 0.92));
		table_u64(p->table, a->wait_ns);
		drawn++;
	}
	g_array_free(arrows, TRUE);
}

static void write_hint(struct picture *p)
{
	if (p->n_wanted > p->n_chosen)
		table_set(
			p->table, "hint",
			"%zu of %zu threads drawn: those that waited for "
			"locks longest or let others wait; the rest is summed. "
			"Arrow: from a release to its waiter (the longest "
			"waits).",
			p->n_chosen, p->n_wanted);
	else
		table_set(p->table, "hint",
			  "A column of several colours: the states within it, "
			  "in proportion. Arrow: from a release to the waiter "
			  "that it let in (the longest waits).");
}

static void write_all(struct picture *p)
{
	double rows = (double)p->n_chosen +
		      (p->n_wanted > p->n_chosen ? REST_ROWS : 0);
	double row_px = CLAMP(BODY_PX / rows, 22, 90);

	layout_head(p->table, p->report, "Timeline",
		    (unsigned)(LAYOUT_TOP + rows * row_px + 78));
	write_hint(p);
	table_set(p->table, "left", "%d", LEFT);
	table_set(p->table, "top", "%d", LAYOUT_TOP);
	table_set(p->table, "n_rows", "%.0f", rows);
	layout_axis(p->table, p->window);
	write_names(p);
	table_block(p->table, "spans",
		    "row thread begin_ns end_ns state ns low high");
	for (size_t i = 0; i < p->n_chosen; i++)
		write_thread(p, i, p->chosen[i]);
	p->rows = (double)p->n_chosen;
	if (p->n_wanted > p->n_chosen)
		write_rest(p);
	write_labels(p);
	write_arrows(p);
	layout_states(p->table, p->present, LEFT);
}

void timeline_write(struct table *table, const struct report *report,
		    const struct plot_options *options)
{
	struct picture p = { .table = table,
			     .report = report,
			     .options = options,
			     .window = layout_window(report, options) };
	uint64_t length = p.window.end_ns - p.window.begin_ns;

	choose(&p);
	if (p.n_chosen && length) {
		p.px_per_ns =
			(LAYOUT_WIDTH - LEFT - LAYOUT_RIGHT) / (double)length;
		write_all(&p);
	} else {
		layout_head(table, report, "Timeline", 480);
		table_set(table, "empty", "%s",
			  !report->n_threads ? "No thread was recorded."
			  : !p.n_wanted	     ? "No thread of that name."
					     : "The recording has no length.");
	}
	g_free(p.chosen);
	g_free(p.row_of);
}
