/* What threads and locks cost, and what the recording itself cost. */
#include <inttypes.h>
#include <math.h>

#include "plots/kinds.h"
#include "plots/layout.h"

enum { HEIGHT = 620 };

static void write_cost(struct table *table, size_t row, const char *name,
		       uint64_t ns)
{
	char *text = layout_time(ns);

	table_u64(table, row);
	table_text(table, name);
	table_u64(table, ns);
	table_text(table, text);
	g_free(text);
}

static size_t write_costs(struct table *table, const struct report *report)
{
	const struct {
		const char *name;
		uint64_t ns;
	} costs[] = {
		{ "lock and unlock, uncontended",
		  report->overhead.lock_operation_ns },
		{ "one event of the recording",
		  report->overhead.cost_per_event_ns },
		{ "thread creation, mean", report->overhead.creation_mean_ns },
		{ "thread creation, 99 % below",
		  report->overhead.creation_p99_ns },
	};
	size_t n = 0;

	table_block(table, "costs", "row name ns text");
	for (size_t i = 0; i < sizeof(costs) / sizeof(costs[0]); i++)
		if (costs[i].ns)
			write_cost(table, n++, costs[i].name, costs[i].ns);
	return n;
}

/* Without a calibration there is nothing to estimate from. */
static bool has_estimate(const struct report *report)
{
	return report->overhead.cost_per_event_ns > 0;
}

static void write_fact(struct table *table, const char *name, char *text)
{
	table_text(table, name);
	table_text(table, text);
	g_free(text);
}

static void write_facts(struct table *table, const struct report *report)
{
	table_block(table, "facts", "name text");
	write_fact(table, "threads created",
		   layout_count(report->overhead.creations));
	write_fact(table, "context switches a second",
		   layout_count((uint64_t)report->overhead.switches_per_s));
	write_fact(table, "events a second",
		   layout_count((uint64_t)report->overhead.events_per_s));
	write_fact(table, "recording's share of the CPU time, estimated",
		   has_estimate(report)
			   ? g_strdup_printf(
				     "%.2f %%",
				     100 * report->overhead.estimated_share)
			   : g_strdup("not known"));
	if (report->overhead.slowdown < 0)
		write_fact(table, "slowdown by the recording",
			   g_strdup("not measured (record --baseline N)"));
	else
		write_fact(
			table, "slowdown by the recording, measured",
			g_strdup_printf("x%.3f  (95 %%: %.3f to %.3f, %" PRIu32
					" bare runs)",
					report->overhead.slowdown,
					report->overhead.slowdown_low,
					report->overhead.slowdown_high,
					report->overhead.baseline_runs));
}

/* The next of 1, 2 or 5 times a power of ten. */
static double round_step(double step)
{
	double power = pow(10, floor(log10(step)));
	double digit = step / power;

	return power * (digit > 5 ? 10 : digit > 2 ? 5 : digit > 1 ? 2 : 1);
}

/* The measured factor with its interval; and what the events explain. */
static void write_slowdown(struct table *table, const struct report *report)
{
	double low = report->overhead.slowdown_low;
	double high = report->overhead.slowdown_high;
	double reach = MAX(fabs(low - 1), fabs(high - 1));
	bool known = report->overhead.slowdown >= 0;

	table_block(table, "slowdown", "row name factor low high");
	if (known) {
		table_u64(table, 0);
		table_text(table, "measured");
		table_real(table, report->overhead.slowdown);
		table_real(table, low);
		table_real(table, high);
	}
	if (has_estimate(report)) {
		table_u64(table, 1);
		table_text(table, "estimated");
		for (int i = 0; i < 3; i++)
			table_real(table, 1 + report->overhead.estimated_share);
	}
	reach = MAX(known ? reach : 0, report->overhead.estimated_share);
	reach = MAX(reach * 1.3, 0.02);
	table_set(table, "reach", "%.6f", reach);
	table_set(table, "step", "%.6f", round_step(reach / 2.5));
}

void overhead_write(struct table *table, const struct report *report,
		    const struct plot_options *options)
{
	size_t n;

	(void)options;
	if (!report->n_threads && !report->overhead.lock_operation_ns) {
		layout_head(table, report, "Overhead", 480);
		table_set(table, "empty", "No thread was recorded.");
		return;
	}
	layout_head(table, report, "Overhead", HEIGHT);
	table_set(table, "hint",
		  "Left: what one of each costs. Right: how much slower the "
		  "program ran because it was recorded (x1 is not at all).");
	n = write_costs(table, report);
	table_set(table, "n_rows", "%zu", MAX(n, 1));
	write_facts(table, report);
	write_slowdown(table, report);
}
