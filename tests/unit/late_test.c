#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "analysis/model_parts.h"
#include "tests/feed.h"

/* Thread 11 makes thread 12, of process `pid`, before anything is told of it.
 */
static void make_thread(struct model *m, int32_t pid)
{
	struct event fork = { .type = EVENT_SCHED_FORK,
			      .pid = FEED_PID,
			      .tid = 11 };

	fork.u.task.tid = 12;
	fork.u.task.pid = pid;
	model_event(m, &fork);
}

/* 12 is on CPU 1 from 100 to 10,000,000 ns, half of the time. */
static void run_and_rest(struct model *m)
{
	for (uint64_t ns = 100; ns < 10000000; ns += 200) {
		feed_switch(m, ns, 1, 0, 0, 12);
		feed_switch(m, ns + 100, 1, 12, 1, 0);
	}
}

/* Its process starts slowly: the scheduler sees it long before it has a word.
 */
static void a_thread_that_is_told_late_keeps_its_time(void **state)
{
	const struct model_options options = { .cpus = 2, .round = 64 };
	struct model *m = model_new(&options);
	struct report *r;

	(void)state;
	feed_start(m, 0, 11);
	make_thread(m, FEED_PID);
	feed_switch(m, 10, 1, 0, 0, 12);
	for (uint64_t ns = 100; ns < 90000; ns += 100)
		feed_switch(m, ns, 0, ns / 100 % 2 ? 0 : 11, 1,
			    ns / 100 % 2 ? 11 : 0);
	feed_start(m, 90000, 12);
	feed_switch(m, 95000, 1, 12, 1, 0);
	feed_switch(m, 96000, 1, 0, 0, 12);
	feed_exit(m, 100000, 12);
	feed_exit(m, 100000, 11);
	r = feed_report(m); /* the sums agree */
	assert_true(feed_thread(r, 12)->state_ns[STATE_RUNNING] > 90000);
	report_free(r);
}

/* So busy before its first word that some of that had to be settled. */
static void a_thread_that_is_told_very_late_is_in_all_sums(void **state)
{
	struct model *m = feed_new_from(2, 0);
	struct report *r;

	(void)state;
	feed_start(m, 0, 11);
	make_thread(m, FEED_PID);
	run_and_rest(m);
	feed_switch(m, 10000100, 1, 0, 0, 12);
	feed_start(m, 10000200, 12);
	feed_exit(m, 20000000, 12);
	feed_exit(m, 20000000, 11);
	r = feed_report(m);
	assert_true(feed_thread(r, 12)->state_ns[STATE_RUNNING] > 9000000);
	report_free(r);
}

/* Its events never come: what tells of it first is the board. */
static void a_thread_that_its_board_tells_late_is_in_all_sums(void **state)
{
	struct model *m = feed_new_from(2, 0);
	struct event stats = { .type = EVENT_LOCK_STATS,
			       .ts_ns = 10000200,
			       .pid = 12,
			       .tid = 12 };
	struct event board = { .type = EVENT_BOARD_THREAD,
			       .ts_ns = 10000300,
			       .pid = 12,
			       .tid = 12 };
	struct report *r;
	uint64_t running;

	(void)state;
	feed_start(m, 0, 11);
	make_thread(m, 12);
	run_and_rest(m);
	feed_switch(m, 10000100, 1, 0, 0, 12);
	stats.u.stats.address = 0x1000;
	stats.u.stats.acquisitions = 1;
	model_event(m, &stats);
	board.u.thread.begin_ns = 100;
	model_event(m, &board); /* half of the time since then it slept */
	feed_switch(m, 19000000, 1, 12, 1, 0);
	feed_exit(m, 20000000, 11);
	r = feed_report(m);
	running = feed_thread(r, 12)->state_ns[STATE_RUNNING];
	assert_true(running > 8000000 && running < 14500000);
	assert_int_equal(running, r->utilization.cpu_busy_ns[1]);
	report_free(r);
}

/* A static program: the scheduler alone tells of it, and of its threads. */
static void a_program_outside_is_told_by_the_scheduler(void **state)
{
	struct model *m = model_new(&(struct model_options){
		.cpus = 2, .bins = 64, .outside_pid = 11 });
	struct event fork = {
		.type = EVENT_SCHED_FORK, .ts_ns = 300, .pid = 11, .tid = 11
	};
	struct report *r;

	(void)state;
	feed_switch(m, 100, 0, 0, 0, 11);
	fork.u.task.tid = 12;
	fork.u.task.pid = 11;
	model_event(m, &fork);
	feed_switch(m, 300, 1, 0, 0, 12);
	feed_switch(m, 1300, 1, 12, 1, 0);
	feed_switch(m, 2100, 0, 11, 1, 0);
	r = feed_report(m);
	assert_int_equal(feed_thread(r, 11)->state_ns[STATE_RUNNING], 2000);
	assert_int_equal(feed_thread(r, 12)->state_ns[STATE_RUNNING], 1000);
	assert_int_equal(r->utilization.cpu_busy_ns[0], 2000);
	assert_int_equal(r->utilization.cpu_busy_ns[1], 1000);
	assert_int_equal(r->n_processes, 1);
	assert_false(r->processes[0].recorded);
	report_free(r);
}

/* The program's own start takes so long that some of it had to be settled. */
static void what_came_before_the_first_word_is_forgotten(void **state)
{
	struct model *m = feed_new_from(2, 0);
	struct event start = { .type = EVENT_PROCESS_START,
			       .ts_ns = 10000200,
			       .pid = FEED_PID,
			       .tid = 12 };
	struct report *r;

	(void)state;
	model_thread_new(m, FEED_PID, 11, 0)->child = true;
	make_thread(m, FEED_PID);
	for (uint64_t ns = 100; ns < 10000000; ns += 200) {
		feed_switch(m, ns, 1, 0, 0, 12);
		feed_switch(m, ns + 100, 1, 12, 1, 0);
		feed_switch(m, ns, 0, 0, 0, 11);
		feed_switch(m, ns + 100, 0, 11, 1, 0);
	}
	feed_switch(m, 10000100, 1, 0, 0, 12);
	start.u.process.executable = "program";
	start.u.process.begin_ns = 10000150;
	model_event(m, &start);
	feed_exit(m, 20000000, 12);
	r = feed_report(m);
	assert_int_equal(r->run.duration_ns, 20000000 - 10000200);
	report_free(r);
}

/* The recorder looks at the boards while LTTng takes the new program in. */
static void a_thread_that_becomes_another_program_is_one(void **state)
{
	struct model *m = feed_new(1);
	struct event e = { .type = EVENT_PROCESS_END,
			   .ts_ns = 100,
			   .pid = FEED_PID,
			   .tid = FEED_PID };
	struct report *r;

	(void)state;
	feed_process(m, 0, FEED_PID, EVENT_PROCESS_START, 0);
	e.u.process.how = END_EXEC;
	model_event(m, &e);
	e = (struct event){ .type = EVENT_BOARD_THREAD,
			    .ts_ns = 200,
			    .pid = FEED_PID,
			    .tid = FEED_PID };
	e.u.thread.how = END_EXEC;
	e.u.thread.end_ns = 200;
	model_event(m, &e);
	feed_switch(m, 250, 0, FEED_PID, 1, 0);
	feed_switch(m, 260, 0, 0, 0, FEED_PID);
	feed_process(m, 300, FEED_PID, EVENT_PROCESS_START, 0);
	feed_start(m, 301, FEED_PID);
	feed_exit(m, 400, FEED_PID);
	r = feed_report(m);
	assert_int_equal(r->n_threads, 1);
	assert_int_equal(r->threads[0].end_ns - r->threads[0].begin_ns, 400);
	report_free(r);
}

/* A process of the recording's own, beside one of the program's. */
static void what_the_tracer_forks_is_no_process_of_the_program(void **state)
{
	struct model *m = feed_new(1);
	struct event fork = { .type = EVENT_SCHED_FORK,
			      .pid = FEED_PID,
			      .tid = FEED_PID };
	struct event exec = { .type = EVENT_SCHED_EXEC,
			      .ts_ns = 100,
			      .tid = FEED_PID };
	struct report *r;

	(void)state;
	feed_process(m, 0, FEED_PID, EVENT_PROCESS_START, 0);
	fork.ts_ns = 50;
	fork.u.task.tid = fork.u.task.pid = 7;
	model_event(m, &fork);
	model_event(m, &exec);
	fork.ts_ns = 150;
	fork.u.task.tid = fork.u.task.pid = 8;
	model_event(m, &fork);
	feed_process(m, 200, FEED_PID, EVENT_PROCESS_START, 0);
	feed_exit(m, 300, FEED_PID);
	r = feed_report(m);
	assert_int_equal(r->n_processes, 2);
	assert_int_equal(r->processes[0].pid + r->processes[1].pid,
			 FEED_PID + 7);
	report_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_thread_that_is_told_late_keeps_its_time),
		cmocka_unit_test(
			a_thread_that_is_told_very_late_is_in_all_sums),
		cmocka_unit_test(
			a_thread_that_its_board_tells_late_is_in_all_sums),
		cmocka_unit_test(a_program_outside_is_told_by_the_scheduler),
		cmocka_unit_test(what_came_before_the_first_word_is_forgotten),
		cmocka_unit_test(a_thread_that_becomes_another_program_is_one),
		cmocka_unit_test(
			what_the_tracer_forks_is_no_process_of_the_program),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
