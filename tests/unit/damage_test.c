#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analysis/read.h"
#include "tests/scratch.h"
#include "tests/synth.h"

#define LOCKS	 5
#define SWITCHES 3
#define COUNTS	 2
#define BEGIN_NS 5000000000u

/* Events whose figures can be told from their time. */
static void write_truth(const char *dir)
{
	struct synth *synth = synth_new(dir);

	synth_packet_events(synth, 2);
	for (uint64_t i = 0; i < LOCKS; i++) {
		uint64_t ts_ns = BEGIN_NS + i * 1000;

		synth_lock_held(synth, ts_ns, 7, 8, ts_ns ^ 0xabc, ts_ns - 30,
				ts_ns - 20, ts_ns - 10);
	}
	for (uint64_t i = 0; i < SWITCHES; i++)
		synth_switch(synth, BEGIN_NS + i * 1000 + 500, 0, (int32_t)i, 0,
			     (int32_t)i + 1);
	for (uint64_t i = 0; i < COUNTS; i++)
		synth_lock_stats(synth, BEGIN_NS + 10 + i, 7, 8, 0xabc, 17 + i,
				 0, 0, 0);
	synth_write(synth);
}

struct seen {
	uint64_t last_ns;
	unsigned int locks, switches, counts, wrong;
	bool backwards;
};

static void see(void *data, const struct event *event)
{
	struct seen *seen = data;
	uint64_t ts_ns = event->ts_ns;

	seen->backwards |= ts_ns < seen->last_ns;
	seen->last_ns = ts_ns;
	if (event->type == EVENT_LOCK_HELD) {
		seen->locks++;
		seen->wrong += event->u.lock.address != (ts_ns ^ 0xabc) ||
			       event->u.lock.end_ns != ts_ns - 10;
	} else if (event->type == EVENT_SWITCH) {
		seen->switches++;
		seen->wrong += event->u.sched.next_tid != event->tid + 1;
	} else if (event->type == EVENT_LOCK_STATS) {
		seen->counts++;
		seen->wrong += event->u.stats.acquisitions !=
			       17 + ts_ns - (BEGIN_NS + 10);
	}
}

/* One reading of what is left; it must end in order, whatever it finds. */
static int read_damaged(const char *dir, struct seen *seen,
			struct read_stats *stats)
{
	struct err err = { "" };
	int result;

	memset(seen, 0, sizeof(*seen));
	result = read_trace(dir, NULL, see, seen, stats, &err);
	assert_false(seen->backwards);
	if (result) {
		assert_true(err.text[0] != '\0');
		assert_null(strchr(err.text, '\n'));
	}
	return result;
}

static char *load(const char *path, gsize *bytes)
{
	char *data = NULL;

	assert_true(g_file_get_contents(path, &data, bytes, NULL));
	return data;
}

/* A stream that is cut between two packets looks whole. */
static bool is_whole_packets(const char *data, gsize bytes, gsize n)
{
	return bytes - n >= 20 && !memcmp(data, data + n, 20);
}

static void put(const char *path, const char *bytes, gsize n)
{
	g_autoptr(GError) error = NULL;

	/* In place: nothing that waits for the disk. */
	if (!g_file_set_contents_full(path, bytes, (gssize)n,
				      G_FILE_SET_CONTENTS_NONE, 0600, &error))
		fail_msg("%s", error->message);
}

/* With CUT_EVERYWHERE in the environment, at every byte: takes minutes. */
static void cut_everywhere(const char *dir, const char *path, size_t step)
{
	struct read_stats stats;
	struct seen seen;
	gsize bytes;
	g_autofree char *whole = load(path, &bytes);

	if (getenv("CUT_EVERYWHERE"))
		step = 1;
	for (gsize n = 1; n < bytes; n += step) {
		put(path, whole, n);
		assert_int_equal(read_damaged(dir, &seen, &stats), 0);
		assert_int_equal(seen.wrong, 0);
		if (seen.locks + seen.switches + seen.counts <
		    LOCKS + SWITCHES + COUNTS)
			assert_true(stats.truncated ||
				    is_whole_packets(whole, bytes, n));
		read_stats_clear(&stats);
	}
	put(path, whole, bytes);
}

static void a_cut_stream_keeps_its_whole_events(void **state)
{
	const char *dir = scratch_path(*state, "trace");

	write_truth(dir);
	cut_everywhere(dir, scratch_path(*state, "trace/ust/stream"), 1);
	cut_everywhere(dir, scratch_path(*state, "trace/kernel/stream"), 1);
	cut_everywhere(dir, scratch_path(*state, "trace/board/stream"), 1);
}

static void cut_metadata_costs_its_own_part_only(void **state)
{
	const char *dir = scratch_path(*state, "trace");

	write_truth(dir);
	cut_everywhere(dir, scratch_path(*state, "trace/ust/metadata"), 97);
	cut_everywhere(dir, scratch_path(*state, "trace/kernel/metadata"), 89);
	cut_everywhere(dir, scratch_path(*state, "trace/board/metadata"), 83);
}

/* The last class of events is not described; the others are. */
static void metadata_is_good_up_to_its_last_whole_description(void **state)
{
	const char *dir = scratch_path(*state, "trace");
	const char *path = scratch_path(*state, "trace/ust/metadata");
	struct read_stats stats;
	struct seen seen;
	gsize bytes;
	g_autofree char *text = NULL, *more = NULL;

	write_truth(dir);
	text = load(path, &bytes);
	more = g_strconcat(text, "event {\n\tname = \"more\";\n\tid =", NULL);
	assert_true(g_file_set_contents(path, more, -1, NULL));
	assert_int_equal(read_damaged(dir, &seen, &stats), 0);
	assert_int_equal(seen.locks, LOCKS);
	assert_int_equal(seen.wrong, 0);
	assert_true(stats.truncated);
	assert_int_equal(stats.n_notes, 1);
	assert_string_equal(stats.notes[0],
			    "ust/metadata: is cut: its last 29 bytes describe "
			    "nothing that is whole");
	read_stats_clear(&stats);
}

/* As LTTng writes it; the packet that is cut is the second of two. */
static char *in_packets(const char *text, gsize bytes, gsize *packed)
{
	GByteArray *all = g_byte_array_new();
	gsize half = bytes / 2;

	for (int i = 0; i < 2; i++) {
		gsize n = i ? bytes - half : half;
		uint32_t head[10] = { 0x75d11d57 };

		head[6] = head[7] = (uint32_t)(37 + n) * 8;
		memcpy((char *)head + 32, "\0\0\0\1\10", 5);
		g_byte_array_append(all, (const uint8_t *)head, 37);
		g_byte_array_append(all, (const uint8_t *)text + (i ? half : 0),
				    (guint)n);
	}
	*packed = all->len;
	return (char *)g_byte_array_free(all, FALSE);
}

/* Babeltrace reads such a file for ever. */
static void packets_of_metadata_that_are_cut_come_to_an_end(void **state)
{
	const char *dir = scratch_path(*state, "trace");
	const char *path = scratch_path(*state, "trace/ust/metadata");
	struct read_stats stats;
	struct seen seen;
	gsize bytes, packed;
	g_autofree char *text = NULL, *packets = NULL;

	write_truth(dir);
	text = load(path, &bytes);
	packets = in_packets(text, bytes, &packed);
	for (gsize n = packed; n > packed - 120; n -= 7) {
		assert_true(
			g_file_set_contents(path, packets, (gssize)n, NULL));
		assert_int_equal(read_damaged(dir, &seen, &stats), 0);
		assert_int_equal(seen.wrong, 0);
		assert_int_equal(seen.switches, SWITCHES);
		assert_int_equal(stats.truncated, n < packed);
		assert_int_equal(seen.locks == LOCKS, n == packed);
		for (size_t i = 0; i < stats.n_notes; i++)
			assert_null(strstr(stats.notes[i], "no end"));
		read_stats_clear(&stats);
	}
}

static void the_last_event_is_lost_with_the_last_byte(void **state)
{
	const char *dir = scratch_path(*state, "trace");
	const char *path = scratch_path(*state, "trace/ust/stream");
	struct read_stats stats;
	struct seen seen;
	gsize bytes;

	write_truth(dir);
	g_free(load(path, &bytes));
	assert_int_equal(truncate(path, (off_t)bytes - 1), 0);
	assert_int_equal(read_damaged(dir, &seen, &stats), 0);
	assert_int_equal(seen.locks, LOCKS - 1);
	assert_int_equal(seen.switches, SWITCHES);
	assert_true(stats.truncated);
	assert_non_null(strstr(stats.notes[0], "ust/stream: is cut"));
	read_stats_clear(&stats);
}

/* No flip may crash, hang or do harm to another part. */
static void flip_everywhere(const char *dir, const char *path, size_t step)
{
	struct read_stats stats;
	struct seen seen;
	gsize bytes;
	g_autofree char *whole = load(path, &bytes);
	bool of_kernel = strstr(path, "kernel") != NULL;

	for (gsize i = 0; i < bytes; i += step) {
		whole[i] = (char)(whole[i] ^ (1 << i % 8));
		put(path, whole, bytes);
		whole[i] = (char)(whole[i] ^ (1 << i % 8));
		if (!read_damaged(dir, &seen, &stats) && of_kernel)
			assert_int_equal(seen.locks, LOCKS);
		else if (!of_kernel)
			assert_int_equal(seen.switches, SWITCHES);
		read_stats_clear(&stats);
	}
	put(path, whole, bytes);
}

static void a_flipped_bit_does_no_more_harm_than_it_must(void **state)
{
	const char *dir = scratch_path(*state, "trace");

	write_truth(dir);
	flip_everywhere(dir, scratch_path(*state, "trace/ust/stream"), 5);
	flip_everywhere(dir, scratch_path(*state, "trace/kernel/stream"), 7);
	flip_everywhere(dir, scratch_path(*state, "trace/board/stream"), 11);
	flip_everywhere(dir, scratch_path(*state, "trace/ust/metadata"), 61);
	flip_everywhere(dir, scratch_path(*state, "trace/kernel/metadata"), 53);
}

static void damage_in_the_middle_is_passed_over(void **state)
{
	const char *dir = scratch_path(*state, "trace");
	const char *path = scratch_path(*state, "trace/ust/stream");
	struct read_stats stats;
	struct seen seen;
	gsize bytes;
	g_autofree char *whole = NULL;

	write_truth(dir);
	whole = load(path, &bytes);
	memset(memmem(whole + 1, bytes - 1, whole, 20), 0x55, 4);
	put(path, whole, bytes);
	assert_int_equal(read_damaged(dir, &seen, &stats), 0);
	assert_int_equal(seen.locks, LOCKS - 2);
	assert_int_equal(seen.wrong, 0);
	assert_int_equal(seen.last_ns, BEGIN_NS + (uint64_t)(LOCKS - 1) * 1000);
	assert_non_null(strstr(stats.notes[0], "were skipped"));
	read_stats_clear(&stats);
}

static void one_part_without_metadata_is_named(void **state)
{
	const char *dir = scratch_path(*state, "trace");
	struct read_stats stats;
	struct seen seen;

	write_truth(dir);
	assert_int_equal(g_remove(scratch_path(*state, "trace/ust/metadata")),
			 0);
	assert_int_equal(read_damaged(dir, &seen, &stats), 0);
	assert_int_equal(seen.switches, SWITCHES);
	assert_int_equal(seen.locks, 0);
	assert_true(stats.truncated);
	assert_string_equal(stats.notes[0],
			    "ust: its metadata is missing, so that its events "
			    "cannot be read");
	read_stats_clear(&stats);
}

/* Babeltrace aborts on this one. */
static void a_part_that_kills_babeltrace_does_not_kill_us(void **state)
{
	const char *dir = scratch_path(*state, "trace");
	const char *path = scratch_path(*state, "trace/ust/metadata");
	struct read_stats stats;
	struct seen seen;
	gsize bytes;
	g_autofree char *text = NULL;

	write_truth(dir);
	text = load(path, &bytes);
	memset(g_strstr_len(text, (gssize)bytes, "tid;"), 'p', 1);
	assert_true(g_file_set_contents(path, text, (gssize)bytes, NULL));
	assert_int_equal(read_damaged(dir, &seen, &stats), 0);
	assert_int_equal(seen.switches, SWITCHES);
	assert_int_equal(seen.locks, 0);
	assert_non_null(strstr(stats.notes[0], "ust: is damaged"));
	read_stats_clear(&stats);
}

/* One that Babeltrace dies of while it decodes, after some that are whole. */
static void write_length_bomb(const char *dir, const char *path)
{
	static const uint64_t stack[] = { 0x1111111111111111 };
	struct synth *synth = synth_new(dir);
	uint32_t length = UINT32_MAX;
	g_autofree char *data = NULL;
	struct event bomb = { .ts_ns = BEGIN_NS + 40000,
			      .type = EVENT_LOCK_WAIT,
			      .pid = 7,
			      .tid = 8 };
	gsize bytes;
	char *at;

	for (uint64_t i = 0; i < 80; i++) {
		uint64_t ts_ns = BEGIN_NS + i * 1000;

		synth_lock_held(synth, ts_ns, 7, 8, ts_ns ^ 0xabc, 0,
				ts_ns - 20, ts_ns - 10);
		synth_switch(synth, ts_ns + 500, 0, (int32_t)i, 0,
			     (int32_t)i + 1);
	}
	bomb.u.lock.stack = stack;
	bomb.u.lock.n_stack = 1;
	synth_event(synth, &bomb);
	synth_write(synth);
	data = load(path, &bytes);
	at = memmem(data, bytes, stack, sizeof(stack));
	memcpy(at - sizeof(uint64_t), &length, sizeof(length));
	assert_true(g_file_set_contents(path, data, (gssize)bytes, NULL));
}

static void what_came_before_a_deadly_event_is_kept(void **state)
{
	const char *dir = scratch_path(*state, "trace");
	struct read_stats stats;
	struct seen seen;

#if defined(__SANITIZE_ADDRESS__)
	skip(); /* takes the memory that is asked for */
#endif
	write_length_bomb(dir, scratch_path(*state, "trace/ust/stream"));
	assert_int_equal(read_damaged(dir, &seen, &stats), 0);
	assert_int_equal(seen.wrong, 0);
	assert_int_equal(seen.switches, 80);
	assert_in_range(seen.locks, 41 - 15, 41);
	assert_true(stats.truncated);
	assert_int_equal(stats.n_notes, 1);
	assert_non_null(strstr(stats.notes[0], "ust/stream: is damaged"));
	read_stats_clear(&stats);
}

static void nothing_is_left_behind(void **state)
{
	const char *dir = scratch_path(*state, "trace");
	const char *path = scratch_path(*state, "trace/ust/stream");
	g_autoptr(GDir) tmp = NULL;
	struct read_stats stats;
	struct seen seen;

	write_truth(dir);
	assert_int_equal(truncate(path, 300), 0);
	assert_int_equal(g_mkdir(scratch_path(*state, "tmp"), 0700), 0);
	setenv("TMPDIR", scratch_path(*state, "tmp"), 1);
	assert_int_equal(read_damaged(dir, &seen, &stats), 0);
	assert_true(stats.truncated);
	read_stats_clear(&stats);
	tmp = g_dir_open(scratch_path(*state, "tmp"), 0, NULL);
	assert_null(g_dir_read_name(tmp));
	unsetenv("TMPDIR");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(a_cut_stream_keeps_its_whole_events),
		scratch_test(cut_metadata_costs_its_own_part_only),
		scratch_test(metadata_is_good_up_to_its_last_whole_description),
		scratch_test(packets_of_metadata_that_are_cut_come_to_an_end),
		scratch_test(the_last_event_is_lost_with_the_last_byte),
		scratch_test(a_flipped_bit_does_no_more_harm_than_it_must),
		scratch_test(damage_in_the_middle_is_passed_over),
		scratch_test(one_part_without_metadata_is_named),
		scratch_test(a_part_that_kills_babeltrace_does_not_kill_us),
		scratch_test(what_came_before_a_deadly_event_is_kept),
		scratch_test(nothing_is_left_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
