#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analysis/read.h"
#include "analysis/read_table.h"
#include "tests/scratch.h"
#include "tests/synth.h"

struct seen {
	GArray *events; /* of struct event; borrowed parts are copied */
	GStringChunk *texts;
};

static void see(void *data, const struct event *event)
{
	struct seen *seen = data;
	const struct read_kind *kind = read_kind_of_event(event);
	struct event copy = *event;

	for (const struct read_field *f = kind ? kind->fields : NULL;
	     f && f->type != READ_END; f++) {
		char *at = (char *)&copy + f->offset;
		const char *more = (const char *)&copy + f->more;
		const char **pointer = (const char **)(void *)at;

		if (f->type == READ_TEXT)
			*pointer = g_string_chunk_insert(seen->texts, *pointer);
		else if (f->type == READ_U64S)
			*pointer = g_string_chunk_insert_len(
				seen->texts, *pointer,
				(gssize) * (const uint8_t *)more * 8);
		else if (f->type == READ_BYTES)
			*pointer = g_string_chunk_insert_len(
				seen->texts, *pointer,
				*(const int32_t *)(const void *)more);
	}
	g_array_append_val(seen->events, copy);
}

static struct seen seen_new(void)
{
	return (struct seen){ g_array_new(FALSE, FALSE, sizeof(struct event)),
			      g_string_chunk_new(1024) };
}

static void seen_clear(struct seen *seen)
{
	g_array_free(seen->events, TRUE);
	g_string_chunk_free(seen->texts);
}

static const struct event *seen_at(const struct seen *seen, guint i)
{
	assert_true(i < seen->events->len);
	return &g_array_index(seen->events, struct event, i);
}

/* Reads all of a trace that is whole. */
static struct seen read_whole(const char *dir, struct read_stats *stats)
{
	struct seen seen = seen_new();
	struct err err = { "" };

	if (read_trace(dir, NULL, see, &seen, stats, &err))
		fail_msg("%s", err.text);
	assert_false(stats->truncated);
	assert_int_equal(stats->n_notes, 0);
	return seen;
}

/* Values that differ from field to field and fill their types. */
static void make_field(struct event *event, const struct read_field *f,
		       uint64_t salt)
{
	static const uint64_t numbers[] = { 0xfedcba9876543210, 2, 3 };
	static const uint8_t bytes[] = { 0xde, 0xad, 0xbe, 0xef };
	char *at = (char *)event + f->offset;
	char *more = (char *)event + f->more;
	uint64_t value = 0x8123456789abcdef * (salt + f->offset + 1);
	const void *pointer = numbers;
	int32_t i32;

	switch (f->type) {
	case READ_U8:
		*(uint8_t *)at = (uint8_t)(f->more ? value % f->more : value);
		if (event->type == EVENT_THREAD_OPEN)
			*(uint8_t *)at = 1;
		break;
	case READ_SET8:
		*(uint8_t *)at = f->name ? (uint8_t)value : (uint8_t)f->more;
		break;
	case READ_U32:
	case READ_I32:
		memcpy(at, &value, 4);
		break;
	case READ_NS:
		value %= event->ts_ns;
		memcpy(at, &value, 8);
		break;
	case READ_U64:
	case READ_I64:
		memcpy(at, &value, 8);
		break;
	case READ_SET32:
		i32 = (int16_t)f->more;
		memcpy(at, &i32, sizeof(i32));
		break;
	case READ_TEXT:
		pointer = "some text";
		memcpy(at, &pointer, sizeof(pointer));
		break;
	case READ_U64S:
		memcpy(at, &pointer, sizeof(pointer));
		*(uint8_t *)more = 3;
		break;
	case READ_BYTES:
		pointer = bytes;
		memcpy(at, &pointer, sizeof(pointer));
		memcpy(more, &(uint32_t){ 4 }, 4);
		break;
	case READ_U32S:
		for (uint32_t i = 0; i < f->more; i++)
			((uint32_t *)(void *)at)[i] = 0x80000000 + i;
		break;
	default:
		break;
	}
}

static void assert_field(const struct event *a, const struct event *b,
			 const struct read_field *f)
{
	static const size_t bytes[] = {
		[READ_U8] = 1,	 [READ_U32] = 4,  [READ_U64] = 8,
		[READ_NS] = 8,	 [READ_I32] = 4,  [READ_I64] = 8,
		[READ_SET8] = 1, [READ_SET32] = 4
	};
	const char *of_a = (const char *)a + f->offset;
	const char *of_b = (const char *)b + f->offset;

	if (f->type == READ_TEXT) {
		assert_string_equal(*(const char *const *)of_a,
				    *(const char *const *)of_b);
	} else if (f->type == READ_U64S || f->type == READ_BYTES) {
		size_t n = (size_t)((const char *)a)[f->more];

		assert_int_equal(n, ((const char *)b)[f->more]);
		if (n) /* what leads to nothing need not be the same */
			assert_memory_equal(*(const char *const *)of_a,
					    *(const char *const *)of_b,
					    f->type == READ_U64S ? 8 * n : n);
	} else if (f->type == READ_U32S) {
		assert_memory_equal(of_a, of_b, 4 * (size_t)f->more);
	} else if (f->type == READ_NOW) {
		assert_memory_equal(of_b, &b->ts_ns, 8);
	} else {
		assert_memory_equal(of_a, of_b, bytes[f->type]);
	}
}

static struct event make_event(const struct read_kind *kind, uint64_t ts_ns)
{
	struct event event = { .ts_ns = ts_ns, .pid = 40, .tid = 41 };

	event.type = (enum event_type)kind->type;
	for (const struct read_field *f = kind->fields; f->type != READ_END;
	     f++)
		make_field(&event, f, ts_ns);
	/* The same fact in two places. */
	for (const struct read_field *f = kind->fields; f->type != READ_END;
	     f++)
		if (f->name && f[1].name && !strcmp(f->name, f[1].name))
			memcpy((char *)&event + f[1].offset,
			       (char *)&event + f->offset, 8);
	return event;
}

static void every_known_event_is_read_as_it_was_written(void **state)
{
	const char *dir = scratch_path(*state, "trace");
	struct synth *synth = synth_new(dir);
	GArray *truth = g_array_new(FALSE, FALSE, sizeof(struct event));
	struct read_stats stats;
	struct seen seen;

	for (const struct read_kind *kind = read_kinds; kind->name; kind++) {
		struct event event = make_event(kind, 1000 + truth->len);

		if (kind->type == EVENT_NONE || kind->type >= EVENT_NTYPES)
			continue;
		g_array_append_val(truth, event);
		synth_event(synth, &event);
	}
	synth_write(synth);
	seen = read_whole(dir, &stats);
	assert_int_equal(seen.events->len, truth->len);
	assert_int_equal(stats.events, truth->len);
	for (guint i = 0; i < truth->len; i++) {
		const struct event *was =
			&g_array_index(truth, struct event, i);
		const struct event *is = seen_at(&seen, i);
		const struct read_kind *kind = read_kind_of_event(was);

		assert_int_equal(is->type, was->type);
		assert_int_equal(is->ts_ns, was->ts_ns);
		if (kind->source != SOURCE_SCHED) {
			assert_int_equal(is->pid, 40);
			assert_int_equal(is->tid, 41);
		}
		for (const struct read_field *f = kind->fields;
		     f->type != READ_END; f++)
			assert_field(was, is, f);
	}
	g_array_free(truth, TRUE);
	seen_clear(&seen);
	read_stats_clear(&stats);
}

static void events_of_all_parts_come_in_one_order_of_time(void **state)
{
	const char *dir = scratch_path(*state, "trace");
	struct synth *synth = synth_new(dir);
	struct read_stats stats;
	struct seen seen;

	synth_packet_events(synth, 7);
	for (uint64_t i = 0; i < 5003; i++) { /* times jump about */
		uint64_t ts_ns = 10000 + i * 3571 % 5003;

		if (i % 3 == 0)
			synth_switch(synth, ts_ns, (int32_t)(i % 4), 1, 0, 2);
		else if (i % 3 == 1)
			synth_lock_held(synth, ts_ns, 1, 2, 0xa, 0, 1, 2);
		else
			synth_lock_stats(synth, ts_ns, 1, 2, 0xa, 1, 0, 1, 0);
	}
	synth_write(synth);
	seen = read_whole(dir, &stats);
	assert_int_equal(seen.events->len, 5003);
	for (guint i = 0; i < seen.events->len; i++)
		assert_int_equal(seen_at(&seen, i)->ts_ns, 10000 + i);
	assert_int_equal(stats.begin_ns, 10000);
	assert_int_equal(stats.end_ns, 15002);
	assert_int_equal(stats.late, 0);
	assert_int_equal(stats.n_streams, 6);
	assert_int_equal(stats.traces[SOURCE_SCHED], 1);
	seen_clear(&seen);
	read_stats_clear(&stats);
}

static void discarded_events_are_counted_and_told(void **state)
{
	const char *dir = scratch_path(*state, "trace");
	struct synth *synth = synth_new(dir);
	struct read_stats stats;
	const struct event *gap;
	struct seen seen;

	synth_lock_held(synth, 100, 1, 2, 0xa, 0, 1, 2);
	synth_discarded(synth, SOURCE_UST, 0, 200, 300, 17);
	synth_lock_held(synth, 250, 1, 2, 0xa, 0, 1, 2);
	synth_lock_held(synth, 400, 1, 2, 0xa, 0, 1, 2);
	synth_switch(synth, 150, 0, 1, 0, 2);
	synth_write(synth);
	seen = read_whole(dir, &stats);
	assert_int_equal(stats.events, 4);
	assert_int_equal(stats.discarded[SOURCE_UST], 17);
	assert_int_equal(stats.discarded[SOURCE_SCHED], 0);
	assert_int_equal(seen.events->len, 5);
	gap = seen_at(&seen, 2);
	assert_int_equal(gap->type, EVENT_DISCARDED);
	assert_int_equal(gap->ts_ns, 200);
	assert_int_equal(gap->u.discarded.begin_ns, 200);
	assert_int_equal(gap->u.discarded.end_ns, 300);
	assert_int_equal(gap->u.discarded.count, 17);
	assert_int_equal(seen_at(&seen, 3)->ts_ns, 250);
	assert_int_equal(stats.late, 0);
	seen_clear(&seen);
	read_stats_clear(&stats);
}

static void the_waker_is_who_runs_on_that_cpu(void **state)
{
	const char *dir = scratch_path(*state, "trace");
	struct synth *synth = synth_new(dir);
	struct read_stats stats;
	struct seen seen;

	synth_waking(synth, 100, 0, 9, 1);
	synth_switch(synth, 200, 0, 3, 0, 5);
	synth_switch(synth, 201, 1, 4, 1, 6);
	synth_waking(synth, 300, 0, 9, 1);
	synth_waking(synth, 301, 1, 9, 1);
	synth_write(synth);
	seen = read_whole(dir, &stats);
	assert_int_equal(seen_at(&seen, 0)->tid, -1);
	assert_int_equal(seen_at(&seen, 3)->tid, 5);
	assert_int_equal(seen_at(&seen, 4)->tid, 6);
	assert_int_equal(seen_at(&seen, 4)->cpu, 1);
	seen_clear(&seen);
	read_stats_clear(&stats);
}

static void wrapper_event(struct synth *synth, int type, uint64_t ts_ns,
			  int32_t tid, int32_t status)
{
	struct event event = { .ts_ns = ts_ns, .pid = 1, .tid = tid };

	event.type = (enum event_type)type;
	event.u.lock.address = 0xa0;
	event.u.lock.result = status;
	synth_event(synth, &event);
}

static void assert_held(const struct event *event, int32_t tid,
			uint64_t wait_begin_ns, uint64_t begin_ns,
			uint64_t end_ns)
{
	assert_int_equal(event->type, EVENT_LOCK_HELD);
	assert_int_equal(event->tid, tid);
	assert_int_equal(event->u.lock.address, 0xa0);
	assert_int_equal(event->u.lock.wait_begin_ns, wait_begin_ns);
	assert_int_equal(event->u.lock.begin_ns, begin_ns);
	assert_int_equal(event->u.lock.end_ns, end_ns);
	assert_int_equal(event->u.lock.weight, 1);
}

/* Takes the starts of threads and processes out; returns how many. */
static unsigned int take_starts(struct seen *seen)
{
	unsigned int n = 0;

	for (guint i = seen->events->len; i-- > 0;) {
		enum event_type type = seen_at(seen, i)->type;

		if (type != EVENT_PROCESS_START && type != EVENT_THREAD_START)
			continue;
		g_array_remove_index(seen->events, i);
		n++;
	}
	return n;
}

static void the_wrapper_of_lttng_tells_sections_and_waits(void **state)
{
	const char *dir = scratch_path(*state, "trace");
	struct synth *synth = synth_new(dir);
	const struct event *event;
	struct read_stats stats;
	struct seen seen = seen_new();

	wrapper_event(synth, READ_MUTEX_REQUEST, 100, 2, 0);
	wrapper_event(synth, READ_MUTEX_ACQUIRED, 110, 2, 0);
	wrapper_event(synth, READ_MUTEX_TRIED, 120, 4, 16);
	wrapper_event(synth, READ_MUTEX_REQUEST, 150, 3, 0);
	/* 2 released at about 200, and tells it late. */
	wrapper_event(synth, READ_MUTEX_ACQUIRED, 201, 3, 0);
	wrapper_event(synth, READ_MUTEX_RELEASED, 203, 2, 0);
	wrapper_event(synth, READ_MUTEX_TRIED, 250, 3, 0); /* recursive */
	wrapper_event(synth, READ_MUTEX_RELEASED, 260, 3, 0);
	wrapper_event(synth, READ_MUTEX_RELEASED, 300, 3, 0);
	/* Open at the end: 5 holds, 6 waits. */
	wrapper_event(synth, READ_MUTEX_REQUEST, 400, 5, 0);
	wrapper_event(synth, READ_MUTEX_ACQUIRED, 410, 5, 0);
	wrapper_event(synth, READ_MUTEX_REQUEST, 420, 6, 0);
	wrapper_event(synth, READ_MUTEX_RELEASED, 430, 9, 0); /* never held */
	synth_write(synth);
	assert_int_equal(read_trace(dir, NULL, see, &seen, &stats, NULL), 0);
	assert_false(stats.truncated);
	assert_int_equal(stats.n_notes, 1);
	assert_non_null(strstr(stats.notes[0], "pthread wrapper"));
	assert_int_equal(seen.events->len, 14);
	assert_int_equal(take_starts(&seen), 7);
	event = seen_at(&seen, 0);
	assert_int_equal(event->type, EVENT_LOCK_FAILED);
	assert_int_equal(event->u.lock.result, 16);
	assert_int_equal(event->u.lock.flags, LOCK_TRY);
	event = seen_at(&seen, 1);
	assert_int_equal(event->type, EVENT_LOCK_WAIT);
	assert_int_equal(event->tid, 3);
	assert_int_equal(event->u.lock.owner, 2);
	assert_held(seen_at(&seen, 2), 2, 0, 110, 201);
	assert_held(seen_at(&seen, 3), 3, 150, 201, 300);
	event = seen_at(&seen, 4);
	assert_int_equal(event->type, EVENT_LOCK_WAIT);
	assert_int_equal(event->tid, 6);
	event = seen_at(&seen, 5);
	assert_int_equal(event->type, EVENT_LOCK_OPEN);
	assert_int_equal(event->tid, 5);
	assert_int_equal(event->u.lock.begin_ns, 410);
	event = seen_at(&seen, 6);
	assert_int_equal(event->type, EVENT_THREAD_OPEN);
	assert_int_equal(event->u.open.owner, 5);
	assert_int_equal(event->u.open.since_ns, 420);
	seen_clear(&seen);
	read_stats_clear(&stats);
}

static void assert_refused(const char *dir, const char *why)
{
	struct seen seen = seen_new();
	struct read_stats stats;
	struct err err = { "" };

	assert_int_equal(read_trace(dir, NULL, see, &seen, &stats, &err), -1);
	assert_non_null(strstr(err.text, why));
	assert_null(strchr(err.text, '\n'));
	assert_int_equal(seen.events->len, 0);
	seen_clear(&seen);
	read_stats_clear(&stats);
}

static void what_is_no_trace_is_refused_in_one_line(void **state)
{
	const char *dir = scratch_path(*state, "nothing");

	assert_refused(dir, "No such file");
	assert_int_equal(g_mkdir_with_parents(dir, 0755), 0);
	assert_refused(dir, "is not a trace");
	g_file_set_contents(scratch_path(*state, "nothing/metadata"), "hello\n",
			    -1, NULL);
	assert_refused(dir, "nothing");
	assert_refused(scratch_path(*state, "nothing/metadata"),
		       "is not a trace directory");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(every_known_event_is_read_as_it_was_written),
		scratch_test(events_of_all_parts_come_in_one_order_of_time),
		scratch_test(discarded_events_are_counted_and_told),
		scratch_test(the_waker_is_who_runs_on_that_cpu),
		scratch_test(the_wrapper_of_lttng_tells_sections_and_waits),
		scratch_test(what_is_no_trace_is_refused_in_one_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
