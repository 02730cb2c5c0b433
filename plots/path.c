/* What the critical path is made of: states, locks, threads. */
#include <inttypes.h>

#include "plots/kinds.h"
#include "plots/layout.h"

enum {
	ROWS = 12,     /* of locks and of threads, beside the others */
	BARS_PX = 390, /* all but the bars of locks and threads */
	ROW_PX = 34,
};

enum panel { BY_LOCK, BY_THREAD };

static void write_bar(struct table *table, const struct report *report,
		      enum panel panel, size_t row, int state, const char *name,
		      uint64_t ns)
{
	double share = (double)ns / (double)report->path.length_ns;
	char *time = layout_time(ns);
	char *text = g_strdup_printf("%s, %.1f %%", time, share * 100);

	table_i64(table, panel);
	table_u64(table, row);
	table_i64(table, state);
	table_text(table, name);
	table_u64(table, ns);
	table_real(table, share);
	table_text(table, text);
	g_free(time);
	g_free(text);
}

static void write_states(struct table *table, const struct report *report)
{
	uint64_t below = 0;
	double length = (double)report->path.length_ns;

	table_block(table, "states_bar", "state name ns low high text");
	for (int j = 0; j < STATE_N; j++) {
		int i = layout_order[j];
		uint64_t ns = report->path.by_state_ns[i];
		char *time, *text;

		if (!ns)
			continue;
		time = layout_time(ns);
		text = g_strdup_printf("%s, %.0f %%", time,
				       100.0 * (double)ns / length);
		table_i64(table, i);
		table_text(table, state_names[i]);
		table_u64(table, ns);
		table_real(table, (double)below / length);
		below += ns;
		table_real(table, (double)below / length);
		table_text(table, (double)ns / length < 0.07 ? "" : text);
		g_free(time);
		g_free(text);
	}
}

/* A panel of bars, the rest of its shares as one. */
static size_t write_shares(struct table *table, const struct report *report,
			   enum panel panel, const struct path_share *shares,
			   size_t n, size_t most)
{
	uint64_t rest = 0;
	size_t row = 0;

	for (size_t i = 0; i < n; i++) {
		int index = shares[i].index;
		char *name;

		if (i >= most || !shares[i].ns) {
			rest += shares[i].ns;
			continue;
		}
		name = panel == BY_LOCK
			       ? layout_shorten(report->locks[index].label, 30)
			       : layout_thread(report, index, 26);
		write_bar(table, report, panel, row++,
			  panel == BY_LOCK ? STATE_LOCK : STATE_RUNNING, name,
			  shares[i].ns);
		g_free(name);
	}
	if (rest) {
		char *name = g_strdup_printf("%zu others", n - row);

		write_bar(table, report, panel, row++, -1, name, rest);
		g_free(name);
	}
	return row;
}

void path_write(struct table *table, const struct report *report,
		const struct plot_options *options)
{
	size_t most = options->top && options->top < ROWS ? options->top : ROWS;
	size_t n_locks, n_threads;

	if (!report->path.length_ns) {
		layout_head(table, report, "Critical path", 480);
		table_set(table, "empty", "%s",
			  !report->n_threads ? "No thread was recorded."
			  : !report->run.duration_ns
				  ? "The recording has no length."
				  : "The critical path is not known.");
		return;
	}
	write_states(table, report);
	table_block(table, "bars", "panel row state name ns share text");
	n_locks = write_shares(table, report, BY_LOCK, report->path.by_lock,
			       report->path.n_by_lock, most);
	n_threads =
		write_shares(table, report, BY_THREAD, report->path.by_thread,
			     report->path.n_by_thread, most);
	layout_head(table, report, "Critical path",
		    (unsigned)(BARS_PX + ROW_PX * MAX(n_locks, n_threads)));
	table_set(table, "hint",
		  "The chain, back from the end, of the thread that the end "
		  "waited for: only what is shortened here makes the run "
		  "shorter.");
	table_set(table, "n_lock_rows", "%zu", n_locks);
	table_set(table, "n_thread_rows", "%zu", n_threads);
}
