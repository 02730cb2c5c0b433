/* What the critical path is made of: states, locks, threads. */
#include <inttypes.h>

#include "plots/kinds.h"
#include "plots/layout.h"

enum {
	ROWS = 12,     /* of locks and of threads, beside the others */
	BARS_PX = 390, /* all but the bars of locks and threads */
	ROW_PX = 34,
	ANY_STATE = -2, /* a colour that stands for none */
};

enum panel { BY_LOCK, BY_THREAD };

static void write_bar(struct table *table, const struct report *report,
		      enum panel panel, size_t row, int state, const char *name,
		      uint64_t ns)
{
	double share = (double)ns / (double)report->path.length_ns;
	char *time = layout_time(ns);
	char *text = share < 0.0005 ? g_strdup_printf("%s, <0.1 %%", time)
				    : g_strdup_printf("%s, %.1f %%", time,
						      share * 100);

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

static char *name_of(const struct report *report, enum panel panel, int index)
{
	return panel == BY_LOCK ? layout_lock(report, (size_t)index, 30)
				: layout_thread(report, index, 26);
}

/* The path hops over waits that ended; one that never does stays on it. */
static const char *none_words(const struct report *report)
{
	for (size_t i = 0; i < report->n_unfinished; i++)
		if (layout_open_counts(report, &report->unfinished[i]) &&
		    report->path.by_state_ns[STATE_LOCK])
			return "none, or one not got by the end";
	return "no lock";
}

/* A panel of bars; then the rest of its shares, and those of none, as one. */
static size_t write_shares(struct table *table, const struct report *report,
			   enum panel panel, const struct path_share *shares,
			   size_t n, size_t most)
{
	uint64_t rest_ns = 0, none_ns = 0;
	size_t row = 0, n_rest = 0;

	for (size_t i = 0; i < n; i++) {
		char *name;

		if (shares[i].index < 0) {
			none_ns += shares[i].ns;
			continue;
		}
		if (row >= most) {
			rest_ns += shares[i].ns;
			n_rest++;
			continue;
		}
		name = name_of(report, panel, shares[i].index);
		write_bar(table, report, panel, row++,
			  panel == BY_LOCK ? STATE_LOCK : ANY_STATE, name,
			  shares[i].ns);
		g_free(name);
	}
	if (n_rest) {
		char *name = g_strdup_printf("%zu other%s", n_rest,
					     n_rest == 1 ? "" : "s");

		write_bar(table, report, panel, row++, -1, name, rest_ns);
		g_free(name);
	}
	if (none_ns)
		write_bar(table, report, panel, row++, -1,
			  panel == BY_LOCK ? none_words(report) : "unknown",
			  none_ns);
	return row;
}

void path_write(struct table *table, const struct report *report,
		const struct plot_options *options)
{
	size_t most = options->top && options->top < ROWS ? options->top : ROWS;
	bool present[STATE_N];
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
	for (int i = 0; i < STATE_N; i++)
		present[i] = report->path.by_state_ns[i] > 0;
	table_set(table, "top", "%d", 250);
	layout_states(table, present, 40);
	table_set(table, "n_lock_rows", "%zu", n_locks);
	table_set(table, "n_thread_rows", "%zu", n_threads);
}
