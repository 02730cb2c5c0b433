/* Threads over time: which state each was in, who let whom in. */
#include "plots/timeline.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "plots/kinds.h"

enum {
	LEFT = 200,	/* names of the threads */
	ROWS = 24,	/* threads drawn, unless --top says more */
	FINE_ROWS = 10, /* that many are drawn in full resolution */
	REST_ROWS = 3,	/* height of what is summed */
	BODY_PX = 640,	/* of all rows together, where they are few */
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
static void score_threads(struct timeline *p, uint64_t *scores)
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

const char *const plot_sort_names[PLOT_SORT_N] = {
	[PLOT_SORT_START] = "start",
	[PLOT_SORT_WAIT] = "wait",
	[PLOT_SORT_CPU] = "cpu",
	[PLOT_SORT_NAME] = "name",
};

/* What comes first is more. */
static uint64_t rank(const struct thread *t, enum plot_sort sort)
{
	if (sort == PLOT_SORT_WAIT)
		return t->state_ns[STATE_LOCK] + t->state_ns[STATE_SPINNING];
	if (sort == PLOT_SORT_CPU)
		return t->state_ns[STATE_RUNNING] + t->state_ns[STATE_SPINNING];
	return 0;
}

/* Threads of the report are in the order of their start. */
static int by_sort(const void *a, const void *b, void *data)
{
	const struct timeline *p = data;
	size_t x = *(const size_t *)a, y = *(const size_t *)b;
	const struct thread *s = &p->report->threads[x];
	const struct thread *t = &p->report->threads[y];
	enum plot_sort sort = p->options->sort;
	int order = sort == PLOT_SORT_NAME ? strcmp(s->name, t->name) : 0;

	if (!order && rank(s, sort) != rank(t, sort))
		order = rank(s, sort) > rank(t, sort) ? -1 : 1;
	return order ? order : (x > y) - (x < y);
}

static void choose(struct timeline *p)
{
	size_t n = p->report->n_threads;
	uint64_t *scores = g_new0(uint64_t, n + 1);
	size_t most = p->options->top ? p->options->top : ROWS;

	p->chosen = g_new(size_t, n + 1);
	p->row_of = g_new(int, n + 1);
	score_threads(p, scores);
	/* The few that are left need no more room than their sum. */
	if (!p->options->top && p->n_wanted <= ROWS + REST_ROWS)
		most = p->n_wanted;
	p->n_chosen = layout_choose(scores, n, most, p->chosen);
	qsort_r(p->chosen, p->n_chosen, sizeof(p->chosen[0]), by_sort, p);
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

static void write_span(struct timeline *p, double row, int thread, int state,
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

/* The states of a bin one above the other; `whole` fills all the height. */
static void write_stack(struct timeline *p, double row, int thread,
			const uint64_t *values, uint64_t whole,
			struct span span)
{
	uint64_t below = 0;

	for (int j = 0; j < STATE_N; j++) {
		int i = layout_order[j];

		if (!values[i])
			continue;
		span.ns = values[i];
		span.low = (double)below / (double)whole;
		below += values[i];
		span.high = (double)below / (double)whole;
		write_span(p, row, thread, i, &span);
	}
}

static uint64_t sum_states(const uint64_t *values)
{
	uint64_t sum = 0;

	for (int i = 0; i < STATE_N; i++)
		sum += values[i];
	return sum;
}

/*
 * The boxes of one row; neighbours that are all of one state become one. Bins
 * are clipped to the life, so that a partly lived one is not drawn too wide.
 */
static void write_series(struct timeline *p, double row, int thread,
			 const struct series *s, uint64_t born_ns,
			 uint64_t died_ns)
{
	struct span run = { 0, 0, 0, 1, 0 };
	int run_state = -1;

	for (uint32_t i = 0; i <= s->n; i++) {
		const uint64_t *values = s->values + (size_t)i * STATE_N;
		int state = i < s->n ? timeline_pure_state(values) : -1;
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
			write_stack(p, row, thread, values, sum_states(values),
				    bin);
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
static void write_thread(struct timeline *p, size_t row, size_t thread)
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

/* Takes away what add_series() would add. */
static void subtract_series(struct series *from, const struct series *what)
{
	struct series sum = *from;
	size_t n = (size_t)from->n * from->rows;

	sum.values = g_new0(uint64_t, n);
	add_series(&sum, what);
	for (size_t i = 0; i < n; i++)
		from->values[i] -= MIN(from->values[i], sum.values[i]);
	g_free(sum.values);
}

/* The rest: all threads without those drawn, or one by one if not all count. */
static void sum_rest(const struct timeline *p, struct series *sum)
{
	const struct report *r = p->report;
	bool all = r->utilization.states.n && !p->options->thread;

	if (all)
		add_series(sum, &r->utilization.states);
	for (size_t i = 0; i < r->n_threads; i++) {
		const struct series *s = &r->threads[i].states;

		if (all && p->row_of[i] >= 0)
			subtract_series(sum, s);
		else if (!all && p->row_of[i] < 0 &&
			 layout_thread_wanted(r, i, p->options))
			add_series(sum, s);
	}
}

/* As wide as the widest, or a multiple: so no bin falls between two. */
static uint64_t rest_width(const struct timeline *p)
{
	const struct report *r = p->report;
	uint64_t life = p->window.end_ns - p->window.begin_ns;
	uint64_t width = MAX(r->utilization.states.width_ns, 1);

	for (size_t i = 0; i < r->n_threads; i++)
		if (p->row_of[i] >= 0 || p->options->thread ||
		    !r->utilization.states.n)
			width = MAX(width, r->threads[i].states.width_ns);
	while (life / width > (uint64_t)PLOT_BINS * 2)
		width *= 2;
	return width;
}

/* What is not drawn, summed over the threads: pixel-binning, no new figure. */
static void write_rest(struct timeline *p)
{
	uint64_t life = p->window.end_ns - p->window.begin_ns, most = 1;
	struct series sum = { p->window.begin_ns, rest_width(p), 0, STATE_N,
			      NULL };

	sum.n = (uint32_t)(life / sum.width_ns) + 1;
	sum.values = g_new0(uint64_t, (size_t)sum.n * STATE_N);
	sum_rest(p, &sum);
	for (uint32_t i = 0; i < sum.n; i++)
		most = MAX(most, sum_states(sum.values + (size_t)i * STATE_N));
	for (uint32_t i = 0; i < sum.n; i++) {
		struct span span = { sum.begin_ns + i * sum.width_ns,
				     sum.begin_ns + (i + 1) * sum.width_ns, 0,
				     0, 0 };

		span.end_ns = MIN(span.end_ns, p->window.end_ns);
		write_stack(p, p->rows, -1, sum.values + (size_t)i * STATE_N,
			    most, span);
	}
	g_free(sum.values);
}

static void write_names(struct timeline *p)
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
		char *text = g_strdup_printf("%zu other%s, summed", rest,
					     rest == 1 ? "" : "s");

		table_u64(p->table, p->n_chosen);
		table_u64(p->table, REST_ROWS);
		table_i64(p->table, -1);
		table_text(p->table, text);
		g_free(text);
	}
}

static void write_hint(struct timeline *p)
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

/* Beside the legend: the locks that most waits were for, if there is room. */
static void write_waited(struct timeline *p, unsigned left)
{
	struct report view = layout_by_label(p->report, p->options);
	struct plot_options options = *p->options;
	size_t *chosen = g_new(size_t, view.n_locks + 1);
	GString *text = g_string_new(NULL);
	size_t room = layout_chars(LAYOUT_WIDTH - 60.0 - left, 15), n, n_all;

	options.top = 0;
	n = layout_choose_locks(&view, &options, 4, chosen, &n_all);
	for (size_t i = 0; i < n; i++) {
		char *name = layout_lock_name(&view, chosen[i], 30);
		char *time = layout_waited(&view, chosen[i]);
		size_t wide = (size_t)g_utf8_strlen(name, -1) + strlen(time);

		if (g_utf8_strlen(text->str, -1) + (glong)wide + 16 <
		    (glong)room)
			g_string_append_printf(
				text, "%s%s %s",
				text->len ? "; " : "waited for: ", name, time);
		g_free(name);
		g_free(time);
	}
	table_set(p->table, "waited", "%s", text->str);
	g_string_free(text, TRUE);
	g_free(chosen);
	layout_by_label_clear(&view);
}

static void write_all(struct timeline *p)
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
	timeline_write_marks(p);
	write_waited(p, layout_states(p->table, p->present, LEFT));
}

void timeline_write(struct table *table, const struct report *report,
		    const struct plot_options *options)
{
	struct timeline p = { .table = table,
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
