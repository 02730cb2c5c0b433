/* Labels and arrows of the timeline. */
#include "plots/timeline.h"

#include <math.h>

enum {
	ARROWS = 48, /* drawn at most, and where there are many rows */
	ARROWS_MANY = 16,
	LABEL_PX = 12,	 /* letters of a label */
	LABEL_CHARS = 6, /* no label is cut shorter */
	ARROW_GAP_PX = 18,
	ARROW_PX = 5, /* waits shorter than this get no arrow */
};

int timeline_pure_state(const uint64_t *values)
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

static double x_px(const struct timeline *p, uint64_t ns)
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
		bool pure =
			i < s->n && at >= *begin_ns &&
			at + s->width_ns <= *end_ns &&
			timeline_pure_state(s->values + (size_t)i * STATE_N) ==
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

static size_t chars_in(const struct timeline *p, uint64_t begin_ns,
		       uint64_t end_ns)
{
	return layout_chars(x_px(p, end_ns) - x_px(p, begin_ns) - 8, LABEL_PX);
}

/* Whether enough of a text to read fits in. */
static bool fits(const struct timeline *p, uint64_t begin_ns, uint64_t end_ns,
		 const char *text)
{
	size_t chars = chars_in(p, begin_ns, end_ns);

	return chars >= LABEL_CHARS || (size_t)g_utf8_strlen(text, -1) <= chars;
}

/* A label where it stands on one colour only, if that is wide enough. */
static void write_label(struct timeline *p, size_t row, enum state state,
			uint64_t begin_ns, uint64_t end_ns, const char *text)
{
	size_t chars;
	char *shown;

	if (!fits(p, begin_ns, end_ns, text))
		return;
	narrow(&p->report->threads[p->chosen[row]].states, state, &begin_ns,
	       &end_ns);
	if (!fits(p, begin_ns, end_ns, text))
		return;
	chars = chars_in(p, begin_ns, end_ns);
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
static void write_unfinished(struct timeline *p)
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
static void write_labels(struct timeline *p)
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
static GArray *gather_arrows(const struct timeline *p)
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

/* Whether an arrow would hide one that is drawn already. */
static bool is_close(const struct timeline *p, const struct arrow *arrow,
		     const struct arrow *const *drawn, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (drawn[i]->to == arrow->to &&
		    fabs(x_px(p, arrow->to_ns) - x_px(p, drawn[i]->to_ns)) <
			    ARROW_GAP_PX)
			return true;
	return false;
}

/* From edge to edge of the rows, so that arrows cross few names. */
static void write_arrow(struct timeline *p, const struct arrow *arrow)
{
	bool down = arrow->to > arrow->from;

	table_u64(p->table, arrow->from_ns);
	table_real(p->table, arrow->from + (down ? 0.92 : 0.08));
	table_u64(p->table, arrow->to_ns);
	table_real(p->table, arrow->to + (down ? 0.08 : 0.92));
	table_u64(p->table, arrow->wait_ns);
}

/* Arrows from releases to waiters; none closer to another than a few px. */
static void write_arrows(struct timeline *p)
{
	GArray *arrows = gather_arrows(p);
	const struct arrow *drawn[ARROWS];
	size_t most = p->n_chosen > 10 ? ARROWS_MANY : ARROWS;
	size_t n = 0;

	table_block(p->table, "arrows",
		    "from_ns from_row to_ns to_row wait_ns");
	for (guint i = 0; i < arrows->len && n < most; i++) {
		const struct arrow *a = &g_array_index(arrows, struct arrow, i);

		if (is_close(p, a, drawn, n))
			continue;
		write_arrow(p, a);
		drawn[n++] = a;
	}
	g_array_free(arrows, TRUE);
}

void timeline_write_marks(struct timeline *p)
{
	write_labels(p);
	write_arrows(p);
}
