/* A lock as JSON: what schema holdup-report/1 has in `locks`. */
#include <inttypes.h>
#include <stdio.h>

#include "analysis/json_words.h"

#define BLAME_MOST 10000 /* rows of a lock */

static json_t *lock_sites(const struct report *report, const struct lock *lock)
{
	json_t *array = json_array();

	for (size_t i = 0; i < lock->n_sites; i++) {
		const struct lock_site *at = &lock->sites[i];
		const struct site *site = &report->sites[at->site];
		json_t *o = json_object(), *stack = json_array();

		for (int j = 0; j < at->n_stack; j++)
			(void)json_array_append_new(
				stack, json_words_site(report, at->stack[j]));
		json_words_put_text(o, "function", site->function);
		json_words_put_text(o, "file", site->path);
		json_words_put(o, "line", json_integer(site->line));
		json_words_put_text(o, "module", site->module);
		json_words_put_count(o, "offset", site->offset);
		json_words_put_text(o, "text", site->text);
		json_words_put_count(o, "acquisitions", at->acquisitions);
		json_words_put_count(o, "contended", at->contended);
		json_words_put_count(o, "wait_ns", at->wait_ns);
		json_words_put_count(o, "hold_ns", at->hold_ns);
		json_words_put(o, "stack", stack);
		(void)json_array_append_new(array, o);
	}
	return array;
}

static json_t *end_of_blame(const struct report *report, int thread, int site)
{
	json_t *o = json_object();

	json_words_put(o, "tid", json_words_tid(report, thread));
	json_words_put(o, "site", json_words_site(report, site));
	return o;
}

static json_t *json_of_blame(const struct report *report,
			     const struct blame *row)
{
	json_t *o = json_object();

	json_words_put(o, "waiter",
		       end_of_blame(report, row->waiter, row->waiter_site));
	json_words_put(o, "owner",
		       end_of_blame(report, row->owner, row->owner_site));
	json_words_put_count(o, "wait_ns", row->wait_ns);
	json_words_put_count(o, "count", row->count);
	return o;
}

/*
 * Largest first. Where thousands of threads wait for one another there are
 * millions of rows: the last one then sums those that are left out.
 */
static json_t *blame(const struct report *report, const struct lock *lock)
{
	json_t *array = json_array();
	struct blame rest = {
		.waiter = -1, .owner = -1, .waiter_site = -1, .owner_site = -1
	};

	for (size_t i = 0; i < lock->n_blame; i++) {
		const struct blame *row = &lock->blame[i];

		/* What no owner covers stands in handoff_ns. */
		if (row->owner < 0)
			continue;
		if (json_array_size(array) < BLAME_MOST) {
			(void)json_array_append_new(array,
						    json_of_blame(report, row));
			continue;
		}
		rest.wait_ns += row->wait_ns;
		rest.count += row->count;
	}
	if (rest.count)
		(void)json_array_append_new(array,
					    json_of_blame(report, &rest));
	return array;
}

static json_t *held_waits(const struct report *report, const struct lock *lock)
{
	json_t *array = json_array();

	for (size_t i = 0; i < lock->n_held_waits; i++) {
		const struct held_wait *row = &lock->held_waits[i];
		json_t *o = json_object();

		json_words_put_text(o, "state", state_names[row->state]);
		json_words_put_text(
			o, "operation",
			row->state == STATE_PREEMPTED ? io_op_names[IO_YIELD]
			: row->state == STATE_IO && row->op < IO_NOPS
				? io_op_names[row->op]
				: "");
		json_words_put(o, "lock", json_words_lock(report, row->lock));
		json_words_put(o, "site", json_words_site(report, row->site));
		json_words_put_count(o, "ns", row->ns);
		json_words_put_count(o, "count", row->count);
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
		json_words_put_count(object, key,
				     lock->by_thread[i].acquisitions);
	}
	return object;
}

static void put_counts(json_t *o, const struct report *report,
		       const struct lock *lock)
{
	json_words_put_count(o, "acquisitions", lock->acquisitions);
	json_words_put_count(o, "contended", lock->contended);
	json_words_put_count(o, "read_acquisitions", lock->read_acquisitions);
	json_words_put_count(o, "write_acquisitions", lock->write_acquisitions);
	json_words_put_count(o, "relocks", lock->relocks);
	json_words_put_count(o, "cond_relocks", lock->cond_relocks);
	json_words_put_count(o, "waits", lock->waits);
	json_words_put_count(o, "signals", lock->signals);
	json_words_put_count(o, "posts", lock->posts);
	json_words_put_count(o, "spurious", lock->spurious);
	json_words_put_count(o, "stolen", lock->stolen);
	json_words_put_count(o, "timed_waits", lock->timed);
	json_words_put_count(o, "unheard", lock->unheard);
	json_words_put_count(o, "rewaits", lock->rewaits);
	json_words_put_count(o, "rewait_ns", lock->rewait_ns);
	json_words_put_count(o, "last_signal_ns", lock->last_signal_ns);
	json_words_put(o, "mutex", json_words_lock(report, lock->mutex));
	json_words_put_count(o, "gave_up", lock->gave_up);
	json_words_put(o, "failed",
		       json_words_by_name(lock_error_names, lock->failed,
					  LOCK_NERRORS));
}

static json_t *destroyed_held(const struct report *report,
			      const struct lock *lock)
{
	json_t *o;

	if (!lock->destroyed_held.count)
		return json_null();
	o = json_object();
	json_words_put_count(o, "count", lock->destroyed_held.count);
	json_words_put(o, "tid",
		       json_words_tid(report, lock->destroyed_held.thread));
	json_words_put(o, "site",
		       json_words_site(report, lock->destroyed_held.site));
	json_words_put(o, "owner",
		       json_words_tid(report, lock->destroyed_held.owner));
	json_words_put(
		o, "owner_site",
		json_words_site(report, lock->destroyed_held.owner_site));
	return o;
}

json_t *json_of_lock(const struct report *report, const struct lock *lock)
{
	json_t *o = json_object(), *queue = json_object();
	char address[24];

	snprintf(address, sizeof(address), "0x%" PRIx64, lock->address);
	json_words_put_text(o, "id", lock->id);
	json_words_put(o, "pid", json_integer(lock->pid));
	json_words_put_text(o, "kind", lock_kind_names[lock->kind]);
	json_words_put_text(o, "address", address);
	json_words_put(o, "name",
		       lock->name && *lock->name ? json_words_text(lock->name)
						 : json_null());
	json_words_put_text(o, "label", lock->label);
	json_words_put_text(o, "group", report->groups[lock->group].label);
	json_words_put_count(o, "instances", lock->instances);
	json_words_put_count(o, "attributes", lock->attributes);
	json_words_put(o, "init_site",
		       json_words_site(report, lock->init_site));
	put_counts(o, report, lock);
	json_words_put(o, "destroyed_held", destroyed_held(report, lock));
	json_words_put(o, "by_thread", by_thread(report, lock));
	json_words_put_count(o, "held_ns", lock->held_ns);
	json_words_put(o, "bound", json_boolean(lock->bound));
	json_words_put(o, "sampled", json_boolean(lock->sampled));
	json_words_put(o, "wait_ns", json_words_dist(&lock->wait));
	json_words_put(o, "hold_ns", json_words_dist(&lock->hold));
	json_words_put(o, "read_wait_ns",
		       json_words_dist(&lock->wait_by_mode[LOCK_READ]));
	json_words_put(o, "write_wait_ns",
		       json_words_dist(&lock->wait_by_mode[LOCK_WRITE]));
	json_words_put(o, "hold_breakdown_ns",
		       json_words_by_name(hold_part_names, lock->hold_parts_ns,
					  HOLD_NPARTS));
	json_words_put(o, "held_waits", held_waits(report, lock));
	json_words_put_count(queue, "max", lock->queue_max);
	json_words_put(queue, "mean", json_real(lock->queue_mean));
	json_words_put(o, "queue", queue);
	json_words_put_count(o, "handoff_ns", lock->handoff_ns);
	json_words_put_count(o, "spin_ns", lock->spin_ns);
	json_words_put_count(o, "path_ns", lock->path_ns);
	json_words_put(o, "sites", lock_sites(report, lock));
	json_words_put(o, "blame", blame(report, lock));
	return o;
}
