/* How long waits and holds of each lock took: distributions on a log axis. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "plots/kinds.h"
#include "plots/layout.h"

enum {
	LEFT = 220,
	RIGHT = 330,
	ROWS = 9,
	BODY_PX = 500, /* of all rows, where they are few */
	PER_DECADE = 24,
	DECADES = 14,
	CELLS = PER_DECADE * DECADES,
};

enum what { WAITS, HOLDS };

/* The cell of the log axis that `ns` lies in. */
static int cell_of(uint64_t ns)
{
	int cell = (int)floor(log10((double)MAX(ns, 1)) * PER_DECADE);

	return CLAMP(cell, 0, CELLS - 1);
}

static double cell_low_ns(int cell)
{
	return pow(10, (double)cell / PER_DECADE);
}

struct range {
	uint64_t low_ns, high_ns;
};

/* Counts of a distribution by cell of the log axis, as heights on a log. */
static void write_cells(struct table *table, size_t row, enum what what,
			const struct lock *l, const struct dist *d,
			struct range *range)
{
	uint64_t counts[CELLS] = { 0 };
	uint64_t most = 0;

	for (uint32_t i = 0; i < d->n_bins; i++) {
		if (!d->bin_count[i])
			continue;
		counts[cell_of(d->bin_low_ns[i])] += d->bin_count[i];
		range->low_ns = MIN(range->low_ns, d->bin_low_ns[i]);
	}
	range->high_ns = MAX(range->high_ns, d->max);
	for (int i = 0; i < CELLS; i++)
		most = MAX(most, counts[i]);
	for (int i = 0; i < CELLS; i++) {
		if (!counts[i])
			continue;
		table_u64(table, row);
		table_i64(table, what);
		table_i64(table,
			  what == WAITS ? (int)layout_wait_state(l) : -1);
		table_real(table, cell_low_ns(i));
		table_real(table, cell_low_ns(i + 1));
		table_u64(table, counts[i]);
		table_real(table,
			   log1p((double)counts[i]) / log1p((double)most));
	}
}

static void write_marks(struct table *table, size_t row, enum what what,
			const struct dist *d)
{
	const uint64_t marks[] = { d->p50, d->p90, d->p99, d->max };
	static const char *const names[] = { "p50", "p90", "p99", "max" };

	/* Of what no event told there is no percentile either. */
	for (int i = 0; i < 4 && d->n_bins; i++) {
		table_u64(table, row);
		table_i64(table, what);
		table_i64(table, i);
		table_text(table, names[i]);
		table_u64(table, MAX(marks[i], 1));
	}
}

/* How many of it the bars show: what an event told. */
static uint64_t told(const struct dist *d)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < d->n_bins; i++)
		n += d->bin_count[i];
	return n;
}

/* "7,214 waits, 23.4 s, mean 3.2 ms, 512 told", or nothing of nothing. */
static char *words(const struct dist *d, const char *what)
{
	uint64_t n_told = told(d);
	char *count, *total, *mean, *shown;
	GString *out = g_string_new(NULL);

	if (!d->count)
		return g_string_free(out, FALSE);
	count = layout_count(d->count);
	total = layout_time(d->total);
	mean = layout_time(d->mean);
	shown = layout_count(n_told);
	g_string_printf(out, "%s %s%s, %s, mean %s", count, what,
			d->count == 1 ? "" : "s", total, mean);
	if (!n_told)
		g_string_append(out, ", none told");
	else if (n_told < d->count)
		g_string_append_printf(out, ", %s told", shown);
	g_free(count);
	g_free(total);
	g_free(mean);
	g_free(shown);
	return g_string_free(out, FALSE);
}

/* The same of waits; those that have not ended are in no distribution. */
static char *wait_words(const struct report *report, size_t lock)
{
	struct layout_open open = layout_open_waits(report, lock);
	char *ended = words(&report->locks[lock].wait, "wait");
	char *time, *out;

	if (!open.n)
		return ended;
	if (ended[0]) {
		/* Without the mean: there is room for one or the other. */
		char *mean = strstr(ended, ", mean");

		if (mean)
			*mean = '\0';
	}
	time = layout_time(open.ns);
	out = g_strdup_printf("%s%s%zu not ended, %s so far", ended,
			      ended[0] ? "; " : "", open.n, time);
	g_free(ended);
	g_free(time);
	return out;
}

static void write_names(struct table *table, const struct report *report,
			const size_t *chosen, size_t n)
{
	table_block(table, "locks", "row state id label place waits holds");
	for (size_t i = 0; i < n; i++) {
		const struct lock *l = &report->locks[chosen[i]];
		char *name = layout_lock_name(report, chosen[i],
					      layout_chars(LEFT - 36, 15));
		char *place =
			layout_place(l->label, layout_chars(LEFT - 36, 13));
		char *waits = wait_words(report, chosen[i]);
		char *holds = words(&l->hold, "hold");

		table_u64(table, i);
		table_i64(table, layout_wait_state(l));
		table_text(table, l->id);
		table_text(table, name);
		table_text(table, place);
		table_text(table, waits);
		table_text(table, holds);
		g_free(name);
		g_free(place);
		g_free(waits);
		g_free(holds);
	}
}

static void write_all(struct table *table, const struct report *report,
		      const size_t *chosen, size_t n, size_t n_all)
{
	struct range range = { UINT64_MAX, 1 };

	layout_head(table, report, "Waits and holds",
		    LAYOUT_TOP + 78 +
			    (unsigned)n *
				    CLAMP(BODY_PX / (unsigned)n, 84, 190));
	layout_set_chosen(table, n, n_all,
			  "Upwards: how long waits took; downwards: how long "
			  "the lock was held. Height: their number, on a log "
			  "scale, of those that events told.");
	table_set(table, "left", "%d", LEFT);
	table_set(table, "margin", "%d", RIGHT);
	table_set(table, "top", "%d", LAYOUT_TOP);
	table_set(table, "n_rows", "%zu", n);
	write_names(table, report, chosen, n);
	table_block(table, "cells",
		    "row what state low_ns high_ns count height");
	for (size_t i = 0; i < n; i++) {
		const struct lock *l = &report->locks[chosen[i]];

		write_cells(table, i, WAITS, l, &l->wait, &range);
		write_cells(table, i, HOLDS, l, &l->hold, &range);
	}
	table_block(table, "marks", "row what mark name at_ns");
	for (size_t i = 0; i < n; i++) {
		const struct lock *l = &report->locks[chosen[i]];

		write_marks(table, i, WAITS, &l->wait);
		write_marks(table, i, HOLDS, &l->hold);
	}
	range.low_ns = MIN(range.low_ns, range.high_ns);
	table_set(table, "x_low", "%.0f",
		  pow(10, floor(log10((double)MAX(range.low_ns, 1)))));
	table_set(table, "x_high", "%.0f",
		  pow(10, ceil(log10((double)range.high_ns * 1.05))));
}

void waits_write(struct table *table, const struct report *report,
		 const struct plot_options *options)
{
	struct report view = layout_by_label(report, options);
	size_t *chosen = g_new(size_t, view.n_locks + 1);
	size_t n_all;
	size_t n = layout_choose_locks(&view, options, ROWS, chosen, &n_all);

	if (n) {
		write_all(table, &view, chosen, n, n_all);
	} else {
		layout_head(table, report, "Waits and holds", 480);
		layout_set_no_contention(table, report, options);
	}
	g_free(chosen);
	layout_by_label_clear(&view);
}
