#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <glib.h>

#include "analysis/findings.h"
#include "analysis/groups.h"
#include "analysis/measure.h"
#include "analysis/render.h"
#include "tests/unit/sample_report.h"

static struct report *made(struct report *report)
{
	groups_make(report, false);
	findings_make(report);
	return report;
}

static char *as_text(const struct report *report,
		     const struct render_options *options)
{
	char *text = NULL;
	size_t bytes = 0;
	FILE *out = open_memstream(&text, &bytes);

	render_text(report, options, out);
	fclose(out);
	return text;
}

static json_t *as_json(const struct report *report)
{
	char *text = NULL;
	size_t bytes = 0;
	FILE *out = open_memstream(&text, &bytes);
	json_t *root;

	render_json(report, out);
	fclose(out);
	root = json_loads(text, 0, NULL);
	free(text);
	assert_non_null(root);
	return root;
}

static void the_first_screen_names_lock_place_and_cause(void **state)
{
	struct report *report = made(sample_convoy());
	struct render_options options = { 0 };
	char *text = as_text(report, &options);
	size_t end = 0;

	(void)state;
	for (int i = 0; i < 24 && text[end]; i++)
		end += strcspn(text + end + 1, "\n") + 1;
	text[end] = '\0';
	assert_non_null(strstr(text, "./orders 8"));
	assert_non_null(strstr(text, "I/O under a lock"));
	assert_non_null(strstr(text, "ledger (orders.c:41)"));
	assert_non_null(strstr(text, "fsync called by append"));
	assert_non_null(strstr(text, "7 of the 8 threads"));
	assert_non_null(strstr(text, "7,214"));
	free(text);
	report_free(report);
}

static void no_line_is_wider_than_the_page(void **state)
{
	struct report *report = made(sample_convoy());

	(void)state;
	report->locks[0].label = "a_very_long_name_of_a_lock.in_some_array[3]."
				 "of_locks.of_a_program (a_long_file_name.c:1)";
	report->groups[0].label = report->locks[0].label;
	/* It waits for another one, of a name as long. */
	report->locks[0].held_waits[0].lock = 0;
	report->groups[0].held_waits[0].lock = 0;
	for (int width = 80; width <= 160; width += 40) {
		struct render_options options = { .width = width };
		char *text = as_text(report, &options);
		char *rest = text;

		for (char *line = strtok_r(text, "\n", &rest); line;
		     line = strtok_r(NULL, "\n", &rest))
			if (strlen(line) > (size_t)width)
				fail_msg("%zu columns: %s", strlen(line), line);
		free(text);
	}
	report_free(report);
}

/* "4 threads in 5 processes" */
static void only_processes_with_threads_told_of_are_counted(void **state)
{
	struct report *report = made(sample_convoy());
	struct process processes[2] = {
		{ .pid = report->threads[0].pid,
		  .executable = "convoy",
		  .recorded = true,
		  .reason = "" },
		{ .pid = 99, .executable = "static", .reason = "static" },
	};
	struct render_options options = { .width = 80 };
	char *text;

	(void)state;
	report->processes = processes;
	report->n_processes = 2;
	text = as_text(report, &options);
	assert_non_null(strstr(text, "9 threads in 1 process,"));
	free(text);
	report_free(report);
}

static void time_on_others_cpus_is_told_from_too_many_threads(void **state)
{
	struct report *report = sample_convoy();
	uint64_t running[] = { 0, 30, 70 }, wanting[] = { 0, 0, 60, 40 };

	(void)state;
	report->utilization.concurrency_ns = running;
	report->utilization.n_concurrency = 3;
	report->utilization.demand_ns = wanting;
	report->utilization.n_demand = 4;
	/* wanted 240, ran 170; of the 70, 40 had to be with 2 CPUs */
	assert_int_equal(measure_denied(report), 30);
	report->run.scheduler = SCHED_NONE;
	assert_int_equal(measure_denied(report), 0);
	report_free(report);
}

static void phases_are_shown_when_the_program_tells_them(void **state)
{
	struct report *report = made(sample_convoy());
	struct render_options options = { .only = "phases" };
	struct phase told[] = {
		{ .name = "load",
		  .end_ns = 2000000,
		  .state_ns = { [STATE_RUNNING] = 1000000,
				[STATE_IO] = 3000000 },
		  .concurrency = 0.5,
		  .bound = BOUND_IO },
		{ .name = "compute",
		  .begin_ns = 2000000,
		  .end_ns = 5000000,
		  .state_ns = { [STATE_RUNNING] = 6000000 },
		  .concurrency = 2,
		  .bound = BOUND_CPU },
	};
	char *text = as_text(report, &options);

	(void)state;
	assert_null(strstr(text, "Phase"));
	free(text);
	report->phases = told;
	report->n_phases = 2;
	text = as_text(report, &options);
	assert_non_null(strstr(text, "load"));
	assert_non_null(strstr(text, "25 %"));
	assert_non_null(strstr(text, "75 %"));
	assert_true(strstr(text, "compute") > strstr(text, "load"));
	assert_non_null(strstr(text, "cpu"));
	free(text);
	report_free(report);
}

static void losses_come_with_a_buffer_that_would_do(void **state)
{
	struct report *report = made(sample_convoy());
	struct render_options options = { .only = "losses" };
	char *text;

	(void)state;
	report->run.events_lost = 60000; /* of 52,000 told: more than half */
	report->run.buffer_bytes = 8 << 20;
	text = as_text(report, &options);
	assert_non_null(strstr(text, "60,000 events were lost"));
	assert_non_null(strstr(text, "--buffer 64M"));
	free(text);
	report_free(report);
}

static void only_the_sections_asked_for_are_printed(void **state)
{
	struct report *report = made(sample_convoy());
	struct render_options options = { .only = "locks" };
	char *text = as_text(report, &options);
	struct err err = { "" };

	(void)state;
	assert_non_null(strstr(text, "Locks\n"));
	assert_null(strstr(text, "What's the holdup?"));
	free(text);
	assert_int_equal(render_check(&options, &err), 0);
	options.only = "locks,nonsense";
	assert_int_equal(render_check(&options, &err), -1);
	assert_non_null(strstr(err.text, "no section 'nonsense'"));
	report_free(report);
}

static void a_calm_program_is_blamed_for_nothing(void **state)
{
	struct report *report = made(sample_calm());

	(void)state;
	assert_int_equal(report->n_findings, 1);
	assert_string_equal(report->findings[0].kind, "no-contention");
	assert_int_equal(report->findings[0].lock, -1);
	report_free(report);
}

/* On a busy machine whoever blocks waits longer for a CPU than for the disk. */
static void the_way_back_from_io_belongs_to_the_io(void **state)
{
	struct report *report = sample_convoy();
	struct lock *lock = &report->locks[0];

	(void)state;
	lock->hold_parts_ns[HOLD_IO] = lock->hold.total / 20;
	lock->hold_parts_ns[HOLD_RUNNING] = lock->hold.total / 20 * 3;
	lock->hold_parts_ns[HOLD_WOKEN] = lock->hold.total / 20 * 16;
	(void)made(report);
	assert_int_equal(report->n_findings, 1);
	assert_string_equal(report->findings[0].kind, "io-under-lock");
	assert_non_null(strstr(report->findings[0].evidence,
			       "or waits for a CPU after it"));
	report_free(report);
}

static void preemption_alone_is_no_io(void **state)
{
	struct report *report = sample_convoy();
	struct lock *lock = &report->locks[0];

	(void)state;
	lock->n_held_waits = 0;
	lock->hold_parts_ns[HOLD_IO] = 0;
	lock->hold_parts_ns[HOLD_PREEMPTED] = lock->hold.total / 10 * 8;
	(void)made(report);
	assert_int_equal(report->n_findings, 1);
	assert_string_equal(report->findings[0].kind, "preempted-holder");
	report_free(report);
}

static void off_the_critical_path_a_lock_costs_nothing(void **state)
{
	struct report *report = sample_convoy();

	(void)state;
	report->path.length_ns = report->run.duration_ns;
	report->path.by_state_ns[STATE_SLEEP] = report->run.duration_ns;
	report->locks[0].path_ns = report->run.duration_ns / 1000;
	(void)made(report);
	assert_int_equal(report->findings[0].severity, SEVERITY_LOW);
	report_free(report);
	report = sample_convoy();
	report->path.length_ns = report->run.duration_ns;
	report->path.by_state_ns[STATE_SLEEP] = report->run.duration_ns;
	report->locks[0].wait.total /= 10;
	(void)made(report);
	for (size_t i = 0; i < report->n_findings; i++)
		assert_int_equal(report->findings[i].lock, -1);
	report_free(report);
}

/* The keys of the design: a path of names, "[]" for the first item. */
static const char *const keys[] = {
	"schema",
	"run.command",
	"run.host",
	"run.cpus",
	"run.duration_ns",
	"run.exit_status",
	"run.detail",
	"run.scheduler",
	"run.processes",
	"run.threads",
	"run.lock_operations",
	"run.events",
	"run.events_lost",
	"run.scheduler_records_lost",
	"run.truncated",
	"locks.[].id",
	"locks.[].pid",
	"locks.[].kind",
	"locks.[].address",
	"locks.[].name",
	"locks.[].label",
	"locks.[].instances",
	"locks.[].acquisitions",
	"locks.[].contended",
	"locks.[].read_acquisitions",
	"locks.[].write_acquisitions",
	"locks.[].relocks",
	"locks.[].waits",
	"locks.[].signals",
	"locks.[].posts",
	"locks.[].failed.EBUSY",
	"locks.[].failed.ETIMEDOUT",
	"locks.[].failed.EDEADLK",
	"locks.[].failed.EPERM",
	"locks.[].failed.EOWNERDEAD",
	"locks.[].failed.ENOTRECOVERABLE",
	"locks.[].by_thread.101",
	"locks.[].held_ns",
	"locks.[].bound",
	"locks.[].sampled",
	"locks.[].wait_ns.total",
	"locks.[].wait_ns.mean",
	"locks.[].wait_ns.p50",
	"locks.[].wait_ns.p90",
	"locks.[].wait_ns.p99",
	"locks.[].wait_ns.max",
	"locks.[].hold_ns.total",
	"locks.[].hold_ns.max",
	"locks.[].hold_breakdown_ns.running",
	"locks.[].hold_breakdown_ns.preempted",
	"locks.[].hold_breakdown_ns.woken",
	"locks.[].hold_breakdown_ns.io",
	"locks.[].hold_breakdown_ns.lock",
	"locks.[].hold_breakdown_ns.sleep",
	"locks.[].hold_breakdown_ns.other",
	"locks.[].hold_breakdown_ns.unrecorded",
	"locks.[].queue.max",
	"locks.[].queue.mean",
	"locks.[].handoff_ns",
	"locks.[].sites.[].function",
	"locks.[].sites.[].file",
	"locks.[].sites.[].line",
	"locks.[].sites.[].acquisitions",
	"locks.[].sites.[].contended",
	"locks.[].sites.[].wait_ns",
	"locks.[].sites.[].hold_ns",
	"locks.[].sites.[].stack",
	"locks.[].blame.[].waiter.tid",
	"locks.[].blame.[].waiter.site",
	"locks.[].blame.[].owner.tid",
	"locks.[].blame.[].owner.site",
	"locks.[].blame.[].wait_ns",
	"locks.[].blame.[].count",
	"threads.[].pid",
	"threads.[].tid",
	"threads.[].name",
	"threads.[].created_by",
	"threads.[].start_routine",
	"threads.[].begin_ns",
	"threads.[].end_ns",
	"threads.[].state_ns.running",
	"threads.[].state_ns.spinning",
	"threads.[].state_ns.preempted",
	"threads.[].state_ns.woken",
	"threads.[].state_ns.lock",
	"threads.[].state_ns.cond",
	"threads.[].state_ns.barrier",
	"threads.[].state_ns.semaphore",
	"threads.[].state_ns.join",
	"threads.[].state_ns.io",
	"threads.[].state_ns.sleep",
	"threads.[].state_ns.other",
	"threads.[].switches.voluntary",
	"threads.[].switches.involuntary",
	"threads.[].bound",
	"utilization.cpu_busy_ns",
	"utilization.cpu_share",
	"utilization.concurrency_ns",
	"utilization.demand_ns",
	"utilization.bound",
	"io",
	"critical_path.length_ns",
	"critical_path.by_state_ns.running",
	"critical_path.by_lock_ns",
	"critical_path.by_thread_ns",
	"overhead.thread_creation.count",
	"overhead.thread_creation.mean_ns",
	"overhead.thread_creation.p99_ns",
	"overhead.switches_per_s",
	"overhead.lock_operation_ns",
	"overhead.tracing.events_per_s",
	"overhead.tracing.cost_per_event_ns",
	"overhead.tracing.estimated_share",
	"overhead.tracing.baseline_runs",
	"overhead.tracing.measured_slowdown",
	"lock_order",
	"deadlocks",
	"what_if",
	"unfinished",
	"findings.[].kind",
	"findings.[].severity",
	"findings.[].cost_ns",
	"findings.[].lock",
	"findings.[].title",
	"findings.[].evidence",
	"findings.[].advice",
};

static const json_t *at_path(const json_t *at, const char *path)
{
	char *copy = strdup(path), *rest = NULL;

	for (char *key = strtok_r(copy, ".", &rest); key && at;
	     key = strtok_r(NULL, ".", &rest))
		at = strcmp(key, "[]") != 0 ? json_object_get(at, key)
					    : json_array_get(at, 0);
	free(copy);
	return at;
}

static void json_has_every_key_of_the_schema(void **state)
{
	struct report *report = made(sample_convoy());
	json_t *root = as_json(report);

	(void)state;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (!at_path(root, keys[i]))
			fail_msg("no key '%s'", keys[i]);
	assert_string_equal(json_string_value(at_path(root, "schema")),
			    "holdup-report/1");
	assert_string_equal(
		json_string_value(at_path(root, "findings.[].lock")),
		json_string_value(at_path(root, "locks.[].id")));
	json_decref(root);
	report_free(report);
}

/* 13,000 threads that wait for one another made 680 MB. */
static void json_sums_what_many_threads_are_blamed_for(void **state)
{
	struct report *report = made(sample_convoy());
	size_t n = 20000;
	uint64_t sum = 0;
	struct blame *rows = g_new0(struct blame, n);
	json_t *root, *blame;

	(void)state;
	for (size_t i = 0; i < n; i++)
		rows[i] = (struct blame){ .waiter = SAMPLE_WORKERS,
					  .owner = SAMPLE_WORKERS + 1,
					  .waiter_site = -1,
					  .owner_site = -1,
					  .wait_ns = n - i,
					  .count = 1 };
	report->locks[0].blame = rows;
	report->locks[0].n_blame = n;
	root = as_json(report);
	blame = json_object_get(
		json_array_get(json_object_get(root, "locks"), 0), "blame");
	assert_true(json_array_size(blame) < n);
	for (size_t i = 0; i < json_array_size(blame); i++)
		sum += (uint64_t)json_integer_value(
			json_object_get(json_array_get(blame, i), "wait_ns"));
	assert_int_equal(sum, n * (n + 1) / 2);
	json_decref(root);
	report_free(report);
	g_free(rows);
}

static void names_that_are_not_utf_8_still_make_json_and_html(void **state)
{
	struct report *report = made(sample_convoy());
	struct render_options options = { 0 };
	char *text = NULL;
	size_t bytes = 0;
	FILE *out = open_memstream(&text, &bytes);
	json_t *root;

	(void)state;
	report->threads[1].name = "\xff<b>&";
	root = as_json(report);
	json_decref(root);
	render_html(report, &options, out);
	fclose(out);
	assert_null(strstr(text, "<b>&"));
	assert_non_null(strstr(text, "&lt;b&gt;&amp;"));
	assert_null(strstr(text, "\xff"));
	free(text);
	report_free(report);
}

static void locks_of_one_label_are_summed(void **state)
{
	struct report *report = sample_convoy();
	struct lock *locks = calloc(3, sizeof(*locks));

	(void)state;
	for (int i = 0; i < 3; i++)
		locks[i] = report->locks[0];
	locks[0].label = "shard[0].lock (cache.c:9)";
	locks[1].label = "shard[12].lock (cache.c:9)";
	locks[2].label = "other (cache.c:10)";
	report->locks = locks;
	report->n_locks = 3;
	(void)made(report);
	assert_int_equal(report->n_groups, 2);
	assert_string_equal(report->groups[0].label,
			    "shard[*].lock (cache.c:9)");
	assert_int_equal(report->groups[0].instances, 2);
	assert_int_equal(report->groups[0].acquisitions, 16000);
	assert_int_equal(report->groups[0].wait.total, 2 * locks[0].wait.total);
	assert_int_equal(report->groups[0].blame[0].wait_ns,
			 2 * locks[0].blame[0].wait_ns);
	assert_int_equal(locks[1].group, 0);
	assert_int_equal(locks[2].group, 1);
	report_free(report);
	free(locks);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_screen_names_lock_place_and_cause),
		cmocka_unit_test(no_line_is_wider_than_the_page),
		cmocka_unit_test(
			time_on_others_cpus_is_told_from_too_many_threads),
		cmocka_unit_test(phases_are_shown_when_the_program_tells_them),
		cmocka_unit_test(losses_come_with_a_buffer_that_would_do),
		cmocka_unit_test(only_the_sections_asked_for_are_printed),
		cmocka_unit_test(a_calm_program_is_blamed_for_nothing),
		cmocka_unit_test(the_way_back_from_io_belongs_to_the_io),
		cmocka_unit_test(preemption_alone_is_no_io),
		cmocka_unit_test(off_the_critical_path_a_lock_costs_nothing),
		cmocka_unit_test(json_has_every_key_of_the_schema),
		cmocka_unit_test(
			only_processes_with_threads_told_of_are_counted),
		cmocka_unit_test(json_sums_what_many_threads_are_blamed_for),
		cmocka_unit_test(
			names_that_are_not_utf_8_still_make_json_and_html),
		cmocka_unit_test(locks_of_one_label_are_summed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
