#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/feed.h"

static uint64_t path_of(const struct report *r, int32_t tid)
{
	for (size_t i = 0; i < r->path.n_by_thread; i++)
		if (r->threads[r->path.by_thread[i].index].tid == tid)
			return r->path.by_thread[i].ns;
	return 0;
}

/* The process 1 waits from 200 to 600 for the child that `told` names. */
static struct report *waits_for_child(int64_t told, uint64_t child_end)
{
	struct model *m = feed_new(2);
	struct event e = { .ts_ns = 600,
			   .type = EVENT_IO_END,
			   .pid = FEED_PID,
			   .tid = FEED_PID,
			   .cpu = -1 };

	feed_process(m, 0, FEED_PID, EVENT_PROCESS_START, 0);
	feed_process(m, 100, 2, EVENT_PROCESS_FORK, FEED_PID);
	feed_io(m, 200, FEED_PID, EVENT_IO_BEGIN, IO_WAITPID, 0x51, 200);
	feed_process(m, child_end, 2, EVENT_PROCESS_END, FEED_PID);
	e.u.io.op = IO_WAITPID;
	e.u.io.fd = -1;
	e.u.io.fd_kind = FD_NONE;
	e.u.io.begin_ns = 200;
	e.u.io.end_ns = 600;
	e.u.io.bytes = told;
	model_event(m, &e);
	feed_process(m, 700, FEED_PID, EVENT_PROCESS_END, 0);
	return feed_report(m);
}

static void path_goes_through_the_child_that_was_waited_for(void **state)
{
	struct report *r = waits_for_child(2, 590);

	(void)state;
	assert_int_equal(r->path.length_ns, 700);
	assert_int_equal(path_of(r, 2), 490);
	assert_int_equal(path_of(r, FEED_PID), 100 + 10 + 100);
	assert_int_equal(r->path.by_state_ns[STATE_JOIN], 10);
	assert_int_equal(feed_thread(r, FEED_PID)->state_ns[STATE_JOIN], 400);
	for (size_t i = 0; i < r->n_io; i++)
		assert_int_equal(r->io[i].bytes, 0);
	report_free(r);
}

/* It had ended before: what the wait waited for is unknown. */
static void path_skips_a_child_that_had_ended_before(void **state)
{
	struct report *r = waits_for_child(2, 150);

	(void)state;
	assert_int_equal(r->path.length_ns, 700);
	assert_int_equal(path_of(r, FEED_PID), 700);
	report_free(r);
}

static void path_stays_where_the_child_is_unknown(void **state)
{
	struct report *r = waits_for_child(0, 590);

	(void)state;
	assert_int_equal(path_of(r, FEED_PID), 700);
	report_free(r);
	r = waits_for_child(77, 590);
	assert_int_equal(path_of(r, FEED_PID), 700);
	report_free(r);
}

/*
 * As make does: SIGCHLD ends a select. Who sends it is the last thread of the
 * child, one of the tracer's that told nothing.
 */
static struct report *selects_until_child_ends(bool child_ends)
{
	struct model *m = feed_new_from(2, 0);
	struct event e = {
		.ts_ns = 120, .type = EVENT_SCHED_FORK, .tid = 2, .cpu = 1
	};

	feed_switch(m, 0, 0, 0, 0, FEED_PID);
	feed_process(m, 0, FEED_PID, EVENT_PROCESS_START, 0);
	feed_switch(m, 100, 1, 0, 0, 2);
	feed_process(m, 101, 2, EVENT_PROCESS_FORK, FEED_PID);
	e.u.task.tid = 3;
	e.u.task.pid = 2;
	e.u.task.comm = "tracer";
	model_event(m, &e);
	feed_io(m, 200, FEED_PID, EVENT_IO_BEGIN, IO_SELECT, 0x51, 200);
	feed_switch(m, 200, 0, FEED_PID, 1, 0);
	if (child_ends)
		feed_process(m, 550, 2, EVENT_PROCESS_END, FEED_PID);
	feed_switch(m, 560, 1, 2, 0x80, 3);
	feed_waking(m, 570, 1, 3, FEED_PID);
	feed_switch(m, 590, 0, 0, 0, FEED_PID);
	feed_io(m, 600, FEED_PID, EVENT_IO_END, IO_SELECT, 0x51, 200);
	feed_process(m, 700, FEED_PID, EVENT_PROCESS_END, 0);
	return feed_report(m);
}

static void path_goes_through_the_child_whose_end_woke_its_parent(void **state)
{
	struct report *r = selects_until_child_ends(true);

	(void)state;
	assert_int_equal(r->path.length_ns, 700);
	assert_int_equal(path_of(r, 2), 560 - 100);
	assert_int_equal(path_of(r, FEED_PID), 100 + 140);
	report_free(r);
	/* A thread that nobody tells of is not the end of a process. */
	r = selects_until_child_ends(false);
	assert_int_equal(path_of(r, FEED_PID), 700);
	report_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			path_goes_through_the_child_that_was_waited_for),
		cmocka_unit_test(path_skips_a_child_that_had_ended_before),
		cmocka_unit_test(path_stays_where_the_child_is_unknown),
		cmocka_unit_test(
			path_goes_through_the_child_whose_end_woke_its_parent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
