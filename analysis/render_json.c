/* The report for programs: schema holdup-report/1. */
#include <inttypes.h>
#include <jansson.h>
#include <string.h>

#include "analysis/json_words.h"
#include "analysis/measure.h"
#include "analysis/render.h"

#define FORMAT JSON_REAL_PRECISION(9)

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
		{ "run", json_of_run },
		{ "findings", findings },
		{ "processes", json_of_processes },
	};
	static const struct part after[] = {
		{ "threads", json_of_threads },
		{ "utilization", json_of_utilization },
		{ "io", json_of_io },
		{ "critical_path", json_of_path },
		{ "overhead", json_of_overhead },
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
