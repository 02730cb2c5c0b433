/* What the report says about threads, CPUs, I/O and the way through the run. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/measure.h"
#include "analysis/render_sections.h"
#include "analysis/replay.h"
#include "analysis/units.h"

static const struct doc_column thread_columns[] = {
	{ "Thread", DOC_LEFT, 0, DOC_CUT },
	{ "life", DOC_RIGHT, 0, DOC_FIXED },
	{ "run", DOC_RIGHT, 0, DOC_FIXED },
	{ "spin", DOC_RIGHT, 1, DOC_FIXED },
	{ "preempt", DOC_RIGHT, 0, DOC_FIXED },
	{ "woken", DOC_RIGHT, 0, DOC_FIXED },
	{ "lock", DOC_RIGHT, 0, DOC_FIXED },
	{ "cond", DOC_RIGHT, 0, DOC_FIXED },
	{ "barrier", DOC_RIGHT, 0, DOC_FIXED },
	{ "sem", DOC_RIGHT, 0, DOC_FIXED },
	{ "join", DOC_RIGHT, 0, DOC_FIXED },
	{ "i/o", DOC_RIGHT, 0, DOC_FIXED },
	{ "sleep", DOC_RIGHT, 0, DOC_FIXED },
	{ "other", DOC_RIGHT, 0, DOC_FIXED },
	{ "bound", DOC_LEFT, 2, DOC_FIXED },
	{ "vol", DOC_RIGHT, 4, DOC_FIXED },
	{ "invol", DOC_RIGHT, 3, DOC_FIXED },
};

/* Order of the columns above. */
static const enum state thread_states[] = {
	STATE_RUNNING, STATE_SPINNING, STATE_PREEMPTED, STATE_WOKEN,
	STATE_LOCK,    STATE_COND,     STATE_BARRIER,	STATE_SEMAPHORE,
	STATE_JOIN,    STATE_IO,       STATE_SLEEP,	STATE_OTHER,
};

static void thread_row(struct page *page, const struct thread *thread)
{
	uint64_t life = thread->end_ns - thread->begin_ns;

	doc_cell(page->doc,
		 page_thread(page, (int)(thread - page->report->threads)));
	doc_cell_ns(page->doc, life);
	for (size_t i = 0; i < G_N_ELEMENTS(thread_states); i++)
		doc_cell_share(page->doc,
			       measure_ratio(thread->state_ns[thread_states[i]],
					     life));
	doc_cell(page->doc, bound_names[thread->bound]);
	doc_cell_count(page->doc, thread->voluntary);
	doc_cell_count(page->doc, thread->involuntary);
}

/* The colours of the plots: what differs must also do so in grey. */
static const char *const state_colours[STATE_N] = {
	[STATE_RUNNING] = "#3fb27f",   [STATE_SPINNING] = "#421372",
	[STATE_PREEMPTED] = "#f2a02c", [STATE_WOKEN] = "#fff0a0",
	[STATE_LOCK] = "#a01010",      [STATE_COND] = "#cba8f5",
	[STATE_BARRIER] = "#00606b",   [STATE_SEMAPHORE] = "#8a7a1c",
	[STATE_JOIN] = "#858585",      [STATE_IO] = "#2472c8",
	[STATE_SLEEP] = "#d6d6d6",     [STATE_OTHER] = "#3c3c3c",
};

static void thread_bar(struct page *page, const struct thread *thread)
{
	uint64_t life = thread->end_ns - thread->begin_ns;
	double shares[STATE_N];

	for (int i = 0; i < STATE_N; i++)
		shares[i] = measure_ratio(thread->state_ns[i], life);
	doc_bar(page->doc,
		page_thread(page, (int)(thread - page->report->threads)),
		shares);
}

static int by_life(const void *a, const void *b)
{
	const struct thread *x = *(const struct thread *const *)a;
	const struct thread *y = *(const struct thread *const *)b;
	uint64_t x_ns = x->end_ns - x->begin_ns;
	uint64_t y_ns = y->end_ns - y->begin_ns;

	if (x_ns != y_ns)
		return x_ns < y_ns ? 1 : -1;
	return (x > y) - (x < y);
}

/* All in order of their start, or, if there are many, the longest-lived. */
void section_threads(struct page *page)
{
	const struct report *report = page->report;
	const struct thread **rows =
		g_new0(const struct thread *, report->n_threads + 1);
	size_t n = 0, shown;

	for (size_t i = 0; i < report->n_threads; i++)
		if (report->threads[i].recorded &&
		    page_shows_thread(page, &report->threads[i]))
			rows[n++] = &report->threads[i];
	shown = page_rows(page, n, 16);
	if (shown && shown < n)
		qsort(rows, n, sizeof(*rows), by_life);
	if (n) {
		doc_heading(page->doc, "Threads: what their time went into");
		doc_table(page->doc, thread_columns,
			  G_N_ELEMENTS(thread_columns));
	}
	for (size_t i = 0; i < shown && rows[i]; i++)
		thread_row(page, rows[i]);
	if (shown < n)
		doc_note(page->doc, "... and %zu more (--top %zu shows all)",
			 n - shown, n);
	if (n)
		doc_bars(page->doc, state_names, state_colours, STATE_N);
	for (size_t i = 0; i < shown && rows[i]; i++)
		thread_bar(page, rows[i]);
	g_free(rows);
}

static const struct doc_column phase_columns[] = {
	{ "Phase", DOC_LEFT, 0, DOC_CUT },
	{ "pid", DOC_RIGHT, 5, DOC_FIXED },
	{ "from", DOC_RIGHT, 4, DOC_FIXED },
	{ "time", DOC_RIGHT, 0, DOC_FIXED },
	{ "bound", DOC_LEFT, 0, DOC_FIXED },
	{ "CPUs", DOC_RIGHT, 0, DOC_FIXED },
	{ "run", DOC_RIGHT, 0, DOC_FIXED },
	{ "spin", DOC_RIGHT, 1, DOC_FIXED },
	{ "preempt", DOC_RIGHT, 0, DOC_FIXED },
	{ "woken", DOC_RIGHT, 3, DOC_FIXED },
	{ "lock", DOC_RIGHT, 0, DOC_FIXED },
	{ "cond", DOC_RIGHT, 0, DOC_FIXED },
	{ "barrier", DOC_RIGHT, 0, DOC_FIXED },
	{ "sem", DOC_RIGHT, 0, DOC_FIXED },
	{ "join", DOC_RIGHT, 0, DOC_FIXED },
	{ "i/o", DOC_RIGHT, 0, DOC_FIXED },
	{ "sleep", DOC_RIGHT, 0, DOC_FIXED },
	{ "other", DOC_RIGHT, 2, DOC_FIXED },
};

/* Only of programs that tell their phases; shares are of their threads' time.
 */
void section_phases(struct page *page)
{
	const struct report *report = page->report;
	size_t n = page_rows(page, report->n_phases, 16);

	if (!report->n_phases)
		return;
	doc_heading(page->doc, "Phases, as the program told them");
	doc_table(page->doc, phase_columns, G_N_ELEMENTS(phase_columns));
	for (size_t i = 0; i < n; i++) {
		const struct phase *phase = &report->phases[i];
		uint64_t life = measure_phase_life(phase);

		doc_cell(page->doc, phase->name);
		if (report->n_processes > 1)
			doc_cellf(page->doc, "%" PRId32, phase->pid);
		else
			doc_cell(page->doc, "");
		doc_cell_ns(page->doc, phase->begin_ns);
		doc_cell_ns(page->doc, phase->end_ns - phase->begin_ns);
		doc_cell(page->doc, bound_names[phase->bound]);
		doc_cellf(page->doc, "%.1f", phase->concurrency);
		for (size_t s = 0; s < G_N_ELEMENTS(thread_states); s++)
			doc_cell_share(
				page->doc,
				measure_ratio(phase->state_ns[thread_states[s]],
					      life));
	}
	if (n < report->n_phases)
		doc_note(page->doc, "... and %zu more (--top %zu shows all)",
			 report->n_phases - n, report->n_phases);
}

static const struct doc_column level_columns[] = {
	{ "Threads at once", DOC_LEFT, 0, DOC_FIXED },
	{ "running", DOC_RIGHT, 0, DOC_FIXED },
	{ "share", DOC_RIGHT, 0, DOC_FIXED },
	{ "wanting a CPU", DOC_RIGHT, 0, DOC_FIXED },
	{ "share", DOC_RIGHT, 0, DOC_FIXED },
};

static const struct doc_column cpu_columns[] = {
	{ "CPU", DOC_LEFT, 0, DOC_FIXED },
	{ "busy", DOC_RIGHT, 0, DOC_FIXED },
	{ "share", DOC_RIGHT, 0, DOC_FIXED },
	{ "others or idle", DOC_RIGHT, 0, DOC_FIXED },
	{ "known idle", DOC_RIGHT, 0, DOC_FIXED },
};

/* Where the recorder counted what others used. */
static const struct doc_column told_columns[] = {
	{ "CPU", DOC_LEFT, 0, DOC_FIXED },
	{ "busy", DOC_RIGHT, 0, DOC_FIXED },
	{ "share", DOC_RIGHT, 0, DOC_FIXED },
	{ "other programs", DOC_RIGHT, 0, DOC_FIXED },
	{ "share", DOC_RIGHT, 0, DOC_FIXED },
	{ "idle", DOC_RIGHT, 0, DOC_FIXED },
};

/* Where that is told. */
static uint64_t of_cpu(const uint64_t *ns, size_t cpu)
{
	return ns ? ns[cpu] : 0;
}

static void cpu_table(struct page *page)
{
	const struct report *report = page->report;
	bool told = report->utilization.foreign_told;

	if (!report->utilization.n_cpus)
		return;
	doc_table(page->doc, told ? told_columns : cpu_columns,
		  told ? G_N_ELEMENTS(told_columns)
		       : G_N_ELEMENTS(cpu_columns));
	for (size_t i = 0; i < report->utilization.n_cpus; i++) {
		uint64_t busy = report->utilization.cpu_busy_ns[i];
		uint64_t foreign =
			of_cpu(report->utilization.cpu_foreign_ns, i);

		doc_cellf(page->doc, "%zu", i);
		doc_cell_ns(page->doc, busy);
		doc_cell_share(page->doc,
			       measure_ratio(busy, report->run.duration_ns));
		doc_cell_ns(page->doc, foreign);
		if (told)
			doc_cell_share(page->doc,
				       measure_ratio(foreign,
						     report->run.duration_ns));
		doc_cell_ns(page->doc,
			    of_cpu(report->utilization.cpu_idle_ns, i));
	}
}

void section_utilization(struct page *page)
{
	const struct report *report = page->report;
	size_t levels = MAX(report->utilization.n_concurrency,
			    report->utilization.n_demand);
	size_t shown = page_rows(page, levels, 16);
	struct units_text serial;

	if (!levels)
		return;
	doc_heading(page->doc, "Utilization");
	if (report->utilization.parallelism > 0)
		doc_text(
			page->doc,
			"Effective parallelism %.1f; serial share %s: so much "
			"of the time that threads wanted a CPU, one alone "
			"did.",
			report->utilization.parallelism,
			units_share(&serial, report->utilization.serial_share));
	doc_table(page->doc, level_columns, G_N_ELEMENTS(level_columns));
	for (size_t i = 0; i < shown; i++) {
		uint64_t running =
			i < report->utilization.n_concurrency
				? report->utilization.concurrency_ns[i]
				: 0;
		uint64_t wanting = i < report->utilization.n_demand
					   ? report->utilization.demand_ns[i]
					   : 0;

		doc_cellf(page->doc, "%zu", i);
		doc_cell_ns(page->doc, running);
		doc_cell_share(page->doc,
			       measure_ratio(running, report->run.duration_ns));
		doc_cell_ns(page->doc, wanting);
		doc_cell_share(page->doc,
			       measure_ratio(wanting, report->run.duration_ns));
	}
	if (shown < levels)
		doc_note(page->doc, "... up to %zu at once", levels - 1);
	cpu_table(page);
}

static const struct doc_column io_columns[] = {
	{ "I/O", DOC_LEFT, 0, DOC_FIXED },
	{ "on", DOC_LEFT, 0, DOC_CUT },
	{ "calls", DOC_RIGHT, 0, DOC_FIXED },
	{ "bytes", DOC_RIGHT, 1, DOC_FIXED },
	{ "time", DOC_RIGHT, 0, DOC_FIXED },
	{ "mean", DOC_RIGHT, 0, DOC_FIXED },
	{ "p99", DOC_RIGHT, 2, DOC_FIXED },
	{ "max", DOC_RIGHT, 1, DOC_FIXED },
	{ "under a lock", DOC_RIGHT, 0, DOC_FIXED },
};

void section_io(struct page *page)
{
	const struct report *report = page->report;
	size_t n = page_rows(page, report->n_io, 8);

	if (!report->n_io)
		return;
	doc_heading(page->doc, "I/O");
	doc_table(page->doc, io_columns, G_N_ELEMENTS(io_columns));
	for (size_t i = 0; i < n; i++) {
		const struct io_row *row = &report->io[i];
		struct units_text bytes;

		doc_cell(page->doc, row->op < IO_NOPS && io_op_names[row->op]
					    ? io_op_names[row->op]
					    : "?");
		if (row->target && *row->target)
			doc_cell(page->doc, row->target);
		else
			doc_cell(page->doc,
				 row->fd_kind < FD_NKINDS &&
						 row->fd_kind != FD_NONE
					 ? fd_kind_names[row->fd_kind]
					 : "");
		doc_cell_count(page->doc, row->count);
		doc_cell(page->doc,
			 row->bytes ? units_bytes(&bytes, row->bytes) : "");
		doc_cell_ns(page->doc, row->wait.total);
		doc_cell_ns(page->doc, row->wait.mean);
		doc_cell_ns(page->doc, row->wait.p99);
		doc_cell_ns(page->doc, row->wait.max);
		doc_cell_ns(page->doc, row->under_lock_ns);
	}
	if (n < report->n_io)
		doc_note(page->doc, "... and %zu more rows", report->n_io - n);
}

static const struct doc_column path_columns[] = {
	{ "The end waited for", DOC_LEFT, 0, DOC_CUT },
	{ "time", DOC_RIGHT, 0, DOC_FIXED },
	{ "share", DOC_RIGHT, 0, DOC_FIXED },
};

static void path_row(struct page *page, const char *what, const char *name,
		     uint64_t ns)
{
	if (!ns)
		return;
	doc_cellf(page->doc, "%s%s", what, name);
	doc_cell_ns(page->doc, ns);
	doc_cell_share(page->doc, measure_path_share(page->report, ns));
}

void section_path(struct page *page)
{
	const struct report *report = page->report;
	struct units_text length;
	size_t locks = page_rows(page, report->path.n_by_lock, 6);
	size_t threads = page_rows(page, report->path.n_by_thread, 6);

	if (!report->path.length_ns)
		return;
	doc_heading(page->doc, "Critical path");
	doc_text(page->doc,
		 "%s long: the chain of what the end waited for, "
		 "walked back from it.",
		 units_ns_prose(&length, report->path.length_ns));
	doc_table(page->doc, path_columns, G_N_ELEMENTS(path_columns));
	for (int i = 0; i < STATE_N; i++)
		path_row(page, "", state_names[i], report->path.by_state_ns[i]);
	for (size_t i = 0; i < locks; i++)
		if (report->path.by_lock[i].index >= 0)
			path_row(page, "lock ",
				 page_lock(page, report->path.by_lock[i].index),
				 report->path.by_lock[i].ns);
	for (size_t i = 0; i < threads; i++)
		path_row(page, "thread ",
			 page_thread(page, report->path.by_thread[i].index),
			 report->path.by_thread[i].ns);
}

static const struct doc_column order_columns[] = {
	{ "Held", DOC_LEFT, 0, DOC_NAME },
	{ "taken at", DOC_LEFT, 1, DOC_CUT },
	{ "then takes", DOC_LEFT, 0, DOC_NAME },
	{ "at", DOC_LEFT, 0, DOC_CUT },
	{ "", DOC_LEFT, 0, DOC_FIXED },
};

/* An edge of an inversion that is printed already. */
static bool is_printed(const struct report *report, size_t row,
		       const struct order_edge *edge)
{
	for (size_t i = 0; i < row; i++)
		for (size_t j = 0; j < report->order[i].n_edges; j++) {
			const struct order_edge *at =
				&report->order[i].edges[j];

			if (at->first == edge->first &&
			    at->second == edge->second)
				return true;
		}
	return false;
}

void section_order(struct page *page)
{
	const struct report *report = page->report;
	size_t n = page_rows(page, report->n_order, 10);

	if (!n)
		return;
	doc_heading(page->doc, "Locks taken while holding others");
	doc_table(page->doc, order_columns, G_N_ELEMENTS(order_columns));
	for (size_t i = 0; i < n; i++) {
		const struct order_row *row = &report->order[i];

		for (size_t j = 0; j < row->n_edges; j++) {
			const struct order_edge *edge = &row->edges[j];

			if (!row->inversion && is_printed(report, i, edge))
				continue;
			doc_cell(page->doc, page_lock_short(page, edge->first));
			doc_cell(page->doc, page_site(page, edge->first_site));
			doc_cell(page->doc,
				 page_lock_short(page, edge->second));
			doc_cell(page->doc, page_site(page, edge->second_site));
			doc_cell(page->doc, !row->inversion   ? ""
					    : row->one_thread ? "one thread"
					    : row->guard >= 0 ? "guarded"
							      : "INVERSION");
		}
	}
}

static const struct doc_column whatif_columns[] = {
	{ "What if", DOC_LEFT, 0, DOC_CUT },
	{ "the run would take", DOC_RIGHT, 0, DOC_FIXED },
	{ "at best", DOC_RIGHT, 0, DOC_FIXED },
	{ "at worst", DOC_RIGHT, 0, DOC_FIXED },
	{ "faster by", DOC_RIGHT, 0, DOC_FIXED },
};

static void whatif_note(const struct page *page)
{
	const struct report *report = page->report;
	struct units_text off;

	units_share(&off, report->replay_error);
	if (report->replay_error > REPLAY_OFF_MOST)
		doc_note(page->doc,
			 "No prediction: played again unchanged, the run is %s "
			 "off.",
			 off.s);
	else
		doc_note(page->doc,
			 "Predicted by playing the run again with the change; "
			 "played unchanged, it is %s off. At best, calls that "
			 "write to disk overlap freely; at worst, not at all.",
			 off.s);
}

void section_whatif(struct page *page)
{
	const struct report *report = page->report;
	size_t n = page_rows(page, report->n_what_if, 3);

	if (!n && report->replay_error <= REPLAY_OFF_MOST)
		return;
	doc_heading(page->doc, "What if");
	whatif_note(page);
	if (!n)
		return;
	doc_table(page->doc, whatif_columns, G_N_ELEMENTS(whatif_columns));
	for (size_t i = 0; i < n; i++) {
		const struct what_if *row = &report->what_if[i];

		doc_cell(page->doc, row->change);
		doc_cell_ns(page->doc, row->predicted_ns);
		doc_cell_ns(page->doc, row->low_ns);
		doc_cell_ns(page->doc, row->high_ns);
		doc_cellf(page->doc, "x%.2f", row->speedup);
	}
}
