/* For how long how many threads ran at once, and how many wanted to. */
#include <inttypes.h>

#include "plots/kinds.h"
#include "plots/layout.h"

enum {
	LEFT = 110,
	BARS = 48, /* more are taken together */
	HEIGHT = 700,
};

struct sums {
	uint64_t total_ns;
	double mean;
};

static struct sums sum(const uint64_t *ns, size_t n)
{
	struct sums sums = { 0, 0 };

	for (size_t i = 0; i < n; i++) {
		sums.total_ns += ns[i];
		sums.mean += (double)i * (double)ns[i];
	}
	if (sums.total_ns)
		sums.mean /= (double)sums.total_ns;
	return sums;
}

/* One more than the highest number of threads that there was time with. */
static size_t used(const uint64_t *ns, size_t n)
{
	while (n && !ns[n - 1])
		n--;
	return n;
}

static uint64_t sum_bar(const uint64_t *ns, size_t n, size_t from, size_t step)
{
	uint64_t total = 0;

	for (size_t i = from; i < n && i < from + step; i++)
		total += ns[i];
	return total;
}

/* Bars that picture `n` numbers of threads, `step` to a bar, a tail as one. */
struct bars {
	size_t n, step, n_bars;
};

/* From where on there is next to nothing: below half a percent of the time. */
static size_t head_of(const uint64_t *ns, size_t n, uint64_t total_ns)
{
	uint64_t tail_ns = 0;

	while (n && (tail_ns + ns[n - 1]) * 200 < total_ns)
		tail_ns += ns[--n];
	return n;
}

static struct bars plan(const struct report *report, const struct sums sums[2])
{
	const uint64_t *running = report->utilization.concurrency_ns;
	const uint64_t *wanting = report->utilization.demand_ns;
	size_t n_running = used(running, report->utilization.n_concurrency);
	size_t n_wanting = used(wanting, report->utilization.n_demand);
	size_t head = MAX(head_of(running, n_running, sums[0].total_ns),
			  head_of(wanting, n_wanting, sums[1].total_ns));
	struct bars bars = { .n = MAX(n_running, n_wanting) };

	head = MAX(head, report->run.cpus + 1);
	bars.n = MAX(bars.n, report->run.cpus + 1);
	bars.step = MAX((head + BARS - 1) / BARS, 1);
	bars.n_bars = (head + bars.step - 1) / bars.step;
	if (bars.n > bars.n_bars * bars.step + 1)
		bars.n_bars++; /* the tail */
	else
		bars.n_bars = (bars.n + bars.step - 1) / bars.step;
	return bars;
}

static char *name_bar(const struct bars *bars, size_t bar, size_t from)
{
	if (bar + 1 == bars->n_bars && from + bars->step < bars->n)
		return g_strdup_printf("%zu+", from);
	if (bars->step > 1)
		return g_strdup_printf("%zu–%zu", from, from + bars->step - 1);
	return g_strdup_printf("%zu", from);
}

static void write_bar(struct table *table, const struct bars *bars, size_t bar,
		      const struct report *report, const struct sums sums[2])
{
	size_t from = bar * bars->step;
	size_t wide = bar + 1 == bars->n_bars ? bars->n - from : bars->step;
	const uint64_t both[2] = {
		sum_bar(report->utilization.concurrency_ns,
			report->utilization.n_concurrency, from, wide),
		sum_bar(report->utilization.demand_ns,
			report->utilization.n_demand, from, wide),
	};
	char *name = name_bar(bars, bar, from);

	table_u64(table, bar);
	table_u64(table, from);
	table_u64(table, wide);
	table_text(table, name);
	for (int i = 0; i < 2; i++) {
		table_u64(table, both[i]);
		table_real(table, sums[i].total_ns
					  ? 100.0 * (double)both[i] /
						    (double)sums[i].total_ns
					  : 0);
	}
	g_free(name);
}

static void write_bars(struct table *table, const struct report *report,
		       const struct sums sums[2])
{
	struct bars bars = plan(report, sums);
	double step = (double)bars.step;

	table_block(table, "bars",
		    "bar threads step name running_ns running_percent "
		    "wanting_ns wanting_percent");
	for (size_t bar = 0; bar < bars.n_bars; bar++)
		write_bar(table, &bars, bar, report, sums);
	table_set(table, "ideal_bar", "%.6f",
		  bars.step > 1 ? ((double)report->run.cpus + 0.5) / step - 0.5
				: (double)report->run.cpus);
}

void concurrency_write(struct table *table, const struct report *report,
		       const struct plot_options *options)
{
	const struct sums sums[2] = {
		sum(report->utilization.concurrency_ns,
		    report->utilization.n_concurrency),
		sum(report->utilization.demand_ns,
		    report->utilization.n_demand),
	};

	(void)options;
	if (!sums[0].total_ns) {
		layout_head(table, report, "Concurrency", 480);
		table_set(table, "empty", "%s",
			  !report->n_threads ? "No thread was recorded."
			  : !report->run.duration_ns
				  ? "The recording has no length."
				  : "Nothing is known of who ran when.");
		return;
	}
	layout_head(table, report, "Concurrency", HEIGHT);
	table_set(table, "hint",
		  "For how much of the time so many threads ran, and wanted to "
		  "run, at once. The ideal: as many as there are CPUs.");
	table_set(table, "left", "%d", LEFT);
	table_set(table, "top", "%d", LAYOUT_TOP);
	table_set(table, "right", "%d", LAYOUT_RIGHT);
	table_set(table, "ideal", "%" PRIu32 " CPU%s", report->run.cpus,
		  report->run.cpus == 1 ? "" : "s");
	table_set(table, "running_mean", "%.2f", sums[0].mean);
	table_set(table, "wanting_mean", "%.2f", sums[1].mean);
	write_bars(table, report, sums);
}
