/* Traces of LTTng's own kernel tracer, and such as nobody's tracer writes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib.h>
#include <string.h>

#include "analysis/read.h"
#include "tests/raw_ctf.h"
#include "tests/scratch.h"
#include "tests/synth.h"

/* Ids as lttng-modules gives them: some fit a compact header, some do not. */
enum { SWITCH = 2, WAKING = 1179, WAKEUP = 1174, FORK = 1177, TIMER = 5 };

/* clang-format off */
#define INTEGER(bits, sign, name) \
	"  integer { size = " #bits "; align = 8; signed = " #sign "; " \
	"encoding = none; base = 10; } " name ";\n"
#define COMM(name) \
	"  integer { size = 8; align = 8; signed = 0; encoding = UTF8; " \
	"base = 10; } " name "[16];\n"
#define EVENT(name, id, fields) \
	"event {\n name = \"" name "\";\n id = " #id ";\n stream_id = 0;\n" \
	" fields := struct {\n" fields " };\n};\n"
#define TASK \
	COMM("_comm") INTEGER(32, 1, "_tid") INTEGER(32, 1, "_prio") \
	INTEGER(32, 1, "_target_cpu")

static const char events[] =
	EVENT("sched_switch", 2,
	      COMM("_prev_comm")
	      INTEGER(32, 1, "_prev_tid")
	      INTEGER(32, 1, "_prev_prio")
	      INTEGER(64, 1, "_prev_state")
	      COMM("_next_comm")
	      INTEGER(32, 1, "_next_tid")
	      INTEGER(32, 1, "_next_prio"))
	EVENT("sched_waking", 1179, TASK)
	EVENT("sched_wakeup", 1174, TASK)
	EVENT("sched_process_fork", 1177,
	      COMM("_parent_comm")
	      INTEGER(32, 1, "_parent_tid")
	      INTEGER(32, 1, "_parent_pid")
	      INTEGER(32, 0, "_parent_ns_inum")
	      COMM("_child_comm")
	      INTEGER(32, 1, "_child_tid")
	      INTEGER(8, 0, "__vtids_length")
	      INTEGER(32, 1, "_vtids[ __vtids_length ]")
	      INTEGER(32, 1, "_child_pid")
	      INTEGER(32, 0, "_child_ns_inum"))
	EVENT("timer_start", 5, INTEGER(64, 0, "_timer"));

static const char context[] =
	" event.context := struct {\n"
	INTEGER(32, 1, "_tid")
	INTEGER(32, 1, "_vtid")
	INTEGER(32, 1, "_pid")
	"  integer { size = 8; align = 8; signed = 0; encoding = UTF8; } "
	"_procname[17];\n"
	INTEGER(64, 0, "_perf_cpu_cycles")
	" };\n";
/* clang-format on */

static struct raw_ctf *kernel_new(const char *dir, const char *more)
{
	g_autofree char *begin = g_strdup_printf(RAW_CTF_KERNEL, more);
	g_autofree char *metadata = g_strconcat(begin, events, NULL);

	return raw_ctf_new(dir, metadata);
}

static void put_context(struct raw_ctf *raw, uint32_t tid)
{
	raw_ctf_u32(raw, tid);
	raw_ctf_u32(raw, 1); /* in a container it is another one's */
	raw_ctf_u32(raw, 7);
	raw_ctf_name(raw, "orders", 17);
	raw_ctf_u64(raw, 123456789);
}

static void put_switch(struct raw_ctf *raw, uint64_t ts, uint32_t prev,
		       uint64_t state, uint32_t next, bool with_context)
{
	raw_ctf_compact(raw, SWITCH, ts);
	if (with_context)
		put_context(raw, prev);
	raw_ctf_name(raw, "orders", 16);
	raw_ctf_u32(raw, prev);
	raw_ctf_u32(raw, 20);
	raw_ctf_u64(raw, state);
	raw_ctf_name(raw, "swapper/0", 16);
	raw_ctf_u32(raw, next);
	raw_ctf_u32(raw, 20);
}

static void put_wake(struct raw_ctf *raw, uint32_t id, uint64_t ts, uint32_t by,
		     uint32_t tid)
{
	raw_ctf_extended(raw, id, ts);
	put_context(raw, by);
	raw_ctf_name(raw, "orders", 16);
	raw_ctf_u32(raw, tid);
	raw_ctf_u32(raw, 20);
	raw_ctf_u32(raw, 1);
}

struct seen {
	struct event events[64];
	size_t n;
};

static void see(void *data, const struct event *event)
{
	struct seen *seen = data;

	assert_true(seen->n < G_N_ELEMENTS(seen->events));
	if (seen->n)
		assert_true(event->ts_ns >= seen->events[seen->n - 1].ts_ns);
	seen->events[seen->n++] = *event;
}

static int read_it(const char *dir, struct seen *seen, struct read_stats *stats)
{
	struct err err = { "" };
	int result;

	memset(seen, 0, sizeof(*seen));
	result = read_trace(dir, NULL, see, seen, stats, &err);
	if (result) {
		assert_true(err.text[0] != '\0');
		assert_null(strchr(err.text, '\n'));
	}
	return result;
}

/* Beside a trace of the program, whose clock has another offset. */
static void a_kernel_trace_of_lttng_stands_beside_the_program(void **state)
{
	const char *dir = scratch_path(*state, "trace");
	struct synth *synth = synth_new(dir);
	struct raw_ctf *raw;
	struct read_stats stats;
	struct seen seen;

	synth_lock_held(synth, 350, 7, 8, 0xa, 100, 200, 300);
	synth_write(synth);
	raw = kernel_new(scratch_path(*state, "trace/kernel"), context);
	raw_ctf_packet(raw, 1, 100, 900);
	put_switch(raw, 150, 8, 1, 0, true);
	raw_ctf_compact(raw, TIMER, 160);
	put_context(raw, 0);
	raw_ctf_u64(raw, 0xffff);
	put_wake(raw, WAKING, 190, 9, 8);
	put_switch(raw, 360, 0, 0, 8, true);
	raw_ctf_extended(raw, FORK, 400);
	put_context(raw, 8);
	raw_ctf_name(raw, "orders", 16);
	raw_ctf_u32(raw, 8);
	raw_ctf_u32(raw, 7);
	raw_ctf_u32(raw, 1);
	raw_ctf_name(raw, "orders", 16);
	raw_ctf_u32(raw, 55);
	raw_ctf_u8(raw, 1); /* a sequence of one */
	raw_ctf_u32(raw, 55);
	raw_ctf_u32(raw, 7);
	raw_ctf_u32(raw, 1);
	raw_ctf_write(raw, "channel0_1");
	raw_ctf_free(raw);
	assert_int_equal(read_it(dir, &seen, &stats), 0);
	assert_int_equal(stats.n_notes, 0);
	assert_int_equal(stats.unknown, 1);
	assert_int_equal(stats.traces[SOURCE_SCHED], 1);
	assert_int_equal(seen.n, 5);
	assert_int_equal(seen.events[0].type, EVENT_SWITCH);
	assert_int_equal(seen.events[0].ts_ns, 150);
	assert_int_equal(seen.events[0].cpu, 1);
	assert_int_equal(seen.events[0].tid, 8);
	assert_int_equal(seen.events[0].pid, 0);
	assert_int_equal(seen.events[0].u.sched.prev_state, 1);
	assert_int_equal(seen.events[1].type, EVENT_WAKING);
	assert_int_equal(seen.events[1].tid, 9);
	assert_int_equal(seen.events[1].u.task.tid, 8);
	assert_int_equal(seen.events[2].type, EVENT_LOCK_HELD);
	assert_int_equal(seen.events[3].u.sched.next_tid, 8);
	assert_int_equal(seen.events[4].type, EVENT_SCHED_FORK);
	assert_int_equal(seen.events[4].tid, 8);
	assert_int_equal(seen.events[4].u.task.tid, 55);
	assert_int_equal(seen.events[4].u.task.pid, 7);
	read_stats_clear(&stats);
}

/* Kernels before 4.3 tell no sched_waking, and some sessions leave it out. */
static void a_wake_up_is_one_by_its_older_name_too(void **state)
{
	const char *dir = scratch_path(*state, "trace");
	struct raw_ctf *raw = kernel_new(dir, context);
	struct read_stats stats;
	struct seen seen;

	raw_ctf_packet(raw, 0, 100, 900);
	put_wake(raw, WAKEUP, 190, 9, 8);
	raw_ctf_write(raw, "channel0_0");
	raw_ctf_free(raw);
	assert_int_equal(read_it(dir, &seen, &stats), 0);
	assert_int_equal(seen.n, 1);
	assert_int_equal(seen.events[0].type, EVENT_WAKING);
	assert_int_equal(seen.events[0].tid, 9);
	assert_int_equal(seen.events[0].u.task.tid, 8);
	read_stats_clear(&stats);
}

/* Of three times, the one that does not fit between the others gives way. */
static void events_out_of_order_are_put_where_they_may_stand(void **state)
{
	const char *dir = scratch_path(*state, "trace");
	struct raw_ctf *raw = kernel_new(dir, "");
	struct read_stats stats;
	struct seen seen;

	raw_ctf_packet(raw, 0, 100, 10000);
	put_switch(raw, 200, 1, 0, 2, false);
	raw_ctf_packet(raw, 0, 150, 10000);
	put_switch(raw, 190, 2, 0, 3, false);
	put_switch(raw, 300, 3, 0, 4, false);
	raw_ctf_write(raw, "channel0_0");
	raw_ctf_free(raw);
	assert_int_equal(read_it(dir, &seen, &stats), 0);
	assert_int_equal(seen.n, 3);
	assert_true(stats.late > 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(seen.events[i].tid, i + 1);
	assert_true(seen.events[1].ts_ns <= 200);
	assert_int_equal(seen.events[2].ts_ns, 300);
	read_stats_clear(&stats);
}

/* Forwards by years and back: what comes after it stands where it should. */
static void one_jump_of_the_clock_moves_one_event(void **state)
{
	const char *dir = scratch_path(*state, "trace");
	struct raw_ctf *raw = kernel_new(dir, "");
	struct read_stats stats;
	struct seen seen;

	raw_ctf_packet(raw, 0, 100, UINT64_C(1) << 60);
	put_switch(raw, 200, 1, 0, 2, false);
	raw_ctf_extended(raw, TIMER, UINT64_C(1) << 60);
	raw_ctf_u64(raw, 0);
	raw_ctf_extended(raw, TIMER, 300);
	raw_ctf_u64(raw, 0);
	put_switch(raw, 400, 2, 0, 3, false);
	raw_ctf_write(raw, "channel0_0");
	raw_ctf_free(raw);
	assert_int_equal(read_it(dir, &seen, &stats), 0);
	assert_int_equal(seen.n, 2);
	assert_true(stats.late > 0);
	assert_int_equal(seen.events[1].ts_ns, 400);
	read_stats_clear(&stats);
}

/* Without a limit, as under sanitizers, it would take all memory there is. */
static bool is_memory_limited(void)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	return false;
#else
	return true;
#endif
}

static void sizes_beyond_any_memory_are_refused(void **state)
{
	static const char *const bad[] = {
		INTEGER(4294967295, 0, "_n"),
		INTEGER(18446744073709551615, 0, "_n"),
		INTEGER(0, 0, "_n"),
		"  uint32_t _n[4294967295];\n",
		"  uint64_t _n[18446744073709551615];\n",
		"  struct { uint8_t _n[1073741824]; } _s[1073741824];\n",
		INTEGER(64, 0, "_len") "  uint64_t _n[ _len ];\n",
		"  integer { size = 32; align = 4294967296; } _n;\n",
		"  enum : uint32_t { a = 0 ... 18446744073709551615 } _e;\n",
	};

	if (!is_memory_limited())
		skip();
	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autofree char *name = g_strdup_printf("trace%zu", i);
		const char *dir = scratch_path(*state, name);
		g_autofree char *begin = g_strdup_printf(RAW_CTF_KERNEL, "");
		g_autofree char *metadata = g_strdup_printf(
			"%s%sevent {\n name = \"huge\";\n id = 7;\n"
			" stream_id = 0;\n fields := struct {\n%s };\n};\n",
			begin, events, bad[i]);
		struct raw_ctf *raw = raw_ctf_new(dir, metadata);
		struct read_stats stats;
		struct seen seen;

		raw_ctf_packet(raw, 0, 100, 900);
		put_switch(raw, 200, 1, 0, 2, false);
		raw_ctf_compact(raw, 7, 300);
		for (int k = 0; k < 8; k++)
			raw_ctf_u64(raw, UINT64_MAX);
		raw_ctf_write(raw, "channel0_0");
		raw_ctf_free(raw);
		if (!read_it(dir, &seen, &stats))
			assert_true(stats.truncated || stats.unknown);
		read_stats_clear(&stats);
	}
}

static void types_within_types_are_read_or_refused(void **state)
{
	const char *dir = scratch_path(*state, "trace");
	g_autofree char *begin = g_strdup_printf(RAW_CTF_KERNEL, "");
	GString *metadata = g_string_new(begin);
	struct raw_ctf *raw;
	struct read_stats stats;
	struct seen seen;

	g_string_append(metadata, events);
	g_string_append(metadata, "event {\n name = \"deep\";\n id = 7;\n"
				  " stream_id = 0;\n fields := ");
	for (int i = 0; i < 20000; i++)
		g_string_append(metadata, "struct { ");
	for (int i = 0; i < 20000; i++)
		g_string_append(metadata, "} s; ");
	g_string_append(metadata, "\n};\n");
	raw = raw_ctf_new(dir, metadata->str);
	raw_ctf_packet(raw, 0, 100, 900);
	put_switch(raw, 200, 1, 0, 2, false);
	raw_ctf_write(raw, "channel0_0");
	raw_ctf_free(raw);
	if (!read_it(dir, &seen, &stats) && !seen.n)
		assert_true(stats.truncated);
	read_stats_clear(&stats);
	g_string_free(metadata, TRUE);
}

static void files_without_a_byte_are_no_trace(void **state)
{
	const char *dir = scratch_path(*state, "trace");
	struct synth *synth = synth_new(dir);
	struct read_stats stats = { 0 };
	struct seen seen;
	static const char *const files[] = { "ust/stream", "ust/metadata" };

	synth_lock_held(synth, 350, 7, 8, 0xa, 100, 200, 300);
	synth_switch(synth, 150, 0, 8, 1, 9);
	synth_write(synth);
	for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
		g_autofree char *path = g_build_filename(dir, files[i], NULL);

		assert_true(g_file_set_contents(path, "", 0, NULL));
		assert_int_equal(read_it(dir, &seen, &stats), 0);
		assert_int_equal(seen.n, 1);
		read_stats_clear(&stats);
	}
	assert_true(stats.n_notes == 0);
	assert_true(g_file_set_contents(
		scratch_path(*state, "trace/kernel/metadata"), "", 0, NULL));
	assert_int_equal(read_it(dir, &seen, &stats), -1);
	read_stats_clear(&stats);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(a_kernel_trace_of_lttng_stands_beside_the_program),
		scratch_test(a_wake_up_is_one_by_its_older_name_too),
		scratch_test(events_out_of_order_are_put_where_they_may_stand),
		scratch_test(one_jump_of_the_clock_moves_one_event),
		scratch_test(sizes_beyond_any_memory_are_refused),
		scratch_test(types_within_types_are_read_or_refused),
		scratch_test(files_without_a_byte_are_no_trace),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
