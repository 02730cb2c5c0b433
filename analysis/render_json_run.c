/* The run in JSON: its processes, threads and CPUs, and what it cost. */
#include "analysis/json_words.h"
#include "analysis/measure.h"

json_t *json_of_run(const struct report *report)
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
	json_words_put_text(o, "scheduler_why", report->run.scheduler_why);
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

json_t *json_of_processes(const struct report *report)
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

json_t *json_of_threads(const struct report *report)
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

json_t *json_of_utilization(const struct report *report)
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
	json_words_put(o, "foreign_told",
		       json_boolean(report->utilization.foreign_told));
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

json_t *json_of_io(const struct report *report)
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

json_t *json_of_path(const struct report *report)
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

json_t *json_of_overhead(const struct report *report)
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
	json_words_put_count(tracing, "process_starts",
			     report->overhead.starts);
	json_words_put_count(tracing, "process_start_mean_ns",
			     report->overhead.start_mean_ns);
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
