/* Our writer of traces, as the reader and a full disk see it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analysis/read.h"
#include "tests/scratch.h"
#include "tracing/recorder/ctf.h"

/* The smallest trace that the reader knows an event of. */
static const struct ctf_shape shape = {
	.env = "\tdomain = \"board\";\n\ttracer_name = \"holdup\";\n",
	.context = "i32 _vpid; i32 _vtid;",
	.events = "event {\n\tname = \"lock_open\";\n\tid = 5;\n"
		  "\tstream_id = 0;\n\tfields := struct { x64 _address; "
		  "x64 _site; u8 _kind; u8 _mode; u64 _begin_ns; };\n};\n",
};

struct seen {
	uint64_t events, discarded, last_ns, sum;
};

static void note(void *data, const struct event *event)
{
	struct seen *seen = data;

	if (event->type == EVENT_DISCARDED) {
		seen->discarded += event->u.discarded.count;
		return;
	}
	assert_int_equal(event->type, EVENT_LOCK_OPEN);
	assert_true(event->ts_ns >= seen->last_ns);
	seen->last_ns = event->ts_ns;
	seen->sum += event->u.lock.address;
	seen->events++;
}

static struct seen read_back(void *state)
{
	struct seen seen = { 0, 0, 0, 0 };
	struct read_stats stats = { 0 };
	struct err err = { "" };

	assert_int_equal(read_trace(scratch_path(state, "t"), NULL, note, &seen,
				    &stats, &err),
			 0);
	assert_false(stats.truncated);
	read_stats_clear(&stats);
	return seen;
}

static struct ctf_trace *make(void *state, struct ctf_stream **stream)
{
	struct err err = { "" };
	struct ctf_trace *trace;

	mkdir(scratch_path(state, "t"), 0700);
	trace = ctf_new(scratch_path(state, "t/board"), &shape, 0, &err);
	assert_non_null(trace);
	*stream = ctf_stream_new(trace, "board", 0, 1000, &err);
	assert_non_null(*stream);
	return trace;
}

static void put(struct ctf_stream *stream, uint64_t ts_ns, uint64_t address)
{
	ctf_event(stream, 5, ts_ns, 34);
	ctf_i32(stream, 1);
	ctf_i32(stream, 1);
	ctf_u64(stream, address);
	ctf_u64(stream, 0);
	ctf_u8(stream, 0);
	ctf_u8(stream, 0);
	ctf_u64(stream, ts_ns);
}

static void all_events_come_back_in_order_over_many_packets(void **state)
{
	struct ctf_stream *stream;
	struct ctf_trace *trace = make(*state, &stream);
	struct seen seen;

	for (uint64_t i = 1; i <= 10007; i++)
		put(stream, 2000 + i, i);
	assert_int_equal(ctf_stream_events(stream), 10007);
	ctf_free(trace);
	seen = read_back(*state);
	assert_int_equal(seen.events, 10007);
	assert_int_equal(seen.sum, 10007ull * 10008 / 2);
	assert_int_equal(seen.last_ns, 12007);
}

static void a_flushed_trace_is_whole_while_it_is_written(void **state)
{
	struct ctf_stream *stream;
	struct ctf_trace *trace = make(*state, &stream);

	assert_int_equal(read_back(*state).events, 0);
	put(stream, 2000, 1);
	ctf_flush(trace);
	put(stream, 3000, 1); /* not yet flushed */
	assert_int_equal(read_back(*state).events, 1);
	ctf_free(trace);
	assert_int_equal(read_back(*state).events, 2);
}

static void a_time_that_runs_back_is_held(void **state)
{
	struct ctf_stream *stream;
	struct ctf_trace *trace = make(*state, &stream);

	put(stream, 3000, 1);
	put(stream, 2000, 1);
	ctf_free(trace);
	assert_int_equal(read_back(*state).last_ns, 3000);
}

static void losses_are_told_even_at_the_very_end(void **state)
{
	struct ctf_stream *stream;
	struct ctf_trace *trace = make(*state, &stream);
	struct seen seen;

	put(stream, 2000, 1);
	ctf_flush(trace);
	ctf_lost(stream, 13);
	ctf_free(trace);
	seen = read_back(*state);
	assert_int_equal(seen.events, 1);
	assert_int_equal(seen.discarded, 13);
}

/* A limit on the size of files stands for the disk. */
static void allow_bytes(rlim_t bytes)
{
	struct rlimit limit;

	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &limit);
	limit.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void what_a_full_disk_refuses_is_counted_and_leaves_no_half(void **state)
{
	struct ctf_stream *stream;
	struct ctf_trace *trace = make(*state, &stream);
	struct seen seen;

	put(stream, 2000, 1);
	ctf_flush(trace);
	allow_bytes(1000);
	for (int i = 0; i < 100; i++)
		put(stream, 3000, 1);
	ctf_flush(trace);
	allow_bytes(RLIM_INFINITY);
	assert_int_equal(ctf_trouble(trace), EFBIG);
	assert_int_equal(ctf_stream_lost(stream), 100);
	assert_int_equal(read_back(*state).events, 1);
	put(stream, 4000, 1); /* there is room again */
	ctf_free(trace);
	seen = read_back(*state);
	assert_int_equal(seen.events, 2);
	assert_int_equal(seen.discarded, 100);
}

static void the_offset_is_changed_in_place(void **state)
{
	struct ctf_stream *stream;
	struct ctf_trace *trace = make(*state, &stream);
	char text[4096] = "";
	FILE *file;

	ctf_set_offset(trace, 1795169500832027212u);
	ctf_free(trace);
	file = fopen(scratch_path(*state, "t/board/metadata"), "r");
	assert_non_null(file);
	assert_true(fread(text, 1, sizeof(text) - 1, file) > 0);
	fclose(file);
	assert_non_null(strstr(text, " 1795169500832027212;\n};"));
	read_back(*state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(all_events_come_back_in_order_over_many_packets),
		scratch_test(a_flushed_trace_is_whole_while_it_is_written),
		scratch_test(a_time_that_runs_back_is_held),
		scratch_test(losses_are_told_even_at_the_very_end),
		scratch_test(
			what_a_full_disk_refuses_is_counted_and_leaves_no_half),
		scratch_test(the_offset_is_changed_in_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
