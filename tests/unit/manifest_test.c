#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib.h>
#include <glib/gstdio.h>
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

static const char counted[] =
	"{\"scheduler\":{\"events\":5},\"board\":{\"events\":2},"
	"\"ust\":{\"streams\":["
	"{\"name\":\"ust/a\",\"bytes\":3,\"packets\":1},"
	"{\"name\":\"ust/b\",\"bytes\":4,\"packets\":1},{},7]}}";

static void clear(struct read_stats *stats)
{
	if (stats->n_notes)
		assert_null(stats->notes[stats->n_notes]);
	g_strfreev(stats->notes);
}

/* What is said of a reading of `scheduler` and `board` events. */
static void check(void *state, uint64_t scheduler, uint64_t board,
		  struct read_stats *stats)
{
	struct read_stream streams[] = {
		{ .source = SOURCE_SCHED, .events = scheduler },
		{ .source = SOURCE_BOARD, .events = board },
		{ .source = SOURCE_UST, .events = 1000 },
	};
	struct manifest m;

	assert_int_equal(read_text(state, counted, &m, NULL), 0);
	stats->streams = streams;
	stats->n_streams = G_N_ELEMENTS(streams);
	manifest_check(&m, scratch_path(state, "."), stats);
	stats->streams = NULL;
	stats->n_streams = 0;
	manifest_clear(&m);
}

static void write_streams(void *state, const char *a, const char *b)
{
	assert_int_equal(g_mkdir_with_parents(scratch_path(state, "ust"), 0700),
			 0);
	assert_true(
		g_file_set_contents(scratch_path(state, "ust/a"), a, -1, NULL));
	assert_true(
		g_file_set_contents(scratch_path(state, "ust/b"), b, -1, NULL));
}

static void what_is_whole_gets_no_note(void **state)
{
	struct read_stats stats = { 0 };

	write_streams(*state, "abc", "abcdefgh");
	check(*state, 5, 3, &stats);
	assert_int_equal(stats.n_notes, 0);
	assert_false(stats.truncated);
}

static void events_that_the_recorder_counted_are_missed(void **state)
{
	struct read_stats stats = { 0 };

	check(*state, 4, 0, &stats);
	assert_true(stats.truncated);
	assert_int_equal(stats.n_notes, 2);
	assert_string_equal(stats.notes[0],
			    "kernel: only 4 of the 5 events that were recorded "
			    "are there");
	assert_string_equal(stats.notes[1],
			    "board: only 0 of the 2 events that were recorded "
			    "are there");
	clear(&stats);
}

static void a_stream_that_is_cut_between_packets_is_short(void **state)
{
	struct read_stats stats = { 0 };

	write_streams(*state, "abc", "abc");
	check(*state, 5, 2, &stats);
	assert_true(stats.truncated);
	assert_int_equal(stats.n_notes, 1);
	assert_string_equal(stats.notes[0],
			    "ust/b: ends after 3 of its 4 bytes");
	clear(&stats);
}

static void a_stream_that_is_gone_is_named(void **state)
{
	struct read_stats stats = { 0 };

	write_streams(*state, "abc", "abcd");
	assert_int_equal(g_unlink(scratch_path(*state, "ust/a")), 0);
	check(*state, 5, 2, &stats);
	assert_int_equal(stats.n_notes, 1);
	assert_string_equal(stats.notes[0], "ust/a: is missing");
	clear(&stats);
}

static void what_the_reader_noted_is_not_noted_again(void **state)
{
	struct read_stats stats = { .notes = g_new0(char *, 3), .n_notes = 2 };

	stats.notes[0] = g_strdup("kernel/a: is cut");
	stats.notes[1] = g_strdup("ust/b: is cut");
	write_streams(*state, "abc", "");
	check(*state, 4, 2, &stats);
	assert_int_equal(stats.n_notes, 2);
	clear(&stats);
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
		scratch_test(what_is_whole_gets_no_note),
		scratch_test(events_that_the_recorder_counted_are_missed),
		scratch_test(a_stream_that_is_cut_between_packets_is_short),
		scratch_test(a_stream_that_is_gone_is_named),
		scratch_test(what_the_reader_noted_is_not_noted_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
