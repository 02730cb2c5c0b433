/* Who waited for whom: time by waiter and owner, by thread and by call site. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "plots/kinds.h"
#include "plots/layout.h"

enum {
	MOST = 10,	/* rows of a panel, beside the others */
	FRAME_PX = 320, /* all but the rows */
	ROW_PX = 54,
};

enum panel { BY_THREAD, BY_SITE, N_PANELS };

struct matrix {
	const struct report *report;
	const struct plot_options *options;
	enum panel panel;
	bool all_kinds; /* also conditions and the like */
	GArray *waits;	/* of struct blame: what counts, ended or not */
	uint64_t open_ns;
	size_t n; /* things with a row of their own */
	size_t chosen[MOST];
	uint64_t cells[MOST + 2][MOST + 2]; /* then the others, then nobody */
	uint64_t counts[MOST + 2][MOST + 2];
	uint64_t most, most_rest, total;
};

static bool is_counted(const struct matrix *m, size_t lock)
{
	return layout_lock_wanted(m->report, lock, m->options) &&
	       (m->all_kinds || layout_is_lock(&m->report->locks[lock]));
}

static int waiter_of(const struct matrix *m, const struct blame *b)
{
	return m->panel == BY_THREAD ? b->waiter : b->waiter_site;
}

static int owner_of(const struct matrix *m, const struct blame *b)
{
	return m->panel == BY_THREAD || b->owner < 0 ? b->owner : b->owner_site;
}

/* Where the owner took what is still waited for; -1 unknown. */
static int site_of_hold(const struct report *r, int lock, int owner)
{
	for (size_t i = 0; i < r->n_open_holds; i++)
		if (r->open_holds[i].lock == lock &&
		    r->open_holds[i].thread == owner)
			return r->open_holds[i].site;
	return -1;
}

/* All waits that count; those that have not ended, as far as they came. */
static void gather(struct matrix *m)
{
	const struct report *r = m->report;

	m->waits = g_array_new(FALSE, FALSE, sizeof(struct blame));
	for (size_t i = 0; i < r->n_locks; i++)
		if (is_counted(m, i) && r->locks[i].n_blame)
			g_array_append_vals(m->waits, r->locks[i].blame,
					    (guint)r->locks[i].n_blame);
	for (size_t i = 0; i < r->n_unfinished; i++) {
		const struct open_wait *w = &r->unfinished[i];
		struct blame b = { .waiter = w->thread,
				   .owner = w->owner,
				   .waiter_site = w->site,
				   .wait_ns = w->wait_ns,
				   .count = 1 };

		if (w->owner < 0 || !layout_open_counts(r, w) ||
		    !is_counted(m, (size_t)w->lock))
			continue;
		b.owner_site = site_of_hold(r, w->lock, w->owner);
		m->open_ns += w->wait_ns;
		g_array_append_val(m->waits, b);
	}
}

static void choose(struct matrix *m)
{
	const struct report *r = m->report;
	size_t n = m->panel == BY_THREAD ? r->n_threads : r->n_sites;
	size_t most = m->options->top && m->options->top < MOST
			      ? m->options->top
			      : MOST;
	uint64_t *scores = g_new0(uint64_t, n + 1);

	for (guint i = 0; i < m->waits->len; i++) {
		const struct blame *b =
			&g_array_index(m->waits, struct blame, i);
		int waiter = waiter_of(m, b), owner = owner_of(m, b);

		if (waiter >= 0 && (size_t)waiter < n)
			scores[waiter] += b->wait_ns;
		if (owner >= 0 && (size_t)owner < n)
			scores[owner] += b->wait_ns;
	}
	m->n = layout_choose(scores, n, most, m->chosen);
	g_free(scores);
}

/* The row, and the column, of a thread or site. */
static size_t place_of(const struct matrix *m, int index)
{
	if (index < 0)
		return MOST + 1;
	for (size_t i = 0; i < m->n; i++)
		if (m->chosen[i] == (size_t)index)
			return i;
	return MOST;
}

static void fill(struct matrix *m)
{
	for (guint i = 0; i < m->waits->len; i++) {
		const struct blame *b =
			&g_array_index(m->waits, struct blame, i);
		size_t row = place_of(m, waiter_of(m, b));
		size_t column = place_of(m, owner_of(m, b));

		m->cells[row][column] += b->wait_ns;
		m->counts[row][column] += b->count;
		m->total += b->wait_ns;
	}
	/* The others together must not outshine all else. */
	for (size_t i = 0; i < MOST + 2; i++)
		for (size_t j = 0; j < MOST + 2; j++) {
			bool rest = i == MOST || j == MOST;

			if (rest)
				m->most_rest =
					MAX(m->most_rest, m->cells[i][j]);
			else
				m->most = MAX(m->most, m->cells[i][j]);
		}
	if (!m->most)
		m->most = m->most_rest;
}

static bool has_row(const struct matrix *m, size_t row)
{
	for (size_t i = 0; i < MOST + 2; i++)
		if (m->cells[row][i])
			return true;
	return row < m->n;
}

static bool has_column(const struct matrix *m, size_t column)
{
	for (size_t i = 0; i < MOST + 2; i++)
		if (m->cells[i][column])
			return true;
	return column < m->n;
}

/* What stands at a row or column; owned by the caller. */
static char *name_of(const struct matrix *m, size_t place, bool is_owner)
{
	/* Names of columns are slanted, and the last one has the margin only.
	 */
	size_t chars = is_owner ? 18 : 24;

	if (place == MOST)
		return g_strdup("all others");
	if (place == MOST + 1)
		return g_strdup(is_owner ? "(handoff)" : "(unknown)");
	if (m->panel == BY_THREAD)
		return layout_thread(m->report, (int)m->chosen[place], 18);
	return layout_shorten(m->report->sites[m->chosen[place]].text, chars);
}

/* Rows and columns in use, numbered from the top left. */
struct places {
	size_t rows[MOST + 2], columns[MOST + 2];
	size_t n_rows, n_columns;
};

static struct places places_of(const struct matrix *m)
{
	struct places p = { .n_rows = 0 };

	for (size_t i = 0; i < MOST + 2; i++) {
		if (has_row(m, i))
			p.rows[p.n_rows++] = i;
		if (has_column(m, i))
			p.columns[p.n_columns++] = i;
	}
	return p;
}

static void write_names(struct table *table, const struct matrix *m,
			const struct places *p)
{
	for (int owners = 0; owners < 2; owners++) {
		size_t n = owners ? p->n_columns : p->n_rows;

		for (size_t i = 0; i < n; i++) {
			char *name = name_of(
				m, owners ? p->columns[i] : p->rows[i], owners);

			table_i64(table, m->panel);
			table_i64(table, owners);
			table_u64(table, i);
			table_u64(table, n);
			table_text(table, name);
			g_free(name);
		}
	}
}

/* All cells, so that a panel shows its grid; text only where there is time. */
static void write_cells(struct table *table, const struct matrix *m,
			const struct places *p)
{
	for (size_t i = 0; i < p->n_rows; i++) {
		for (size_t j = 0; j < p->n_columns; j++) {
			uint64_t ns = m->cells[p->rows[i]][p->columns[j]];
			char *text = ns ? layout_time(ns) : g_strdup("");
			char *gap = strchr(text, ' ');

			if (gap)
				memmove(gap, gap + 1, strlen(gap));

			table_i64(table, m->panel);
			table_u64(table, i);
			table_u64(table, j);
			table_u64(table, p->n_rows);
			table_u64(table, p->n_columns);
			table_u64(table, ns);
			table_u64(table, m->counts[p->rows[i]][p->columns[j]]);
			table_real(table, MIN(1, (double)ns / (double)m->most));
			table_text(table, text);
			g_free(text);
		}
	}
}

static void write_all(struct table *table, struct matrix *panels)
{
	struct places places[N_PANELS];
	uint64_t handoff_ns = 0;
	size_t rows;
	char *handoff, *open = layout_time(panels->open_ns);

	for (size_t i = 0; i < panels->report->n_locks; i++)
		if (is_counted(panels, i))
			handoff_ns += panels->report->locks[i].handoff_ns;
	handoff = layout_time(handoff_ns);

	table_set(table, "hint",
		  "Row: the waiter. Column: who owned the lock meanwhile. "
		  "%s %s is handoff (released, not yet taken).%s%s%s",
		  panels->all_kinds
			  ? "For conditions and the like: who signalled."
			  : "Locks only; of them",
		  handoff, panels->open_ns ? " Of the waits, " : "",
		  panels->open_ns ? open : "",
		  panels->open_ns ? " had not ended." : "");
	if (panels->open_ns)
		table_set(table, "open_ns", "%" PRIu64, panels->open_ns);
	g_free(handoff);
	g_free(open);
	for (int i = 0; i < N_PANELS; i++)
		places[i] = places_of(&panels[i]);
	rows = MAX(places[BY_THREAD].n_rows, places[BY_SITE].n_rows);
	layout_head(table, panels->report, "Who waited for whom",
		    (unsigned)(FRAME_PX + rows * ROW_PX));
	table_set(table, "row_px", "%d", ROW_PX);
	table_block(table, "names", "panel owners place places name");
	for (int i = 0; i < N_PANELS; i++)
		write_names(table, &panels[i], &places[i]);
	table_block(table, "cells",
		    "panel row column rows columns wait_ns count share text");
	for (int i = 0; i < N_PANELS; i++)
		write_cells(table, &panels[i], &places[i]);
}

static void clear(struct matrix *m)
{
	if (m->waits)
		g_array_free(m->waits, TRUE);
	m->waits = NULL;
}

void matrix_write(struct table *table, const struct report *report,
		  const struct plot_options *options)
{
	struct matrix *panels = g_new0(struct matrix, N_PANELS);
	bool found = false;

	for (int all = 0; all < 2 && !found; all++) {
		for (int i = 0; i < N_PANELS; i++) {
			clear(&panels[i]);
			panels[i] = (struct matrix){ .report = report,
						     .options = options,
						     .panel = (enum panel)i,
						     .all_kinds = all };
			gather(&panels[i]);
			choose(&panels[i]);
			fill(&panels[i]);
		}
		found = panels[0].total &&
			(all ||
			 panels[0].total >= report->run.duration_ns / 100);
	}
	if (found) {
		write_all(table, panels);
	} else {
		layout_head(table, report, "Who waited for whom", 480);
		layout_set_no_contention(table, report, options);
	}
	for (int i = 0; i < N_PANELS; i++)
		clear(&panels[i]);
	g_free(panels);
}
