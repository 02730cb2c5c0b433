/* What owners did while they held each lock. */
#include <inttypes.h>

#include "plots/kinds.h"
#include "plots/layout.h"

enum {
	LEFT = 290,
	ROWS = 16,
	BODY_PX = 560,
};

/* The colour of each part: that of the state; -1: known by no state. */
static const int part_states[HOLD_NPARTS] = {
	[HOLD_RUNNING] = STATE_RUNNING, [HOLD_PREEMPTED] = STATE_PREEMPTED,
	[HOLD_WOKEN] = STATE_WOKEN,	[HOLD_IO] = STATE_IO,
	[HOLD_LOCK] = STATE_LOCK,	[HOLD_SLEEP] = STATE_SLEEP,
	[HOLD_OTHER] = STATE_OTHER,	[HOLD_UNRECORDED] = -1,
};

/* Those with waits first, by their waits; then the ones held longest. */
static size_t choose(const struct report *report,
		     const struct plot_options *options, size_t *chosen,
		     size_t *n_all)
{
	size_t most = options->top ? options->top : ROWS;
	uint64_t *scores = g_new0(uint64_t, report->n_locks + 1);
	size_t n = 0;

	*n_all = 0;
	for (int waited = 1; waited >= 0; waited--) {
		for (size_t i = 0; i < report->n_locks; i++) {
			const struct lock *l = &report->locks[i];

			scores[i] = 0;
			if (!layout_is_lock(l) || !l->hold.total ||
			    (l->wait.total > 0) != waited ||
			    !layout_lock_wanted(report, i, options))
				continue;
			scores[i] = waited ? l->wait.total : l->hold.total;
			*n_all += 1;
		}
		n += layout_choose(scores, report->n_locks, most - n,
				   chosen + n);
	}
	g_free(scores);
	return n;
}

static void write_parts(struct table *table, size_t row, const struct lock *l,
			bool present[HOLD_NPARTS])
{
	uint64_t below = 0;

	for (int i = 0; i < HOLD_NPARTS; i++) {
		uint64_t ns = l->hold_parts_ns[i];
		double share = (double)ns / (double)l->hold.total;
		char *text;

		if (!ns)
			continue;
		text = share < 0.06 ? g_strdup("")
				    : g_strdup_printf("%.0f %%", share * 100);
		table_u64(table, row);
		table_text(table, hold_part_names[i]);
		table_i64(table, part_states[i]);
		table_u64(table, ns);
		table_real(table, (double)below / (double)l->hold.total);
		below += ns;
		table_real(table, (double)below / (double)l->hold.total);
		table_text(table, text);
		present[i] = true;
		g_free(text);
	}
}

static void write_names(struct table *table, const struct report *report,
			const size_t *chosen, size_t n)
{
	uint64_t longest = 1;

	for (size_t i = 0; i < n; i++)
		longest = MAX(longest, report->locks[chosen[i]].hold.total);
	table_block(table, "locks", "row id label hold_ns share text");
	for (size_t i = 0; i < n; i++) {
		const struct lock *l = &report->locks[chosen[i]];
		char *name = layout_lock(report, chosen[i],
					 layout_chars(LEFT - 40, 15));
		char *total = layout_time(l->hold.total);
		char *mean = layout_time(l->hold.mean);
		char *count = layout_count(l->acquisitions);
		char *text = g_strdup_printf(
			"%s in %s hold%s, mean %s", total, count,
			l->acquisitions == 1 ? "" : "s", mean);

		table_u64(table, i);
		table_text(table, l->id);
		table_text(table, name);
		table_u64(table, l->hold.total);
		table_real(table, (double)l->hold.total / (double)longest);
		table_text(table, text);
		g_free(name);
		g_free(total);
		g_free(mean);
		g_free(count);
		g_free(text);
	}
}

void breakdown_write(struct table *table, const struct report *report,
		     const struct plot_options *options)
{
	struct report view = layout_by_label(report, options);
	struct layout_legend legend = { .next_px = LEFT };
	size_t *chosen = g_new(size_t, view.n_locks + 1);
	bool present[HOLD_NPARTS] = { false };
	size_t n_all;
	size_t n = choose(&view, options, chosen, &n_all);

	if (!n) {
		layout_head(table, report, "While locks were held", 480);
		table_set(table, "empty", "No hold of a lock was recorded.");
		g_free(chosen);
		layout_by_label_clear(&view);
		return;
	}
	layout_head(table, report, "While locks were held",
		    (unsigned)(LAYOUT_TOP + 78 +
			       (double)n * CLAMP(BODY_PX / (double)n, 34, 70)));
	layout_set_chosen(table, n, n_all,
			  "Left: what owners did during their holds. Right: "
			  "how long the lock was held in all.");
	table_set(table, "left", "%d", LEFT);
	table_set(table, "top", "%d", LAYOUT_TOP);
	table_set(table, "n_rows", "%zu", n);
	write_names(table, &view, chosen, n);
	table_block(table, "parts", "row part state ns low high text");
	for (size_t i = 0; i < n; i++)
		write_parts(table, i, &view.locks[chosen[i]], present);
	for (int i = 0; i < HOLD_NPARTS; i++)
		if (present[i])
			layout_legend_add(&legend, part_states[i],
					  hold_part_names[i]);
	layout_legend_set(table, &legend);
	g_free(chosen);
	layout_by_label_clear(&view);
}
