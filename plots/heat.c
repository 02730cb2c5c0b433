/* Contention over time: how many threads waited for each lock, and when. */
#include <inttypes.h>
#include <math.h>

#include "plots/kinds.h"
#include "plots/layout.h"

enum {
	LEFT = 300,
	RIGHT = 250,
	ROWS = 30,
	BODY_PX = 600,
};

/* One box a bin with waiters; `deepest` becomes the deepest mean queue. */
static void write_cells(struct table *table, size_t row, const struct series *s,
			uint64_t end_ns, double *deepest)
{
	for (uint32_t bin = 0; bin < s->n; bin++) {
		uint64_t waiters = s->values[(size_t)bin * s->rows];
		double depth = (double)waiters / (double)s->width_ns;

		if (!waiters)
			continue;
		table_u64(table, row);
		table_u64(table, s->begin_ns + bin * s->width_ns);
		table_u64(table,
			  MIN(s->begin_ns + (bin + 1) * s->width_ns, end_ns));
		table_u64(table, waiters);
		table_real(table, depth);
		*deepest = MAX(*deepest, depth);
	}
}

static void write_names(struct table *table, const struct report *report,
			const size_t *chosen, size_t n)
{
	table_block(table, "locks", "row id label wait_ns wait");
	for (size_t i = 0; i < n; i++) {
		const struct lock *l = &report->locks[chosen[i]];
		char *name = layout_lock(report, chosen[i],
					 layout_chars(LEFT - 36, 15));
		char *wait = layout_waited(report, chosen[i]);

		table_u64(table, i);
		table_text(table, l->id);
		table_text(table, name);
		table_u64(table, l->wait.total);
		table_text(table, wait);
		g_free(name);
		g_free(wait);
	}
}

static void write_all(struct table *table, const struct report *report,
		      struct layout_window window, const size_t *chosen,
		      size_t n, size_t n_all)
{
	double row_px = CLAMP((double)BODY_PX / (double)n, 20, 80);
	double deepest = 0;

	layout_head(table, report, "Contention over time",
		    (unsigned)(LAYOUT_TOP + (double)n * row_px + 78));
	table_set(table, "left", "%d", LEFT);
	table_set(table, "margin", "%d", RIGHT);
	table_set(table, "top", "%d", LAYOUT_TOP - 26);
	table_set(table, "n_rows", "%zu", n);
	layout_axis(table, window);
	write_names(table, report, chosen, n);
	table_block(table, "cells", "row begin_ns end_ns waiters_ns depth");
	for (size_t i = 0; i < n; i++)
		write_cells(table, i, &report->locks[chosen[i]].queue,
			    window.end_ns, &deepest);
	/* Of a recording that still runs only the board is there. */
	layout_set_chosen(table, n, n_all,
			  deepest > 0 ? "Colour: how many threads waited for "
					"the lock, on average over the bin."
				      : "These waits were counted, but no "
					"event tells when they were.");
	table_set(table, "deepest", "%.6f", deepest > 0 ? deepest : 1);
}

void heat_write(struct table *table, const struct report *report,
		const struct plot_options *options)
{
	struct layout_window window = layout_window(report, options);
	size_t *chosen = g_new(size_t, report->n_locks + 1);
	size_t n_all;
	size_t n = layout_choose_locks(report, options, ROWS, chosen, &n_all);

	if (n && window.end_ns > window.begin_ns) {
		write_all(table, report, window, chosen, n, n_all);
	} else {
		layout_head(table, report, "Contention over time", 480);
		layout_set_no_contention(table, report, options);
	}
	g_free(chosen);
}
