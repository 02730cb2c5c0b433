/* What all threads did together over time, and how busy the CPUs were. */
#include <inttypes.h>

#include "plots/kinds.h"
#include "plots/layout.h"

enum {
	LEFT = 110,
	RIGHT = 180,
	HEIGHT = 960,
	CPUS = 32, /* lanes at most */
};

/* How much of a bin lies within the run. */
static uint64_t width_of(const struct series *s, uint32_t bin, uint64_t end_ns)
{
	uint64_t begin = s->begin_ns + bin * s->width_ns;

	return begin >= end_ns ? 0 : MIN(s->width_ns, end_ns - begin);
}

static void write_time(struct table *table, const struct series *s,
		       uint32_t bin, uint64_t end_ns)
{
	uint64_t begin = s->begin_ns + bin * s->width_ns;

	table_u64(table, begin);
	table_u64(table, begin + width_of(s, bin, end_ns));
}

/* Threads in each state, stacked. Returns the highest stack. */
static double write_states(struct table *table, const struct series *s,
			   uint64_t end_ns, bool present[STATE_N])
{
	double highest = 0;

	table_block(table, "stack", "begin_ns end_ns state ns low high");
	for (uint32_t bin = 0; bin < s->n; bin++) {
		double width = (double)width_of(s, bin, end_ns);
		double below = 0;

		for (int j = 0; j < STATE_N && width > 0; j++) {
			int i = layout_order[j];
			uint64_t ns = s->values[(size_t)bin * s->rows + i];

			if (!ns)
				continue;
			write_time(table, s, bin, end_ns);
			table_i64(table, i);
			table_u64(table, ns);
			table_real(table, below);
			below += (double)ns / width;
			table_real(table, below);
			present[i] = true;
		}
		highest = MAX(highest, below);
	}
	return highest;
}

/* Threads on a CPU, and those that want one. Returns the highest demand. */
static double write_demand(struct table *table, const struct series *s,
			   uint64_t end_ns)
{
	double highest = 0;

	table_block(table, "demand", "begin_ns end_ns running wanting");
	for (uint32_t bin = 0; bin < s->n; bin++) {
		const uint64_t *v = s->values + (size_t)bin * s->rows;
		double width = (double)width_of(s, bin, end_ns);
		double running = (double)(v[STATE_RUNNING] + v[STATE_SPINNING]);
		double wanting =
			running + (double)(v[STATE_PREEMPTED] + v[STATE_WOKEN]);

		if (width <= 0)
			continue;
		write_time(table, s, bin, end_ns);
		table_real(table, running / width);
		table_real(table, wanting / width);
		highest = MAX(highest, wanting / width);
	}
	return highest;
}

/* ", 45 % others": where the recorder counted what other programs used. */
static char *others_text(const struct report *report, size_t cpu,
			 uint64_t length_ns)
{
	if (!report->utilization.foreign_told ||
	    cpu >= report->utilization.n_cpus)
		return g_strdup("");
	return g_strdup_printf(
		", %.0f %% others",
		100.0 * (double)report->utilization.cpu_foreign_ns[cpu] /
			(double)length_ns);
}

/* Each CPU: how much of each bin it ran threads of the program. */
static size_t write_cpus(struct table *table, const struct report *report,
			 uint64_t end_ns, uint64_t length_ns)
{
	const struct series *s = &report->utilization.cpus;
	size_t n = s->n ? MIN(s->rows, CPUS) : 0;

	table_block(table, "busy", "cpu begin_ns end_ns busy_ns share");
	for (uint32_t bin = 0; bin < s->n; bin++) {
		uint64_t width = width_of(s, bin, end_ns);

		for (uint32_t cpu = 0; cpu < n && width; cpu++) {
			uint64_t ns = s->values[(size_t)bin * s->rows + cpu];

			if (!ns)
				continue;
			table_u64(table, cpu);
			write_time(table, s, bin, end_ns);
			table_u64(table, ns);
			table_real(table, MIN(1, (double)ns / (double)width));
		}
	}
	table_block(table, "cpus", "cpu name text");
	for (size_t cpu = 0; cpu < n; cpu++) {
		uint64_t busy = cpu < report->utilization.n_cpus
					? report->utilization.cpu_busy_ns[cpu]
					: 0;
		char *name = g_strdup_printf("CPU %zu", cpu);
		char *others = others_text(report, cpu, length_ns);
		char *text = g_strdup_printf(
			"%.0f %% busy%s",
			100.0 * (double)busy / (double)length_ns, others);

		table_u64(table, cpu);
		table_text(table, name);
		table_text(table, text);
		g_free(name);
		g_free(others);
		g_free(text);
	}
	return n;
}

void utilization_write(struct table *table, const struct report *report,
		       const struct plot_options *options)
{
	const struct series *s = &report->utilization.states;
	struct layout_window window = layout_window(report, options);
	bool present[STATE_N] = { false };
	double highest;

	if (!s->n || window.end_ns <= window.begin_ns) {
		layout_head(table, report, "Utilization", 480);
		table_set(table, "empty", "%s",
			  !report->n_threads ? "No thread was recorded."
					     : "The recording has no length.");
		return;
	}
	layout_head(table, report, "Utilization", HEIGHT);
	table_set(table, "hint",
		  "Above: threads by state. Middle: threads on a CPU and those "
		  "that want one. Below: how busy each CPU was with this "
		  "program.");
	table_set(table, "left", "%d", LEFT);
	table_set(table, "margin", "%d", RIGHT);
	table_set(table, "top", "%d", LAYOUT_TOP);
	table_set(table, "n_cpus_there", "%" PRIu32, report->run.cpus);
	layout_axis(table, window);
	highest = write_states(table, s, window.end_ns, present);
	table_set(table, "highest", "%.6f", MAX(highest, 1));
	highest = write_demand(table, s, window.end_ns);
	table_set(table, "wanted", "%.6f",
		  MAX(highest, (double)report->run.cpus));
	write_cpus(table, report, window.end_ns,
		   window.end_ns - window.begin_ns);
	layout_states(table, present, LEFT);
}
