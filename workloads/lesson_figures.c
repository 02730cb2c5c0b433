/* Figures read from the report of a recording. */
#include <math.h>
#include <string.h>

#include "workloads/lesson.h"

/* Told where the report says nothing about it. */
static const double unknown = (double)NAN;

/* Each figure takes the report and what stands after the colon. */

static double number(const json_t *object, const char *key)
{
	return json_number_value(json_object_get(object, key));
}

/* Without its records nobody knows who has a CPU, or sleeps in a lock. */
static bool has_scheduler(const json_t *report)
{
	const char *source = json_string_value(
		json_object_get(json_object_get(report, "run"), "scheduler"));

	return source && strcmp(source, "none") != 0;
}

static bool takes_scheduler(const char *state)
{
	static const char *const states[] = { "running",   "spinning",
					      "preempted", "woken",
					      "ready",	   "lock" };

	for (size_t i = 0; i < G_N_ELEMENTS(states); i++)
		if (!strcmp(state, states[i]))
			return true;
	return false;
}

/* Not the first of its process. */
static bool is_worker(const json_t *thread)
{
	return number(thread, "created_by") > 0;
}

static bool has_workers(const json_t *report)
{
	json_t *threads = json_object_get(report, "threads");
	json_t *thread;
	size_t i;

	json_array_foreach(threads, i,
			   thread) if (is_worker(thread)) return true;
	return false;
}

/*
 * Of the life of the threads that were created (of all, if none was), the share
 * in a state; "ready": wanting a CPU; "wants": that, or having one; "waiting":
 * I/O or sleep.
 */
static double share(const json_t *report, const char *state)
{
	bool workers = has_workers(report);
	double in = 0, life = 0;
	json_t *thread;
	size_t i;

	if (takes_scheduler(state) && !has_scheduler(report))
		return unknown;
	json_array_foreach(json_object_get(report, "threads"), i, thread)
	{
		json_t *states = json_object_get(thread, "state_ns");

		if (workers && !is_worker(thread))
			continue;
		if (!strcmp(state, "ready"))
			in += number(states, "preempted") +
			      number(states, "woken");
		else if (!strcmp(state, "wants"))
			in += number(states, "running") +
			      number(states, "spinning") +
			      number(states, "preempted") +
			      number(states, "woken");
		else if (!strcmp(state, "waiting"))
			in += number(states, "io") + number(states, "sleep");
		else
			in += number(states, state);
		life += number(thread, "end_ns") - number(thread, "begin_ns");
	}
	return life > 0 ? in / life : unknown;
}

/* The same, of the time in which nobody kept them from a CPU. */
static double unhindered(const json_t *report, const char *state)
{
	double ready = share(report, "ready");

	return ready < 1 ? share(report, state) / (1 - ready) : unknown;
}

/* Of the CPU time of those threads, the share of the one that used most. */
static double busiest(const json_t *report, const char *unused)
{
	bool workers = has_workers(report);
	double most = 0, all = 0;
	json_t *thread;
	size_t i;

	(void)unused;
	json_array_foreach(json_object_get(report, "threads"), i, thread)
	{
		json_t *states = json_object_get(thread, "state_ns");
		double used =
			number(states, "running") + number(states, "spinning");

		if (workers && !is_worker(thread))
			continue;
		most = MAX(most, used);
		all += used;
	}
	return all > 0 ? most / all : unknown;
}

/* "NAME/STATE": of the threads whose name contains NAME, the share. */
static double named(const json_t *report, const char *argument)
{
	char **parts = g_strsplit(argument, "/", 2);
	double in = 0, life = 0;
	json_t *thread;
	size_t i;

	json_array_foreach(json_object_get(report, "threads"), i, thread)
	{
		const char *name =
			json_string_value(json_object_get(thread, "name"));

		if (!name || !strstr(name, parts[0]))
			continue;
		in += number(json_object_get(thread, "state_ns"), parts[1]);
		life += number(thread, "end_ns") - number(thread, "begin_ns");
	}
	g_strfreev(parts);
	return life > 0 ? in / life : unknown;
}

static double creation_us(const json_t *report, const char *unused)
{
	const json_t *overhead = json_object_get(report, "overhead");

	(void)unused;
	return number(json_object_get(overhead, "thread_creation"), "mean_ns") /
	       1e3;
}

/* Time in I/O calls of one kind, such as poll, by all threads. */
static double io_wait(const json_t *report, const char *operation)
{
	double sum = 0;
	json_t *row;
	size_t i;

	json_array_foreach(json_object_get(report, "io"), i, row)
	{
		const char *its =
			json_string_value(json_object_get(row, "operation"));

		if (its && !strcmp(its, operation))
			sum += number(json_object_get(row, "wait_ns"), "total");
	}
	return sum / 1e9;
}

static double switches_per_s(const json_t *report, const char *unused)
{
	(void)unused;
	return number(json_object_get(report, "overhead"), "switches_per_s");
}

static double switches(const json_t *report, const char *kind)
{
	double sum = 0;
	json_t *thread;
	size_t i;

	json_array_foreach(json_object_get(report, "threads"), i, thread) sum +=
		number(json_object_get(thread, "switches"), kind);
	return sum;
}

static double count_threads(const json_t *report, const char *routine)
{
	double n = 0;
	json_t *thread;
	size_t i;

	json_array_foreach(json_object_get(report, "threads"), i, thread)
	{
		const char *starts = json_string_value(
			json_object_get(thread, "start_routine"));

		n += starts && (!*routine || strstr(starts, routine));
	}
	return n;
}

/* Mean number of threads running while any was. */
static double running(const json_t *report, const char *unused)
{
	json_t *bins = json_object_get(json_object_get(report, "utilization"),
				       "concurrency_ns");
	double threads = 0, all = 0;
	json_t *bin;
	size_t i;

	(void)unused;
	json_array_foreach(bins, i, bin)
	{
		threads += (double)i * json_number_value(bin);
		all += i > 0 ? json_number_value(bin) : 0;
	}
	return all > 0 ? threads / all : unknown;
}

static double idle(const json_t *report, const char *unused)
{
	(void)unused;
	return 1 - number(json_object_get(report, "utilization"), "cpu_share");
}

/* The locks whose label or kind contains `name`, summed. */
static double lock_sum(const json_t *report, const char *name,
		       double (*figure)(const json_t *lock))
{
	double sum = 0;
	bool found = false;
	json_t *lock;
	size_t i;

	json_array_foreach(json_object_get(report, "locks"), i, lock)
	{
		const char *label =
			json_string_value(json_object_get(lock, "label"));
		const char *kind =
			json_string_value(json_object_get(lock, "kind"));

		if ((label && strstr(label, name)) ||
		    (kind && !strcmp(kind, name))) {
			sum += figure(lock);
			found = true;
		}
	}
	return found ? sum : unknown;
}

static double total_of(const json_t *lock, const char *dist)
{
	return number(json_object_get(lock, dist), "total");
}

static double wait_of(const json_t *lock)
{
	return total_of(lock, "wait_ns") / 1e9;
}

static double hold_of(const json_t *lock)
{
	return total_of(lock, "hold_ns") / 1e9;
}

static double acquisitions_of(const json_t *lock)
{
	return number(lock, "acquisitions");
}

static double contended_of(const json_t *lock)
{
	return number(lock, "contended");
}

static double waits_of(const json_t *lock)
{
	return number(lock, "waits");
}

static double queue_of(const json_t *lock)
{
	return number(json_object_get(lock, "queue"), "max");
}

static double breakdown(const json_t *lock, const char *part)
{
	return number(json_object_get(lock, "hold_breakdown_ns"), part) / 1e9;
}

/*
 * In I/O, or in sleep, until it is over: whoever is woken from it and waits for
 * a CPU is in it still.
 */
static double blocked_in(const json_t *lock, const char *part)
{
	double in = breakdown(lock, part);
	double blocked = breakdown(lock, "io") + breakdown(lock, "sleep") +
			 breakdown(lock, "lock") + breakdown(lock, "other");

	return blocked > 0 ? in + breakdown(lock, "woken") * in / blocked : 0;
}

static double hold_io_of(const json_t *lock)
{
	return blocked_in(lock, "io");
}

static double hold_sleep_of(const json_t *lock)
{
	return blocked_in(lock, "sleep");
}

static double hold_off_of(const json_t *lock)
{
	return breakdown(lock, "preempted") + breakdown(lock, "woken");
}

static double hold_told_of(const json_t *lock)
{
	return hold_of(lock) - breakdown(lock, "unrecorded");
}

static double held_of(const json_t *lock)
{
	return number(lock, "held_ns") / 1e9;
}

static double lock_wait(const json_t *report, const char *name)
{
	return lock_sum(report, name, wait_of);
}

static double lock_hold(const json_t *report, const char *name)
{
	return lock_sum(report, name, hold_of);
}

static double lock_acquisitions(const json_t *report, const char *name)
{
	return lock_sum(report, name, acquisitions_of);
}

static double lock_contended(const json_t *report, const char *name)
{
	return lock_sum(report, name, contended_of);
}

static double lock_waits(const json_t *report, const char *name)
{
	return lock_sum(report, name, waits_of);
}

static double lock_queue(const json_t *report, const char *name)
{
	return lock_sum(report, name, queue_of);
}

static double ratio(const json_t *report, const char *name,
		    double (*part)(const json_t *),
		    double (*whole)(const json_t *))
{
	double all = lock_sum(report, name, whole);

	return all > 0 ? lock_sum(report, name, part) / all : unknown;
}

/* The share of the hold time in which more than one thread held it. */
static double lock_overlap(const json_t *report, const char *name)
{
	return 1 - ratio(report, name, held_of, hold_of);
}

static double hold_io(const json_t *report, const char *name)
{
	return ratio(report, name, hold_io_of, hold_told_of);
}

/* The same of all holds, told or not. */
static double held_io(const json_t *report, const char *name)
{
	return ratio(report, name, hold_io_of, hold_of);
}

static double hold_sleep(const json_t *report, const char *name)
{
	return ratio(report, name, hold_sleep_of, hold_told_of);
}

/* Of the holds that are told: the share in which the owner had no CPU. */
static double hold_off(const json_t *report, const char *name)
{
	return ratio(report, name, hold_off_of, hold_told_of);
}

static double findings(const json_t *report, const char *kind)
{
	double n = 0;
	json_t *finding;
	size_t i;

	json_array_foreach(json_object_get(report, "findings"), i, finding)
	{
		const char *its =
			json_string_value(json_object_get(finding, "kind"));

		n += its && !strcmp(its, kind);
	}
	return n;
}

static double deadlocked(const json_t *report, const char *unused)
{
	json_t *first = json_array_get(json_object_get(report, "deadlocks"), 0);

	(void)unused;
	return (double)json_array_size(json_object_get(first, "cycle"));
}

static double inversions(const json_t *report, const char *unused)
{
	double n = 0;
	json_t *row;
	size_t i;

	(void)unused;
	json_array_foreach(json_object_get(report, "lock_order"), i, row)
	{
		const char *kind =
			json_string_value(json_object_get(row, "kind"));

		n += kind && !strcmp(kind, "inversion");
	}
	return n;
}

/* How many times faster the program is predicted to be after a change. */
static double predicted(const json_t *report, const char *change)
{
	json_t *row;
	size_t i;

	json_array_foreach(json_object_get(report, "what_if"), i, row)
	{
		const char *its =
			json_string_value(json_object_get(row, "change"));

		if (its && strstr(its, change))
			return number(row, "speedup");
	}
	return unknown;
}

static double lock_operations(const json_t *report, const char *unused)
{
	(void)unused;
	return number(json_object_get(report, "run"), "lock_operations");
}

static double processes(const json_t *report, const char *unused)
{
	(void)unused;
	return number(json_object_get(report, "run"), "processes");
}

bool lesson_report_figure(const json_t *report, const char *name, double *out)
{
	static const struct {
		const char *name;
		double (*figure)(const json_t *report, const char *argument);
		bool takes_scheduler;
	} figures[] = {
		{ "share", share, false },
		{ "unhindered", unhindered, true },
		{ "busiest", busiest, false },
		{ "switches", switches, true },
		{ "threads", count_threads, false },
		{ "running", running, true },
		{ "idle", idle, true },
		{ "predicted", predicted, false },
		{ "processes", processes, false },
		{ "lock_wait", lock_wait, false },
		{ "lock_hold", lock_hold, false },
		{ "lock_acquisitions", lock_acquisitions, false },
		{ "lock_contended", lock_contended, false },
		{ "lock_waits", lock_waits, false },
		{ "lock_queue", lock_queue, false },
		{ "lock_overlap", lock_overlap, false },
		{ "lock_operations", lock_operations, false },
		{ "named", named, false },
		{ "creation_us", creation_us, false },
		{ "io_wait", io_wait, false },
		{ "switches_per_s", switches_per_s, true },
		{ "hold_io", hold_io, false },
		{ "held_io", held_io, false },
		{ "hold_sleep", hold_sleep, false },
		{ "hold_off", hold_off, true },
		{ "findings", findings, false },
		{ "deadlocked", deadlocked, false },
		{ "inversions", inversions, false },
	};
	const char *colon = strchr(name, ':');
	size_t n = colon ? (size_t)(colon - name) : strlen(name);

	for (size_t i = 0; i < G_N_ELEMENTS(figures); i++) {
		if (strlen(figures[i].name) != n ||
		    strncmp(figures[i].name, name, n) != 0)
			continue;
		if (figures[i].takes_scheduler && !has_scheduler(report))
			return false;
		*out = figures[i].figure(report, colon ? colon + 1 : "");
		return isfinite(*out);
	}
	g_error("no figure '%s'", name);
}
