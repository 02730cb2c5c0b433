#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib.h>
#include <string.h>

#include "analysis/arena.h"
#include "analysis/manifest.h"
#include "tests/scratch.h"

static const char whole[] =
	"{\"schema\":\"holdup-trace/1\",\"holdup\":\"0.1.0\","
	"\"command\":[\"./orders\",\"8\",\"a b\"],\"executable\":\"/bin/orders\","
	"\"host\":\"box\",\"kernel\":\"6.1\",\"cpus\":2,"
	"\"start_time\":\"2026-01-02T03:04:05Z\",\"start_ns\":1000,"
	"\"end_ns\":9007199254740993,\"detail\":\"all\",\"budget\":20000,"
	"\"pid\":77,\"ended\":\"signal\",\"exit_status\":137,\"signal\":9,"
	"\"not_entered\":null,\"outlived\":1,"
	"\"times\":{\"wall_ns\":5,\"user_ns\":6,\"system_ns\":7},"
	"\"scheduler\":{\"source\":\"task\",\"why\":\"no permission\","
	"\"events\":10,\"lost\":3},\"ust\":{\"discarded\":4},"
	"\"baseline\":{\"runs\":[{\"wall_ns\":11},{\"wall_ns\":12,"
	"\"voluntary_switches\":13}]},"
	"\"calibration\":{\"event_ns\":66.5,\"pair_ns\":11},"
	"\"notes\":[\"one\",\"two\"]}";

static int read_text(void *state, const char *text, struct manifest *manifest,
		     struct err *err)
{
	assert_true(g_file_set_contents(scratch_path(state, "holdup.json"),
					text, -1, NULL));
	return manifest_read(scratch_path(state, "."), manifest, err);
}

static void all_that_the_recorder_says_is_read(void **state)
{
	struct manifest m;

	assert_int_equal(read_text(*state, whole, &m, NULL), 0);
	assert_true(m.found);
	assert_int_equal(m.argc, 3);
	assert_string_equal(m.argv[2], "a b");
	assert_string_equal(m.host, "box");
	assert_string_equal(m.not_entered, "");
	assert_int_equal(m.end_ns, 9007199254740993);
	assert_int_equal(m.exit_status, 137);
	assert_int_equal(m.signal, 9);
	assert_string_equal(m.scheduler_why, "no permission");
	assert_int_equal(m.event_ns, 66);
	assert_int_equal(m.n_baseline, 2);
	assert_int_equal(m.baseline[1].wall_ns, 12);
	assert_int_equal(m.baseline[1].voluntary_switches, 13);
	assert_int_equal(m.baseline[0].voluntary_switches, 0);
	assert_int_equal(m.n_notes, 2);
	manifest_clear(&m);
}

static void assert_empty(const struct manifest *m)
{
	assert_string_equal(m->host, "");
	assert_string_equal(m->ended, "");
	assert_int_equal(m->argc, 0);
	assert_int_equal(m->exit_status, -1);
	assert_int_equal(m->n_baseline, 0);
}

static void a_directory_without_one_is_no_error(void **state)
{
	struct manifest m;

	assert_int_equal(manifest_read(scratch_path(*state, "none"), &m, NULL),
			 0);
	assert_false(m.found);
	assert_empty(&m);
	manifest_clear(&m);
}

static void what_is_of_another_type_is_as_good_as_missing(void **state)
{
	struct manifest m;

	assert_int_equal(
		read_text(
			*state,
			"{\"command\":7,\"host\":[],\"cpus\":\"two\","
			"\"start_ns\":-5,\"times\":[],\"exit_status\":null,"
			"\"notes\":{},\"baseline\":{\"runs\":{}},\"ended\":1}",
			&m, NULL),
		0);
	assert_true(m.found);
	assert_empty(&m);
	assert_int_equal(m.cpus, 0);
	assert_int_equal(m.start_ns, 0);
	manifest_clear(&m);
}

static void what_is_not_json_is_said_in_one_line(void **state)
{
	static const char *const bad[] = { "",	       "{",
					   "[]",       "7",
					   "{\"a\":}", "{\"host\":\"\xff\"}" };

	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
		struct err err = { "" };
		struct manifest m;

		assert_int_equal(read_text(*state, bad[i], &m, &err), -1);
		assert_true(g_str_has_prefix(err.text, "holdup.json: "));
		assert_null(strchr(err.text, '\n'));
		assert_false(m.found);
		assert_empty(&m);
		manifest_clear(&m);
	}
}

static void the_run_of_a_report_is_what_recorder_and_reader_say(void **state)
{
	char *note = (char[]){ "ust: cut" };
	struct read_stats stats = { .events = 100,
				    .discarded = { 9, 1, 2 },
				    .truncated = true,
				    .n_notes = 1,
				    .notes = &note };
	struct report *report = report_new();
	struct manifest m;

	assert_int_equal(read_text(*state, whole, &m, NULL), 0);
	manifest_fill_run(&m, "some/dir", &stats, report);
	manifest_clear(&m);
	assert_string_equal(report->run.trace, "some/dir");
	assert_string_equal(report->run.command, "./orders 8 'a b'");
	assert_int_equal(report->run.argc, 3);
	assert_int_equal(report->run.cpus, 2);
	assert_string_equal(report->run.ended, "signal");
	assert_int_equal(report->run.exit_status, 137);
	assert_int_equal(report->run.scheduler, SCHED_TASK);
	assert_int_equal(report->run.events, 100);
	assert_int_equal(report->run.events_lost, 11);
	assert_int_equal(report->run.sched_lost, 3);
	assert_true(report->run.truncated);
	assert_int_equal(report->run.n_notes, 3);
	assert_string_equal(report->run.notes[2], "ust: cut");
	report_free(report);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(all_that_the_recorder_says_is_read),
		scratch_test(a_directory_without_one_is_no_error),
		scratch_test(what_is_of_another_type_is_as_good_as_missing),
		scratch_test(what_is_not_json_is_said_in_one_line),
		scratch_test(
			the_run_of_a_report_is_what_recorder_and_reader_say),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
