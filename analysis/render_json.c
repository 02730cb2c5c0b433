/* The report for programs: schema holdup-report/1. */
#include <inttypes.h>
#include <glib.h>
#include <jansson.h>
#include <string.h>

#include "analysis/measure.h"
#include "analysis/render.h"

/* Names of files and threads may be any bytes: only valid UTF-8 is JSON. */
static json_t *text(const char *value)
{
	json_t *string = json_string(value ? value : "");
	char *valid;

	if (string)
		return string;
	valid = g_utf8_make_valid(value, -1);
	string = json_string(valid);
	g_free(valid);
	return string;
}

static json_t *number(uint64_t value)
{
	return json_integer(value > INT64_MAX ? INT64_MAX : (json_int_t)value);
}

static void put(json_t *object, const char *key, json_t *value)
{
	(void)json_object_set_new(object, key, value);
}

static void put_n(json_t *object, const char *key, uint64_t value)
{
	put(object, key, number(value));
}

static void put_text(json_t *object, const char *key, const char *value)
{
	put(object, key, text(value));
}

static json_t *lock_ref(const struct report *report, int lock)
{
	return text(lock < 0 ? "" : report->locks[lock].id);
}

static json_t *tid_ref(const struct report *report, int thread)
{
	return json_integer(thread < 0 ? 0 : report->threads[thread].tid);
}

static json_t *site_ref(const struct report *report, int site)
{
	return text(site < 0 ? "" : report->sites[site].text);
}

static json_t *numbers(const uint64_t *values, size_t n)
{
	json_t *array = json_array();

	for (size_t i = 0; values && i < n; i++)
		(void)json_array_append_new(array, number(values[i]));
	return array;
}

static json_t *words(const char *const *values, size_t n)
{
	json_t *array = json_array();

	for (size_t i = 0; i < n; i++)
		(void)json_array_append_new(array, text(values[i]));
	return array;
}

/* An object with a key for each of `names`. */
static json_t *by_name(const char *const *names, const uint64_t *values,
		       size_t n)
{
	json_t *object = json_object();

	for (size_t i = 0; i < n; i++)
		put_n(object, names[i], values[i]);
	return object;
}

static json_t *dist(const struct dist *d)
{
	json_t *object = json_object();

	put_n(object, "count", d->count);
	put_n(object, "total", d->total);
	put_n(object, "mean", d->mean);
	put_n(object, "p50", d->p50);
	put_n(object, "p90", d->p90);
	put_n(object, "p99", d->p99);
	put_n(object, "max", d->max);
	return object;
}

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
	put(o, "command", words(report->run.argv, report->run.argc));
	put_text(o, "trace", report->run.trace);
	put_text(o, "host", report->run.host);
	put_text(o, "start", report->run.start);
	put_n(o, "cpus", report->run.cpus);
	put_n(o, "duration_ns", report->run.duration_ns);
	put(o, "exit_status",
	    report->run.exit_status < 0
		    ? json_null()
		    : json_integer(report->run.exit_status));
	put_text(o, "ended", report->run.ended);
	put_text(o, "detail", report->run.detail);
	put_n(o, "budget", report->run.budget);
	put_text(o, "scheduler", schedulers[report->run.scheduler]);
	put_n(o, "processes", report->n_processes);
	put_n(o, "threads", threads);
	put_n(o, "lock_operations", report->run.lock_operations);
	put_n(o, "events", report->run.events);
	put_n(o, "events_lost", report->run.events_lost);
	put_n(o, "scheduler_records_lost", report->run.sched_lost);
	put_n(o, "events_refused", report->run.refused);
	put_n(o, "unresolved", report->run.unresolved);
	put(o, "truncated", json_boolean(report->run.truncated));
	put(o, "notes", words(report->run.notes, report->run.n_notes));
	return o;
}

static json_t *processes(const struct report *report)
{
	json_t *array = json_array();

	for (size_t i = 0; i < report->n_processes; i++) {
		const struct process *process = &report->processes[i];
		json_t *o = json_object();

		put(o, "pid", json_integer(process->pid));
		put(o, "ppid", json_integer(process->ppid));
		put_text(o, "executable", process->executable);
		put(o, "recorded", json_boolean(process->recorded));
		put(o, "reason",
		    process->reason ? text(process->reason) : json_null());
		put(o, "status", json_integer(process->status));
		(void)json_array_append_new(array, o);
	}
	return array;
}

static json_t *lock_sites(const struct report *report, const struct lock *lock)
{
	json_t *array = json_array();

	for (size_t i = 0; i < lock->n_sites; i++) {
		const struct lock_site *at = &lock->sites[i];
		const struct site *site = &report->sites[at->site];
		json_t *o = json_object(), *stack = json_array();

		for (int j = 0; j < at->n_stack; j++)
			(void)json_array_append_new(
				stack, site_ref(report, at->stack[j]));
		put_text(o, "function", site->function);
		put_text(o, "file", site->path);
		put(o, "line", json_integer(site->line));
		put_text(o, "module", site->module);
		put_n(o, "offset", site->offset);
		put_text(o, "text", site->text);
		put_n(o, "acquisitions", at->acquisitions);
		put_n(o, "contended", at->contended);
		put_n(o, "wait_ns", at->wait_ns);
		put_n(o, "hold_ns", at->hold_ns);
		put(o, "stack", stack);
		(void)json_array_append_new(array, o);
	}
	return array;
}

static json_t *end_of_blame(const struct report *report, int thread, int site)
{
	json_t *o = json_object();

	put(o, "tid", tid_ref(report, thread));
	put(o, "site", site_ref(report, site));
	return o;
}

static json_t *blame(const struct report *report, const struct lock *lock)
{
	json_t *array = json_array();

	for (size_t i = 0; i < lock->n_blame; i++) {
		const struct blame *row = &lock->blame[i];
		json_t *o = json_object();

		/* What no owner covers stands in handoff_ns. */
		if (row->owner < 0)
			continue;
		put(o, "waiter",
		    end_of_blame(report, row->waiter, row->waiter_site));
		put(o, "owner",
		    end_of_blame(report, row->owner, row->owner_site));
		put_n(o, "wait_ns", row->wait_ns);
		put_n(o, "count", row->count);
		(void)json_array_append_new(array, o);
	}
	return array;
}

static json_t *held_waits(const struct report *report, const struct lock *lock)
{
	json_t *array = json_array();

	for (size_t i = 0; i < lock->n_held_waits; i++) {
		const struct held_wait *row = &lock->held_waits[i];
		json_t *o = json_object();

		put_text(o, "state", state_names[row->state]);
		put_text(o, "operation",
			 row->state == STATE_IO && row->op < IO_NOPS
				 ? io_op_names[row->op]
				 : "");
		put(o, "lock", lock_ref(report, row->lock));
		put(o, "site", site_ref(report, row->site));
		put_n(o, "ns", row->ns);
		put_n(o, "count", row->count);
		(void)json_array_append_new(array, o);
	}
	return array;
}

static json_t *by_thread(const struct report *report, const struct lock *lock)
{
	json_t *object = json_object();

	for (size_t i = 0; i < lock->n_by_thread; i++) {
		int thread = lock->by_thread[i].thread;
		char key[16];

		snprintf(key, sizeof(key), "%" PRId32,
			 thread < 0 ? 0 : report->threads[thread].tid);
		put_n(object, key, lock->by_thread[i].acquisitions);
	}
	return object;
}

static void put_counts(json_t *o, const struct lock *lock)
{
	put_n(o, "acquisitions", lock->acquisitions);
	put_n(o, "contended", lock->contended);
	put_n(o, "read_acquisitions", lock->read_acquisitions);
	put_n(o, "write_acquisitions", lock->write_acquisitions);
	put_n(o, "relocks", lock->relocks);
	put_n(o, "cond_relocks", lock->cond_relocks);
	put_n(o, "waits", lock->waits);
	put_n(o, "signals", lock->signals);
	put_n(o, "posts", lock->posts);
	put_n(o, "gave_up", lock->gave_up);
	put(o, "failed", by_name(lock_error_names, lock->failed, LOCK_NERRORS));
}

static json_t *one_lock(const struct report *report, const struct lock *lock,
			const char *id)
{
	json_t *o = json_object(), *queue = json_object();
	char address[24];

	snprintf(address, sizeof(address), "0x%" PRIx64, lock->address);
	put_text(o, "id", id);
	put(o, "pid", json_integer(lock->pid));
	put_text(o, "kind", lock_kind_names[lock->kind]);
	put_text(o, "address", address);
	put(o, "name",
	    lock->name && *lock->name ? text(lock->name) : json_null());
	put_text(o, "label", lock->label);
	put_n(o, "instances", lock->instances);
	put_n(o, "attributes", lock->attributes);
	put(o, "init_site", site_ref(report, lock->init_site));
	put_counts(o, lock);
	put(o, "by_thread", by_thread(report, lock));
	put_n(o, "held_ns", lock->held_ns);
	put(o, "bound", json_boolean(lock->bound));
	put(o, "sampled", json_boolean(lock->sampled));
	put(o, "wait_ns", dist(&lock->wait));
	put(o, "hold_ns", dist(&lock->hold));
	put(o, "read_wait_ns", dist(&lock->wait_by_mode[LOCK_READ]));
	put(o, "write_wait_ns", dist(&lock->wait_by_mode[LOCK_WRITE]));
	put(o, "hold_breakdown_ns",
	    by_name(hold_part_names, lock->hold_parts_ns, HOLD_NPARTS));
	put(o, "held_waits", held_waits(report, lock));
	put_n(queue, "max", lock->queue_max);
	put(queue, "mean", json_real(lock->queue_mean));
	put(o, "queue", queue);
	put_n(o, "handoff_ns", lock->handoff_ns);
	put_n(o, "spin_ns", lock->spin_ns);
	put_n(o, "path_ns", lock->path_ns);
	put(o, "sites", lock_sites(report, lock));
	put(o, "blame", blame(report, lock));
	return o;
}

static json_t *locks(const struct report *report)
{
	json_t *array = json_array();

	for (size_t i = 0; i < report->n_locks; i++) {
		const struct lock *lock = &report->locks[i];
		json_t *o = one_lock(report, lock, lock->id);

		put_text(o, "group", report->groups[lock->group].label);
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

		put(o, "pid", json_integer(thread->pid));
		put(o, "tid", json_integer(thread->tid));
		put_text(o, "name", thread->name);
		put(o, "created_by", tid_ref(report, thread->creator));
		put_text(o, "start_routine",
			 thread->start_site < 0
				 ? ""
				 : report->sites[thread->start_site].function);
		put_n(o, "begin_ns", thread->begin_ns);
		put_n(o, "end_ns", thread->end_ns);
		put(o, "state_ns",
		    by_name(state_names, thread->state_ns, STATE_N));
		put_n(switches, "voluntary", thread->voluntary);
		put_n(switches, "involuntary", thread->involuntary);
		put(o, "switches", switches);
		put_text(o, "bound", bound_names[thread->bound]);
		put(o, "recorded", json_boolean(thread->recorded));
		(void)json_array_append_new(array, o);
	}
	return array;
}

static json_t *utilization(const struct report *report)
{
	json_t *o = json_object();

	put(o, "cpu_busy_ns",
	    numbers(report->utilization.cpu_busy_ns,
		    report->utilization.n_cpus));
	put(o, "cpu_idle_ns",
	    numbers(report->utilization.cpu_idle_ns,
		    report->utilization.n_cpus));
	put(o, "cpu_foreign_ns",
	    numbers(report->utilization.cpu_foreign_ns,
		    report->utilization.n_cpus));
	put_n(o, "cpu_denied_ns", measure_denied(report));
	put(o, "cpu_share", json_real(report->utilization.cpu_share));
	put(o, "concurrency_ns",
	    numbers(report->utilization.concurrency_ns,
		    report->utilization.n_concurrency));
	put(o, "demand_ns",
	    numbers(report->utilization.demand_ns,
		    report->utilization.n_demand));
	put(o, "concurrency", json_real(measure_concurrency(report)));
	put(o, "demand", json_real(measure_demand(report)));
	put_text(o, "bound", bound_names[report->utilization.bound]);
	return o;
}

static json_t *io(const struct report *report)
{
	json_t *array = json_array();

	for (size_t i = 0; i < report->n_io; i++) {
		const struct io_row *row = &report->io[i];
		json_t *o = json_object();

		put_text(o, "operation",
			 row->op < IO_NOPS ? io_op_names[row->op] : "");
		put_text(o, "fd_kind",
			 row->fd_kind < FD_NKINDS ? fd_kind_names[row->fd_kind]
						  : "");
		put_text(o, "target", row->target);
		put_n(o, "count", row->count);
		put_n(o, "bytes", row->bytes);
		put(o, "wait_ns", dist(&row->wait));
		put_n(o, "under_lock_ns", row->under_lock_ns);
		(void)json_array_append_new(array, o);
	}
	return array;
}

static json_t *share(const char *key, json_t *ref, uint64_t ns)
{
	json_t *o = json_object();

	put(o, key, ref);
	put_n(o, "ns", ns);
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
			      lock_ref(report, report->path.by_lock[i].index),
			      report->path.by_lock[i].ns));
	for (size_t i = 0; i < report->path.n_by_thread; i++)
		(void)json_array_append_new(
			by_tid,
			share("tid",
			      tid_ref(report, report->path.by_thread[i].index),
			      report->path.by_thread[i].ns));
	put_n(o, "length_ns", report->path.length_ns);
	put(o, "by_state_ns",
	    by_name(state_names, report->path.by_state_ns, STATE_N));
	put(o, "by_lock_ns", by_lock);
	put(o, "by_thread_ns", by_tid);
	return o;
}

static json_t *overhead(const struct report *report)
{
	json_t *o = json_object(), *tracing = json_object();
	json_t *creation = json_object();
	double slowdown = report->overhead.slowdown;

	put_n(creation, "count", report->overhead.creations);
	put_n(creation, "mean_ns", report->overhead.creation_mean_ns);
	put_n(creation, "p99_ns", report->overhead.creation_p99_ns);
	put(o, "thread_creation", creation);
	put(o, "switches_per_s", json_real(report->overhead.switches_per_s));
	put_n(o, "lock_operation_ns", report->overhead.lock_operation_ns);
	put(tracing, "events_per_s", json_real(report->overhead.events_per_s));
	put_n(tracing, "cost_per_event_ns", report->overhead.cost_per_event_ns);
	put(tracing, "estimated_share",
	    json_real(report->overhead.estimated_share));
	put_n(tracing, "baseline_runs", report->overhead.baseline_runs);
	put(tracing, "measured_slowdown",
	    slowdown < 0 ? json_null() : json_real(slowdown));
	put(tracing, "measured_slowdown_low",
	    slowdown < 0 ? json_null()
			 : json_real(report->overhead.slowdown_low));
	put(tracing, "measured_slowdown_high",
	    slowdown < 0 ? json_null()
			 : json_real(report->overhead.slowdown_high));
	put(o, "tracing", tracing);
	return o;
}

static json_t *lock_refs(const struct report *report, const int *ids, size_t n)
{
	json_t *array = json_array();

	for (size_t i = 0; i < n; i++)
		(void)json_array_append_new(array, lock_ref(report, ids[i]));
	return array;
}

static json_t *order_edge(const struct report *report,
			  const struct order_edge *edge)
{
	json_t *o = json_object();

	put(o, "first", lock_ref(report, edge->first));
	put(o, "second", lock_ref(report, edge->second));
	put(o, "first_site", site_ref(report, edge->first_site));
	put(o, "second_site", site_ref(report, edge->second_site));
	put(o, "tid", tid_ref(report, edge->thread));
	put(o, "reads", json_boolean(edge->reads));
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
		put(o, "locks", lock_refs(report, row->locks, row->n_locks));
		put(o, "edges", edges);
		put_text(o, "kind", row->inversion ? "inversion" : "order");
		put(o, "one_thread", json_boolean(row->one_thread));
		put(o, "guarded_by",
		    row->guard < 0 ? json_null()
				   : lock_ref(report, row->guard));
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

			put(link, "tid",
			    tid_ref(report, deadlock->cycle[j].thread));
			put(link, "waits_for",
			    lock_ref(report, deadlock->cycle[j].lock));
			put(link, "held_by",
			    tid_ref(report, deadlock->cycle[j].owner));
			put(link, "site",
			    site_ref(report, deadlock->cycle[j].site));
			put(link, "held_site",
			    site_ref(report, deadlock->cycle[j].held_site));
			(void)json_array_append_new(cycle, link);
		}
		put(o, "cycle", cycle);
		(void)json_array_append_new(array, o);
	}
	return array;
}

static json_t *what_if(const struct report *report)
{
	json_t *array = json_array();

	for (size_t i = 0; i < report->n_what_if; i++) {
		json_t *o = json_object();

		put_text(o, "change", report->what_if[i].change);
		put_n(o, "predicted_ns", report->what_if[i].predicted_ns);
		put(o, "speedup", json_real(report->what_if[i].speedup));
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

		put(o, "tid", tid_ref(report, wait->thread));
		put_text(o, "state", state_names[wait->state]);
		put(o, "lock", lock_ref(report, wait->lock));
		put(o, "owner", tid_ref(report, wait->owner));
		put_n(o, "since_ns", wait->since_ns);
		put_n(o, "wait_ns", wait->wait_ns);
		put(o, "held", lock_refs(report, wait->held, wait->n_held));
		put(o, "site", site_ref(report, wait->site));
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

		put(o, "lock", lock_ref(report, hold->lock));
		put(o, "tid", tid_ref(report, hold->thread));
		put(o, "site", site_ref(report, hold->site));
		put_n(o, "since_ns", hold->since_ns);
		put_n(o, "hold_ns", hold->hold_ns);
		put(o, "thread_ended", json_boolean(hold->thread_ended));
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

		put_text(o, "kind", finding->kind);
		put_text(o, "severity", severities[finding->severity]);
		put_n(o, "cost_ns", finding->cost_ns);
		put(o, "path_share",
		    finding->path_share < 0 ? json_null()
					    : json_real(finding->path_share));
		put(o, "lock", lock_ref(report, finding->lock));
		put(o, "tid",
		    finding->thread < 0 ? json_null()
					: tid_ref(report, finding->thread));
		put_text(o, "title", finding->title);
		put_text(o, "evidence", finding->evidence);
		put_text(o, "advice", finding->advice);
		(void)json_array_append_new(array, o);
	}
	return array;
}

void render_json(const struct report *report, FILE *out)
{
	static const struct {
		const char *key;
		json_t *(*make)(const struct report *report);
	} parts[] = {
		{ "run", run },
		{ "processes", processes },
		{ "locks", locks },
		{ "threads", threads },
		{ "utilization", utilization },
		{ "io", io },
		{ "critical_path", path },
		{ "overhead", overhead },
		{ "lock_order", lock_order },
		{ "deadlocks", deadlocks },
		{ "what_if", what_if },
		{ "unfinished", unfinished },
		{ "open_holds", open_holds },
		{ "findings", findings },
	};
	json_t *root = json_object();

	put_text(root, "schema", "holdup-report/1");
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		put(root, parts[i].key, parts[i].make(report));
	(void)json_dumpf(root, out, JSON_INDENT(2) | JSON_REAL_PRECISION(9));
	putc('\n', out);
	json_decref(root);
}
