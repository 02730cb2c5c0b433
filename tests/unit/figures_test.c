/* Figures of lessons from a report that was written by hand. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "workloads/lesson.h"
#include "workloads/lesson_parts.h"

static const char text[] =
	"{ \"run\": { \"processes\": 2, \"scheduler\": \"system\" },"
	"  \"threads\": ["
	"    { \"name\": \"main\", \"created_by\": 0, \"start_routine\": \"\","
	"      \"begin_ns\": 0, \"end_ns\": 1000,"
	"      \"state_ns\": { \"running\": 100, \"join\": 900 },"
	"      \"switches\": { \"voluntary\": 3, \"involuntary\": 1 } },"
	"    { \"name\": \"pool\", \"created_by\": 7,"
	"      \"start_routine\": \"worker_run\","
	"      \"begin_ns\": 100, \"end_ns\": 500,"
	"      \"state_ns\": { \"running\": 100, \"io\": 300 },"
	"      \"switches\": { \"voluntary\": 10, \"involuntary\": 0 } },"
	"    { \"name\": \"pool\", \"created_by\": 7,"
	"      \"start_routine\": \"worker_run\","
	"      \"begin_ns\": 100, \"end_ns\": 700,"
	"      \"state_ns\": { \"running\": 300, \"preempted\": 150,"
	"                      \"woken\": 50, \"sleep\": 100 },"
	"      \"switches\": { \"voluntary\": 5, \"involuntary\": 20 } } ],"
	"  \"utilization\": { \"cpu_share\": 0.25,"
	"                     \"concurrency_ns\": [ 500, 300, 100 ] },"
	"  \"locks\": ["
	"    { \"label\": \"ledger (a.c:1)\", \"kind\": \"mutex\","
	"      \"acquisitions\": 23, \"contended\": 7, \"held_ns\": 400,"
	"      \"wait_ns\": { \"total\": 2000000000 },"
	"      \"hold_ns\": { \"total\": 500 }, \"queue\": { \"max\": 4 },"
	"      \"hold_breakdown_ns\": { \"running\": 50, \"io\": 300,"
	"         \"preempted\": 40, \"woken\": 10, \"unrecorded\": 100 } },"
	"    { \"label\": \"other\", \"kind\": \"spin\", \"acquisitions\": 5,"
	"      \"hold_ns\": { \"total\": 0 } } ],"
	"  \"io\": [ { \"operation\": \"poll\","
	"              \"wait_ns\": { \"total\": 500000000 } } ],"
	"  \"overhead\": { \"switches_per_s\": 1200,"
	"                  \"thread_creation\": { \"mean_ns\": 7500 } },"
	"  \"lock_order\": [ { \"kind\": \"order\" },"
	"                    { \"kind\": \"inversion\" } ],"
	"  \"deadlocks\": [ { \"cycle\": [ {}, {}, {} ] } ],"
	"  \"what_if\": [ { \"change\": \"no contention on ledger\","
	"                   \"speedup\": 2.5 } ],"
	"  \"findings\": [ { \"kind\": \"io-under-lock\" },"
	"                  { \"kind\": \"convoy\" } ] }";

static json_t *report;
static struct lesson_outcome outcome;

static int set_up(void **state)
{
	json_error_t where;

	(void)state;
	report = json_loads(text, 0, &where);
	assert_non_null(report);
	lesson_outcome_init(&outcome, NULL);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	json_decref(report);
	lesson_outcome_clear(&outcome);
	return 0;
}

static void is(const char *name, double expected)
{
	double value = (double)NAN;

	if (!lesson_report_figure(report, name, &value) ||
	    fabs(value - expected) > 1e-9)
		fail_msg("%s is %g, not %g", name, value, expected);
}

static void shares_are_those_of_created_threads(void **state)
{
	(void)state;
	is("share:io", 0.3);
	is("unhindered:io", 0.375);
	is("share:running", 0.4);
	is("share:ready", 0.2);
	is("share:wants", 0.6);
	is("share:waiting", 0.4);
	is("named:pool/io", 0.3);
	is("named:main/join", 0.9);
}

static void threads_and_switches_are_counted(void **state)
{
	(void)state;
	is("threads:worker_run", 2);
	is("threads:greet", 0);
	is("switches:voluntary", 18);
	is("switches:involuntary", 21);
	is("switches_per_s", 1200);
	is("creation_us", 7.5);
	is("processes", 2);
}

static void running_is_the_mean_while_any_runs(void **state)
{
	(void)state;
	is("running", 500.0 / 400);
	is("idle", 0.75);
}

static void locks_are_found_by_label_or_kind(void **state)
{
	(void)state;
	is("lock_wait:ledger", 2);
	is("lock_acquisitions:ledger", 23);
	is("lock_acquisitions:spin", 5);
	is("lock_contended:mutex", 7);
	is("lock_queue:ledger", 4);
}

static void parts_of_holds_leave_out_what_was_not_recorded(void **state)
{
	(void)state;
	is("hold_io:ledger", 0.775); /* woken from it: in it still */
	is("hold_off:ledger", 0.125);
	is("lock_overlap:ledger", 0.2);
}

static void the_rest_is_counted(void **state)
{
	(void)state;
	is("inversions", 1);
	is("deadlocked", 3);
	is("findings:convoy", 1);
	is("findings:spinning", 0);
	is("predicted:no contention", 2.5);
	is("io_wait:poll", 0.5);
}

static void what_a_report_does_not_tell_is_no_figure(void **state)
{
	double value;

	(void)state;
	assert_false(lesson_report_figure(report, "lock_wait:none", &value));
	assert_false(lesson_report_figure(report, "hold_io:other", &value));
	assert_false(lesson_report_figure(report, "named:nobody/io", &value));
	assert_false(lesson_report_figure(report, "predicted:x", &value));
}

/* Nobody knows then who had a CPU. */
static void without_a_scheduler_cpus_are_no_figure(void **state)
{
	double value;

	(void)state;
	json_object_set_new(json_object_get(report, "run"), "scheduler",
			    json_string("none"));
	assert_false(lesson_report_figure(report, "share:running", &value));
	assert_false(lesson_report_figure(report, "running", &value));
	assert_false(
		lesson_report_figure(report, "switches:voluntary", &value));
	is("share:io", 0.3);
	json_object_set_new(json_object_get(report, "run"), "scheduler",
			    json_string("system"));
}

static double measure(const char *key)
{
	const struct sample *sample =
		g_hash_table_lookup(outcome.measures, key);

	return sample ? sample->values[0] : -1;
}

static void lines_are_numbers_orders_or_text(void **state)
{
	(void)state;
	lesson_keep_line(&outcome, "seconds", "1.5");
	lesson_keep_line(&outcome, "order", "0 1 2 10");
	lesson_keep_line(&outcome, "disorder", "0 2 1");
	lesson_keep_line(&outcome, "database", "sqlite");
	assert_true(measure("seconds") == 1.5);
	assert_true(measure("order.rises") == 1);
	assert_true(measure("disorder.rises") == 0);
	assert_true(measure("database") == -1);
	assert_string_equal(g_hash_table_lookup(outcome.texts, "database"),
			    "sqlite");
}

int main(void)
{
	const struct CMUnitTest all[] = {
		cmocka_unit_test(shares_are_those_of_created_threads),
		cmocka_unit_test(threads_and_switches_are_counted),
		cmocka_unit_test(running_is_the_mean_while_any_runs),
		cmocka_unit_test(locks_are_found_by_label_or_kind),
		cmocka_unit_test(
			parts_of_holds_leave_out_what_was_not_recorded),
		cmocka_unit_test(the_rest_is_counted),
		cmocka_unit_test(what_a_report_does_not_tell_is_no_figure),
		cmocka_unit_test(without_a_scheduler_cpus_are_no_figure),
		cmocka_unit_test(lines_are_numbers_orders_or_text),
	};

	return cmocka_run_group_tests(all, set_up, tear_down);
}
