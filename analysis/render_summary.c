/* The first screen: what ran, what holds it up; and at the end what is lost. */
#include <inttypes.h>
#include <signal.h>
#include <string.h>

#include "analysis/measure.h"
#include "analysis/render_sections.h"
#include "analysis/units.h"

static const char *const scheduler_words[] = {
	[SCHED_NONE] = "none",
	[SCHED_TASK] = "own threads only",
	[SCHED_SYSTEM] = "system",
};

static const char *plural(uint64_t n, const char *one, const char *many)
{
	return n == 1 ? one : many;
}

static char *lost_words(const struct report *report)
{
	struct units_text text;
	uint64_t lost = measure_lost(report);

	return lost ? g_strdup_printf("%s LOST", units_count(&text, lost))
		    : g_strdup("none lost");
}

static char *exit_words(const struct report *report)
{
	int status = report->run.exit_status;

	if (status > 128 && !strcmp(report->run.ended, "signal"))
		return g_strdup_printf(", killed by signal %d (%s)",
				       status - 128, strsignal(status - 128));
	return status < 0 ? g_strdup("")
			  : g_strdup_printf(", exit status %d", status);
}

/* What `ended` of the manifest means to a reader; NULL: nothing special. */
static const char *end_words(const struct report *report)
{
	if (!strcmp(report->run.ended, "recorder-killed"))
		return "The recorder was killed: what it had by then is "
		       "reported.";
	if (!strcmp(report->run.ended, "not-finished"))
		return "The recording was never finished: what was written is "
		       "reported.";
	return NULL;
}

/* Threads that are told of, and the processes that they are in. */
static size_t told_threads(const struct report *report, size_t *processes)
{
	GHashTable *pids = g_hash_table_new(NULL, NULL);
	size_t n = 0;

	for (size_t i = 0; i < report->n_threads; i++) {
		if (!report->threads[i].recorded)
			continue;
		g_hash_table_add(pids, GINT_TO_POINTER(report->threads[i].pid));
		n++;
	}
	*processes = g_hash_table_size(pids);
	g_hash_table_destroy(pids);
	return n;
}

static void run_line(struct page *page)
{
	const struct report *report = page->report;
	struct units_text time, threads, operations, events;
	char *lost = lost_words(report);
	char *status = exit_words(report);
	char cpus[32] = "";
	size_t processes, n = told_threads(report, &processes);

	if (report->run.cpus)
		snprintf(cpus, sizeof(cpus), ", %u %s", report->run.cpus,
			 plural(report->run.cpus, "CPU", "CPUs"));
	doc_text(page->doc,
		 "%s%s, %s %s in %zu %s%s; %s lock %s, %s events, %s; "
		 "scheduler: %s",
		 units_ns_prose(&time, report->run.duration_ns), cpus,
		 units_count(&threads, n), plural(n, "thread", "threads"),
		 processes, plural(processes, "process", "processes"), status,
		 units_count(&operations, report->run.lock_operations),
		 plural(report->run.lock_operations, "operation", "operations"),
		 units_count(&events, report->run.events), lost,
		 scheduler_words[report->run.scheduler]);
	g_free(lost);
	g_free(status);
}

static const char *const path_words[STATE_N] = {
	[STATE_RUNNING] = "computing",
	[STATE_SPINNING] = "spinning",
	[STATE_PREEMPTED] = "preempted",
	[STATE_WOKEN] = "woken but without a CPU",
	[STATE_LOCK] = "locks",
	[STATE_COND] = "conditions",
	[STATE_BARRIER] = "barriers",
	[STATE_SEMAPHORE] = "semaphores",
	[STATE_JOIN] = "joins",
	[STATE_IO] = "I/O",
	[STATE_SLEEP] = "sleep",
	[STATE_OTHER] = "blocked for reasons unknown",
};

static const char *const bound_words[BOUND_N] = {
	[BOUND_CPU] = "computing",
	[BOUND_LOCK] = "waiting for locks",
	[BOUND_IO] = "waiting for I/O",
	[BOUND_IDLE] = "idle: it waits for conditions, threads or time",
	[BOUND_MIXED] = "doing a mix of things",
};

/* "sleep 62 %, woken 36 %, running 1.6 %": what the end waited for. */
static void path_line(struct page *page)
{
	const struct report *report = page->report;
	bool told[STATE_N] = { false };
	GString *text = g_string_new("Critical path:");

	for (int rank = 0; rank < 3; rank++) {
		struct units_text share;
		int most = -1;

		for (int i = 0; i < STATE_N; i++)
			if (!told[i] && report->path.by_state_ns[i] &&
			    (most < 0 ||
			     report->path.by_state_ns[i] >
				     report->path.by_state_ns[most]))
				most = i;
		if (most < 0)
			break;
		told[most] = true;
		g_string_append_printf(
			text, "%s %s %s", rank ? "," : "", path_words[most],
			units_share(&share,
				    measure_path_share(
					    report,
					    report->path.by_state_ns[most])));
	}
	doc_text(page->doc, "%s.", text->str);
	g_string_free(text, TRUE);
}

static void use_line(struct page *page)
{
	const struct report *report = page->report;
	struct units_text use, time, share;
	double denied = measure_denied_share(report);

	if (report->run.scheduler != SCHED_NONE &&
	    report->utilization.bound != BOUND_NONE)
		doc_text(page->doc,
			 "CPUs used %s: %.1f threads running and %.1f more "
			 "wanting to, of %u CPUs.",
			 units_share(&use, report->utilization.cpu_share),
			 measure_concurrency(report),
			 measure_demand(report) - measure_concurrency(report),
			 report->run.cpus);
	if (denied >= 0.1 && measure_ratio(measure_denied(report),
					   report->run.duration_ns) >= 0.05)
		doc_note(page->doc,
			 "Other programs had the CPUs for %s in which its "
			 "threads wanted them: %s of what they wanted.",
			 units_ns_prose(&time, measure_denied(report)),
			 units_share(&share, denied));
	if (report->path.length_ns)
		path_line(page);
	else if (report->utilization.bound != BOUND_NONE)
		doc_text(page->doc, "Mostly %s.",
			 bound_words[report->utilization.bound]);
}

void section_summary(struct page *page)
{
	const struct report *report = page->report;

	doc_title(page->doc, report->run.command, report->run.trace);
	run_line(page);
	use_line(page);
	if (end_words(report))
		doc_note(page->doc, "%s", end_words(report));
	if (report->run.truncated)
		doc_note(page->doc, "The trace is damaged or cut off: what "
				    "could be read is reported.");
	if (measure_lost(report))
		doc_note(page->doc, "Events were lost: figures marked ~ are "
				    "bounds (see Losses).");
}

static char *cost_words(const struct finding *finding)
{
	struct units_text text;

	if (finding->path_share >= 0 && finding->path_share < 0.0005)
		return g_strdup("off the critical path");
	if (finding->path_share >= 0)
		return g_strdup_printf("%s of the critical path",
				       units_share(&text, finding->path_share));
	if (finding->cost_ns && finding->lock >= 0)
		return g_strdup_printf("%s of waiting",
				       units_ns_prose(&text, finding->cost_ns));
	if (finding->cost_ns)
		return g_strdup(units_ns_prose(&text, finding->cost_ns));
	return g_strdup("");
}

void section_findings(struct page *page)
{
	const struct report *report = page->report;
	size_t n = page_rows(page, report->n_findings, 8);

	doc_heading(page->doc, "What's the holdup?");
	for (size_t i = 0; i < n; i++) {
		const struct finding *finding = &report->findings[i];
		char *cost = cost_words(finding);

		doc_finding(page->doc, report->n_findings > 1 ? (int)i + 1 : 0,
			    finding->title, cost, finding->evidence,
			    finding->advice);
		g_free(cost);
	}
	if (n < report->n_findings)
		doc_note(page->doc,
			 "... and %zu more: --only findings --top "
			 "%zu",
			 report->n_findings - n, report->n_findings);
	if (!report->n_findings)
		doc_note(page->doc, "Nothing that this recording has evidence "
				    "for.");
}

void section_unfinished(struct page *page)
{
	static const struct doc_column columns[] = {
		{ "Thread", DOC_LEFT, 0, DOC_CUT },
		{ "waits", DOC_RIGHT, 0, DOC_FIXED },
		{ "in", DOC_LEFT, 0, DOC_FIXED },
		{ "for", DOC_LEFT, 0, DOC_NAME },
		{ "held by", DOC_LEFT, 0, DOC_CUT },
		{ "at", DOC_LEFT, 0, DOC_CUT },
	};
	const struct report *report = page->report;
	size_t most = page_rows(page, report->n_unfinished, 12), shown = 0;

	for (size_t i = 0; i < report->n_unfinished && shown < most; i++) {
		const struct open_wait *wait = &report->unfinished[i];

		if (!measure_hangs(report, wait))
			continue;
		if (!shown++) {
			doc_heading(page->doc,
				    "Waits that had not ended at the end");
			doc_table(page->doc, columns, G_N_ELEMENTS(columns));
		}
		doc_cell(page->doc, page_thread(page, wait->thread));
		doc_cell_ns(page->doc, wait->wait_ns);
		doc_cell(page->doc, state_names[wait->state]);
		doc_cell(page->doc,
			 wait->lock < 0 ? ""
					: page_lock_short(page, wait->lock));
		doc_cell(page->doc,
			 wait->owner < 0 ? "" : page_thread(page, wait->owner));
		doc_cell(page->doc, page_site(page, wait->site));
	}
}

void section_overhead(struct page *page)
{
	const struct report *report = page->report;
	struct units_text count, mean, p99, share, low, high, cost, pair;

	doc_heading(page->doc, "What threads cost, and the recording");
	if (report->overhead.creations)
		doc_text(
			page->doc,
			"%s threads created, %s each on average (99 %%: "
			"%s).",
			units_count(&count, report->overhead.creations),
			units_ns_prose(&mean,
				       report->overhead.creation_mean_ns),
			units_ns_prose(&p99, report->overhead.creation_p99_ns));
	if (report->run.scheduler != SCHED_NONE)
		doc_text(
			page->doc, "%s context switches a second.",
			units_count(&count,
				    (uint64_t)report->overhead.switches_per_s));
	if (report->overhead.lock_operation_ns)
		doc_text(page->doc,
			 "An uncontended lock and unlock costs %s here while "
			 "it is recorded.",
			 units_ns_prose(&pair,
					report->overhead.lock_operation_ns));
	if (report->overhead.cost_per_event_ns)
		doc_text(page->doc,
			 "Recording: %s events a second at %s each, about %s "
			 "of the program's CPU time.",
			 units_count(&count,
				     (uint64_t)report->overhead.events_per_s),
			 units_ns_prose(&cost,
					report->overhead.cost_per_event_ns),
			 units_share(&share, report->overhead.estimated_share));
	if (report->overhead.starts)
		doc_text(page->doc,
			 "Processes taken into the recording: %s, %s each "
			 "between their start and their first word, most of "
			 "it blocked, that they would not have taken without.",
			 units_count(&count, report->overhead.starts),
			 units_ns_prose(&mean, report->overhead.start_mean_ns));
	if (report->overhead.slowdown >= 0)
		doc_text(page->doc,
			 "Measured against %u bare runs: %s slower (95 %% "
			 "interval %s to %s).",
			 report->overhead.baseline_runs,
			 units_share(&share, report->overhead.slowdown),
			 units_share(&low, report->overhead.slowdown_low),
			 units_share(&high, report->overhead.slowdown_high));
}

void section_losses(struct page *page)
{
	const struct report *report = page->report;
	const char *source = report->run.scheduler == SCHED_NONE ? "no "
								   "scheduler "
								   "records"
								 : NULL;
	const char *why = report->run.scheduler_why;
	bool foreign = !report->run.boards;
	uint64_t better = measure_better_buffer(report);
	char buffer[48] = "a larger --buffer";
	struct units_text count;

	if (!measure_lost(report) && !report->run.refused && !foreign &&
	    !report->run.unresolved && !report->run.n_notes && !source)
		return;
	doc_heading(page->doc, "Losses and caveats");
	if (better)
		snprintf(buffer, sizeof(buffer), "--buffer %" PRIu64 "M",
			 better >> 20);
	if (report->run.events_lost)
		doc_text(page->doc,
			 "%s events were lost because the buffers were full: "
			 "record with %s. Figures that this touches are marked "
			 "~.",
			 units_count(&count, report->run.events_lost), buffer);
	if (report->run.untold)
		doc_text(
			page->doc,
			"%s events were left out because a thread did too much "
			"while it held a lock: totals of locks are exact, "
			"distributions and blame are bounds.",
			units_count(&count, report->run.untold));
	if (report->run.unheard)
		doc_text(page->doc,
			 "%s events went untold because the session daemon had "
			 "not answered a process in time, for want of a CPU: "
			 "totals of locks are exact, distributions and blame "
			 "are bounds.",
			 units_count(&count, report->run.unheard));
	if (report->run.uncounted)
		doc_text(page->doc,
			 "%s threads or acquisitions found no room on the "
			 "board: counts are lower bounds.",
			 units_count(&count, report->run.uncounted));
	if (report->run.sched_lost)
		doc_text(page->doc,
			 "%s scheduler records were lost: thread states are "
			 "bounds.",
			 units_count(&count, report->run.sched_lost));
	if (source)
		doc_text(page->doc,
			 "No scheduler records%s%s%s: running, preempted and "
			 "blocked cannot be told apart ('holdup doctor' says "
			 "how to allow them).",
			 *why ? " (" : "", why, *why ? ")" : "");
	if (report->run.scheduler == SCHED_TASK)
		doc_text(page->doc,
			 "The scheduler was seen without privilege: who woke "
			 "whom is inferred from releases and signals.");
	if (foreign)
		doc_text(page->doc,
			 "Not recorded by 'holdup record': without its boards, "
			 "acquisitions that nobody waited for are counted only "
			 "where events tell of them.");
	if (report->run.refused)
		doc_text(page->doc,
			 "%s events contradict what came before and were left "
			 "out.",
			 units_count(&count, report->run.refused));
	if (report->run.unresolved)
		doc_text(
			page->doc,
			"%s places in the code have no name: %stheir binaries "
			"are not here or carry no symbols.",
			units_count(&count, report->run.unresolved),
			foreign ? "enable lttng_ust_statedump:* and "
				  "lttng_ust_lib:* in the session for names; or "
				: "");
	for (size_t i = 0; i < report->run.n_notes; i++)
		doc_text(page->doc, "%s", report->run.notes[i]);
}
