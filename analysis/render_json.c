/* The report for programs: schema holdup-report/1. */
#include <inttypes.h>
#include <jansson.h>
#include <string.h>

#include "analysis/json_words.h"
#include "analysis/measure.h"
#include "analysis/render.h"

#define FORMAT JSON_REAL_PRECISION(9)

static json_t *run(const struct report *report)
{
	static const char *const schedulers[] = {
		[SCHED_NONE] = "none",
		[SCHED_TASK] = "task",
		[SCHED_SYSTEM] = "system",
	};
	json_t *o = json_object();
	size_t threads = 0;

	for (size_t i = 0; i < report->n_threads; i++)
		threads += report->threads[i].recorded;
	json_words_put(o, "command",
		       json_words_texts(report->run.argv, report->run.argc));
	json_words_put_text(o, "trace", report->run.trace);
	json_words_put_text(o, "host", report->run.host);
	json_words_put_text(o, "start", report->run.start);
	json_words_put_count(o, "cpus", report->run.cpus);
	json_words_put_count(o, "duration_ns", report->run.duration_ns);
	json_words_put(o, "exit_status",
		       report->run.exit_status < 0
			       ? json_null()
			       : json_integer(report->run.exit_status));
	json_words_put_text(o, "ended", report->run.ended);
	json_words_put_text(o, "detail", report->run.detail);
	json_words_put_count(o, "budget", report->run.budget);
	json_words_put_text(o, "scheduler", schedulers[report->run.scheduler]);
	json_words_put_count(o, "processes", report->n_processes);
	json_words_put_count(o, "threads", threads);
	json_words_put_count(o, "lock_operations", report->run.lock_operations);
	json_words_put_count(o, "events", report->run.events);
	json_words_put_count(o, "events_lost", measure_events_lost(report));
	json_words_put_count(o, "uncounted", report->run.uncounted);
	json_words_put_count(o, "scheduler_records_lost",
			     report->run.sched_lost);
	json_words_put_count(o, "events_refused", report->run.refused);
	json_words_put_count(o, "unresolved", report->run.unresolved);
	json_words_put(o, "truncated", json_boolean(report->run.truncated));
	json_words_put(
		o, "notes",
		json_words_texts(report->run.notes, report->run.n_notes));
	return o;
}

static json_t *processes(const struct report *report)
{
	json_t *array = json_array();

	for (size_t i = 0; i < report->n_processes; i++) {
		const struct process *process = &report->processes[i];
		json_t *o = json_object();

		json_words_put(o, "pid", json_integer(process->pid));
		json_words_put(o, "ppid", json_integer(process->ppid));
		json_words_put_text(o, "executable", process->executable);
		json_words_put(o, "recorded", json_boolean(process->recorded));
		json_words_put(o, "reason",
			       process->reason
				       ? json_words_text(process->reason)
				       : json_null());
		json_words_put(o, "status", json_integer(process->status));
		(void)json_array_append_new(array, o);
	}
	return array;
}

static json_t *threads(const struct report *report)
{
	json_t *array = json_array();

	for (size_t i = 0; i < report->n_threads; i++) {
		const struct thread *thread = &report->threads[i];
		json_t *o = json_object(), *switches = json_object();

		json_words_put(o, "pid", json_integer(thread->pid));
		json_words_put(o, "tid", json_integer(thread->tid));
		json_words_put_text(o, "name", thread->name);
		json_words_put(o, "created_by",
			       json_words_tid(report, thread->creator));
		json_words_put_text(
			o, "start_routine",
			thread->start_site < 0
				? ""
				: report->sites[thread->start_site].function);
		json_words_put_count(o, "begin_ns", thread->begin_ns);
		json_words_put_count(o, "end_ns", thread->end_ns);
		json_words_put(o, "state_ns",
			       json_words_by_name(state_names, thread->state_ns,
						  STATE_N));
		json_words_put_count(switches, "voluntary", thread->voluntary);
		json_words_put_count(switches, "involuntary",
				     thread->involuntary);
		json_words_put(o, "switches", switches);
		json_words_put_text(o, "bound", bound_names[thread->bound]);
		json_words_put(o, "recorded", json_boolean(thread->recorded));
		(void)json_array_append_new(array, o);
	}
	return array;
}

static json_t *utilization(const struct report *report)
{
	json_t *o = json_object();

	json_words_put(o, "cpu_busy_ns",
		       json_words_counts(report->utilization.cpu_busy_ns,
					 report->utilization.n_cpus));
	json_words_put(o, "cpu_idle_ns",
		       json_words_counts(report->utilization.cpu_idle_ns,
					 report->utilization.n_cpus));
	json_words_put(o, "cpu_foreign_ns",
		       json_words_counts(report->utilization.cpu_foreign_ns,
					 report->utilization.n_cpus));
	json_words_put_count(o, "cpu_denied_ns", measure_denied(report));
	json_words_put(o, "cpu_share",
		       json_real(report->utilization.cpu_share));
	json_words_put(o, "concurrency_ns",
		       json_words_counts(report->utilization.concurrency_ns,
					 report->utilization.n_concurrency));
	json_words_put(o, "demand_ns",
		       json_words_counts(report->utilization.demand_ns,
					 report->utilization.n_demand));
	json_words_put(o, "concurrency",
		       json_real(measure_concurrency(report)));
	json_words_put(o, "demand", json_real(measure_demand(report)));
	json_words_put(o, "serial_share",
		       json_real(report->utilization.serial_share));
	json_words_put(o, "parallelism",
		       json_real(report->utilization.parallelism));
	json_words_put_text(o, "bound", bound_names[report->utilization.bound]);
	return o;
}

static json_t *io(const struct report *report)
{
	json_t *array = json_array();

	for (size_t i = 0; i < report->n_io; i++) {
		const struct io_row *row = &report->io[i];
		json_t *o = json_object();

		json_words_put_text(o, "operation",
				    row->op < IO_NOPS ? io_op_names[row->op]
						      : "");
		json_words_put_text(o, "fd_kind",
				    row->fd_kind < FD_NKINDS
					    ? fd_kind_names[row->fd_kind]
					    : "");
		json_words_put_text(o, "target", row->target);
		json_words_put_count(o, "count", row->count);
		json_words_put_count(o, "bytes", row->bytes);
		json_words_put(o, "wait_ns", json_words_dist(&row->wait));
		json_words_put_count(o, "under_lock_ns", row->under_lock_ns);
		(void)json_array_append_new(array, o);
	}
	return array;
}

static json_t *share(const char *key, json_t *ref, uint64_t ns)
{
	json_t *o = json_object();

	json_words_put(o, key, ref);
	json_words_put_count(o, "ns", ns);
	return o;
}

static json_t *path(const struct report *report)
{
	json_t *o = json_object();
	json_t *by_lock = json_array(), *by_tid = json_array();

	for (size_t i = 0; i < report->path.n_by_lock; i++)
		(void)json_array_append_new(
			by_lock,
			share("lock",
			      json_words_lock(report,
					      report->path.by_lock[i].index),
			      report->path.by_lock[i].ns));
	for (size_t i = 0; i < report->path.n_by_thread; i++)
		(void)json_array_append_new(
			by_tid,
			share("tid",
			      json_words_tid(report,
					     report->path.by_thread[i].index),
			      report->path.by_thread[i].ns));
	json_words_put_count(o, "length_ns", report->path.length_ns);
	json_words_put(o, "by_state_ns",
		       json_words_by_name(state_names, report->path.by_state_ns,
					  STATE_N));
	json_words_put(o, "by_lock_ns", by_lock);
	json_words_put(o, "by_thread_ns", by_tid);
	return o;
}

static json_t *overhead(const struct report *report)
{
	json_t *o = json_object(), *tracing = json_object();
	json_t *creation = json_object();
	double slowdown = report->overhead.slowdown;

	json_words_put_count(creation, "count", report->overhead.creations);
	json_words_put_count(creation, "mean_ns",
			     report->overhead.creation_mean_ns);
	json_words_put_count(creation, "p99_ns",
			     report->overhead.creation_p99_ns);
	json_words_put(o, "thread_creation", creation);
	json_words_put(o, "switches_per_s",
		       json_real(report->overhead.switches_per_s));
	json_words_put_count(o, "lock_operation_ns",
			     report->overhead.lock_operation_ns);
	json_words_put(tracing, "events_per_s",
		       json_real(report->overhead.events_per_s));
	json_words_put_count(tracing, "cost_per_event_ns",
			     report->overhead.cost_per_event_ns);
	json_words_put(tracing, "estimated_share",
		       json_real(report->overhead.estimated_share));
	json_words_put_count(tracing, "baseline_runs",
			     report->overhead.baseline_runs);
	json_words_put(tracing, "measured_slowdown",
		       slowdown < 0 ? json_null() : json_real(slowdown));
	json_words_put(tracing, "measured_slowdown_low",
		       slowdown < 0 ? json_null()
				    : json_real(report->overhead.slowdown_low));
	json_words_put(tracing, "measured_slowdown_high",
		       slowdown < 0
			       ? json_null()
			       : json_real(report->overhead.slowdown_high));
	json_words_put(o, "tracing", tracing);
	return o;
}

static json_t *lock_refs(const struct report *report, const int *ids, size_t n)
{
	json_t *array = json_array();

	for (size_t i = 0; i < n; i++)
		(void)json_array_append_new(array,
					    json_words_lock(report, ids[i]));
	return array;
}

static json_t *order_edge(const struct report *report,
			  const struct order_edge *edge)
{
	json_t *o = json_object();

	json_words_put(o, "first", json_words_lock(report, edge->first));
	json_words_put(o, "second", json_words_lock(report, edge->second));
	json_words_put(o, "first_site",
		       json_words_site(report, edge->first_site));
	json_words_put(o, "second_site",
		       json_words_site(report, edge->second_site));
	json_words_put(o, "tid", json_words_tid(report, edge->thread));
	json_words_put(o, "reads", json_boolean(edge->reads));
	return o;
}

static json_t *lock_order(const struct report *report)
{
	json_t *array = json_array();

	for (size_t i = 0; i < report->n_order; i++) {
		const struct order_row *row = &report->order[i];
		json_t *o = json_object(), *edges = json_array();

		for (size_t j = 0; j < row->n_edges; j++)
			(void)json_array_append_new(
				edges, order_edge(report, &row->edges[j]));
		json_words_put(o, "locks",
			       lock_refs(report, row->locks, row->n_locks));
		json_words_put(o, "edges", edges);
		json_words_put_text(o, "kind",
				    row->inversion ? "inversion" : "order");
		json_words_put(o, "one_thread", json_boolean(row->one_thread));
		json_words_put(o, "guarded_by",
			       row->guard < 0
				       ? json_null()
				       : json_words_lock(report, row->guard));
		(void)json_array_append_new(array, o);
	}
	return array;
}

static json_t *deadlocks(const struct report *report)
{
	json_t *array = json_array();

	for (size_t i = 0; i < report->n_deadlocks; i++) {
		const struct deadlock *deadlock = &report->deadlocks[i];
		json_t *o = json_object(), *cycle = json_array();

		for (size_t j = 0; j < deadlock->n; j++) {
			json_t *link = json_object();

			json_words_put(
				link, "tid",
				json_words_tid(report,
					       deadlock->cycle[j].thread));
			json_words_put(
				link, "waits_for",
				json_words_lock(report,
						deadlock->cycle[j].lock));
			json_words_put(
				link, "held_by",
				json_words_tid(report,
					       deadlock->cycle[j].owner));
			json_words_put(
				link, "site",
				json_words_site(report,
						deadlock->cycle[j].site));
			json_words_put(
				link, "held_site",
				json_words_site(report,
						deadlock->cycle[j].held_site));
			(void)json_array_append_new(cycle, link);
		}
		json_words_put(o, "cycle", cycle);
		(void)json_array_append_new(array, o);
	}
	return array;
}

static json_t *what_if(const struct report *report)
{
	json_t *array = json_array();

	for (size_t i = 0; i < report->n_what_if; i++) {
		json_t *o = json_object();

		json_words_put_text(o, "change", report->what_if[i].change);
		json_words_put_count(o, "predicted_ns",
				     report->what_if[i].predicted_ns);
		json_words_put_count(o, "low_ns", report->what_if[i].low_ns);
		json_words_put_count(o, "high_ns", report->what_if[i].high_ns);
		json_words_put(o, "speedup",
			       json_real(report->what_if[i].speedup));
		json_words_put(o, "replay_error",
			       report->replay_error < 0
				       ? json_null()
				       : json_real(report->replay_error));
		(void)json_array_append_new(array, o);
	}
	return array;
}

static json_t *phases(const struct report *report)
{
	json_t *array = json_array();

	for (size_t i = 0; i < report->n_phases; i++) {
		const struct phase *phase = &report->phases[i];
		json_t *o = json_object();

		json_words_put_text(o, "name", phase->name);
		json_words_put(o, "pid", json_integer(phase->pid));
		json_words_put_count(o, "begin_ns", phase->begin_ns);
		json_words_put_count(o, "end_ns", phase->end_ns);
		json_words_put(o, "state_ns",
			       json_words_by_name(state_names, phase->state_ns,
						  STATE_N));
		json_words_put(o, "concurrency", json_real(phase->concurrency));
		json_words_put_text(o, "bound", bound_names[phase->bound]);
		(void)json_array_append_new(array, o);
	}
	return array;
}

static json_t *unfinished(const struct report *report)
{
	json_t *array = json_array();

	for (size_t i = 0; i < report->n_unfinished; i++) {
		const struct open_wait *wait = &report->unfinished[i];
		json_t *o = json_object();

		json_words_put(o, "tid", json_words_tid(report, wait->thread));
		json_words_put_text(o, "state", state_names[wait->state]);
		json_words_put(o, "lock", json_words_lock(report, wait->lock));
		json_words_put(o, "owner", json_words_tid(report, wait->owner));
		json_words_put_count(o, "since_ns", wait->since_ns);
		json_words_put_count(o, "wait_ns", wait->wait_ns);
		json_words_put(o, "held",
			       lock_refs(report, wait->held, wait->n_held));
		json_words_put(o, "site", json_words_site(report, wait->site));
		(void)json_array_append_new(array, o);
	}
	return array;
}

static json_t *open_holds(const struct report *report)
{
	json_t *array = json_array();

	for (size_t i = 0; i < report->n_open_holds; i++) {
		const struct open_hold *hold = &report->open_holds[i];
		json_t *o = json_object();

		json_words_put(o, "lock", json_words_lock(report, hold->lock));
		json_words_put(o, "tid", json_words_tid(report, hold->thread));
		json_words_put(o, "site", json_words_site(report, hold->site));
		json_words_put_count(o, "since_ns", hold->since_ns);
		json_words_put_count(o, "hold_ns", hold->hold_ns);
		json_words_put(o, "thread_ended",
			       json_boolean(hold->thread_ended));
		(void)json_array_append_new(array, o);
	}
	return array;
}

static json_t *findings(const struct report *report)
{
	static const char *const severities[] = {
		[SEVERITY_LOW] = "low",
		[SEVERITY_MEDIUM] = "medium",
		[SEVERITY_HIGH] = "high",
	};
	json_t *array = json_array();

	for (size_t i = 0; i < report->n_findings; i++) {
		const struct finding *finding = &report->findings[i];
		json_t *o = json_object();

		json_words_put_text(o, "kind", finding->kind);
		json_words_put_text(o, "severity",
				    severities[finding->severity]);
		json_words_put_count(o, "cost_ns", finding->cost_ns);
		json_words_put(o, "path_share",
			       finding->path_share < 0
				       ? json_null()
				       : json_real(finding->path_share));
		json_words_put(o, "lock",
			       json_words_lock(report, finding->lock));
		json_words_put(
			o, "tid",
			finding->thread < 0
				? json_null()
				: json_words_tid(report, finding->thread));
		json_words_put_text(o, "title", finding->title);
		json_words_put_text(o, "evidence", finding->evidence);
		json_words_put_text(o, "advice", finding->advice);
		(void)json_array_append_new(array, o);
	}
	return array;
}

struct part {
	const char *key;
	json_t *(*make)(const struct report *report);
};

static void write_parts(const struct report *report, const struct part *parts,
			size_t n, FILE *out)
{
	for (size_t i = 0; i < n; i++) {
		json_t *value = parts[i].make(report);

		fprintf(out, ",\n\"%s\": ", parts[i].key);
		(void)json_dumpf(value, out, FORMAT | JSON_INDENT(2));
		json_decref(value);
	}
}

/* One a line and one at a time: there may be very many. */
static void write_locks(const struct report *report, FILE *out)
{
	fputs(",\n\"locks\": [", out);
	for (size_t i = 0; i < report->n_locks; i++) {
		json_t *lock = json_of_lock(report, &report->locks[i]);

		fputs(i ? ",\n" : "\n", out);
		(void)json_dumpf(lock, out, FORMAT);
		json_decref(lock);
	}
	fputs("\n]", out);
}

void render_json(const struct report *report, FILE *out)
{
	static const struct part before[] = {
		{ "run", run },
		{ "findings", findings },
		{ "processes", processes },
	};
	static const struct part after[] = {
		{ "threads", threads },
		{ "utilization", utilization },
		{ "io", io },
		{ "critical_path", path },
		{ "overhead", overhead },
		{ "lock_order", lock_order },
		{ "deadlocks", deadlocks },
		{ "what_if", what_if },
		{ "phases", phases },
		{ "unfinished", unfinished },
		{ "open_holds", open_holds },
	};

	fputs("{\n\"schema\": \"holdup-report/1\"", out);
	write_parts(report, before, sizeof(before) / sizeof(before[0]), out);
	write_locks(report, out);
	write_parts(report, after, sizeof(after) / sizeof(after[0]), out);
	fputs("\n}\n", out);
}
