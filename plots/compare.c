/* Recordings side by side on one scale: states over time, and in sum. */
#include "plots/compare.h"

#include <inttypes.h>
#include <string.h>

#include "plots/layout.h"
#include "tracing/base/exits.h"

enum {
	LEFT = 110,
	RIGHT = 40,
	PANEL_PX = 210,
	SUMS_PX = 46, /* of each recording, below the panels */
};

static uint64_t longest_of(const struct report *const *reports, size_t n)
{
	uint64_t longest = 1;

	for (size_t i = 0; i < n; i++)
		longest = MAX(longest, reports[i]->run.duration_ns);
	return longest;
}

static void write_recordings(struct table *table,
			     const struct report *const *reports, size_t n,
			     const struct plot_options *options)
{
	table_block(table, "recordings",
		    "recording end_ns threads cpus name text");
	for (size_t i = 0; i < n; i++) {
		const struct report *r = reports[i];
		char *command = layout_command(r, 70);
		char *trace = layout_shorten(r->run.trace, 40);
		char *name = g_strdup_printf("%zu  %s   (%s)", i + 1, command,
					     trace);
		char *length = layout_time(r->run.duration_ns);
		char *operations = layout_count(r->run.lock_operations);
		char *text = g_strdup_printf(
			"%s, %zu thread%s, %s lock operations, %" PRIu64
			" events lost",
			length, r->n_threads, r->n_threads == 1 ? "" : "s",
			operations, r->run.events_lost);

		table_u64(table, i);
		table_u64(table, options->from_ns + r->run.duration_ns);
		table_u64(table, r->n_threads);
		table_u64(table, r->run.cpus);
		table_text(table, name);
		table_text(table, text);
		g_free(command);
		g_free(trace);
		g_free(name);
		g_free(length);
		g_free(operations);
		g_free(text);
	}
}

/* Stacks of one recording; `highest` becomes the highest of all. */
static void write_stack(struct table *table, size_t recording,
			const struct report *r, struct layout_window window,
			bool present[STATE_N], double *highest)
{
	const struct series *s = &r->utilization.states;

	for (uint32_t bin = 0; bin < s->n; bin++) {
		uint64_t begin = s->begin_ns + bin * s->width_ns;
		uint64_t end = MIN(begin + s->width_ns, window.end_ns);
		double below = 0;

		for (int j = 0; j < STATE_N && begin < end; j++) {
			int i = layout_order[j];
			uint64_t ns = s->values[(size_t)bin * s->rows + i];

			if (!ns)
				continue;
			table_u64(table, recording);
			table_u64(table, begin);
			table_u64(table, end);
			table_i64(table, i);
			table_u64(table, ns);
			table_real(table, below);
			below += (double)ns / (double)(end - begin);
			table_real(table, below);
			present[i] = true;
		}
		*highest = MAX(*highest, below);
	}
}

/* The time of all threads together, by state. */
static void write_sums(struct table *table, size_t recording,
		       const struct report *r, bool present[STATE_N],
		       uint64_t *longest)
{
	uint64_t below = 0;

	for (int k = 0; k < STATE_N; k++) {
		int i = layout_order[k];
		uint64_t ns = 0;
		char *text;

		for (size_t j = 0; j < r->n_threads; j++)
			ns += r->threads[j].state_ns[i];
		if (!ns)
			continue;
		text = layout_time(ns);
		table_u64(table, recording);
		table_i64(table, i);
		table_u64(table, ns);
		table_u64(table, below);
		below += ns;
		table_u64(table, below);
		table_text(table, text);
		present[i] = true;
		g_free(text);
	}
	*longest = MAX(*longest, below);
}

static void set_losses(struct table *table, const struct report *const *reports,
		       size_t n)
{
	GString *out = g_string_new(NULL);

	for (size_t i = 0; i < n; i++) {
		if (reports[i]->run.events_lost)
			g_string_append_printf(out,
					       "%s%zu: %" PRIu64 " events lost",
					       out->len ? "; " : "", i + 1,
					       reports[i]->run.events_lost);
		if (reports[i]->run.truncated)
			g_string_append_printf(out, "%s%zu: cut short",
					       out->len ? "; " : "", i + 1);
	}
	table_set(table, "notes", "%s", out->str);
	g_string_free(out, TRUE);
}

void compare_write(struct table *table, const struct report *const *reports,
		   size_t n, const struct plot_options *options)
{
	uint64_t longest = longest_of(reports, n), sum = 1;
	bool present[STATE_N] = { false };
	double highest = 1;

	layout_frame(table,
		     (unsigned)(LAYOUT_TOP + n * (PANEL_PX + SUMS_PX) + 130));
	table_set(table, "title", "%zu recordings on one scale", n);
	table_set(table, "subtitle",
		  "%" PRIu32 " CPUs, %s; each in the order given",
		  reports[0]->run.cpus, reports[0]->run.host);
	table_set(table, "source", "holdup %s", HOLDUP_VERSION);
	set_losses(table, reports, n);
	table_set(table, "hint",
		  "Threads by state over time, all on one scale; below, the "
		  "time of all threads together.");
	table_set(table, "n", "%zu", n);
	table_set(table, "left", "%d", LEFT);
	table_set(table, "top", "%d", LAYOUT_TOP);
	table_set(table, "panel_px", "%d", PANEL_PX);
	table_set(table, "sums_px", "%d", SUMS_PX);
	layout_axis(table,
		    (struct layout_window){ options->from_ns,
					    options->from_ns + longest });
	write_recordings(table, reports, n, options);
	table_block(table, "stack",
		    "recording begin_ns end_ns state ns low high");
	for (size_t i = 0; i < n; i++)
		write_stack(table, i, reports[i],
			    layout_window(reports[i], options), present,
			    &highest);
	table_block(table, "sums", "recording state ns low_ns high_ns text");
	for (size_t i = 0; i < n; i++)
		write_sums(table, i, reports[i], present, &sum);
	if (sum == 1)
		table_set(table, "empty", "No thread was recorded.");
	table_set(table, "highest", "%.6f", highest);
	table_set(table, "sum_ns", "%" PRIu64, sum);
	layout_states(table, present, LEFT);
}
