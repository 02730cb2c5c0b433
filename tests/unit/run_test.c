#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "tests/feed.h"

#define L 0xA

static void phase(struct model *m, uint64_t ts, const char *name)
{
	struct event e = {
		.ts_ns = ts, .type = EVENT_PHASE, .pid = FEED_PID, .tid = 11
	};

	e.u.mark.name = name;
	model_event(m, &e);
}

static void phases_split_what_threads_did(void **state)
{
	struct model *m = feed_new(2);
	struct report *r;

	(void)state;
	feed_start(m, 0, 11);
	feed_start(m, 0, 12);
	phase(m, 100, "load");
	feed_io(m, 250, 12, EVENT_IO_BEGIN, IO_READ, 0x53, 250);
	phase(m, 300, "work");
	feed_io(m, 350, 12, EVENT_IO_END, IO_READ, 0x53, 250);
	feed_exit(m, 500, 12);
	feed_exit(m, 600, 11);
	r = feed_report(m);
	assert_int_equal(r->n_phases, 2);
	assert_string_equal(r->phases[0].name, "load");
	assert_int_equal(r->phases[0].end_ns, 300);
	assert_int_equal(r->phases[0].state_ns[STATE_RUNNING], 200 + 150);
	assert_int_equal(r->phases[0].state_ns[STATE_IO], 50);
	assert_int_equal(r->phases[1].state_ns[STATE_IO], 50);
	assert_int_equal(r->phases[1].state_ns[STATE_RUNNING], 300 + 150);
	assert_int_equal(r->phases[1].bound, BOUND_CPU);
	report_free(r);
}

/*
 * Time by threads that want a CPU: none 700-800, one 0-300 and 500-700 (the
 * first half of that preempted) and 800-1000, two 300-500.
 */
static void serial_share_is_the_time_of_one_thread_alone(void **state)
{
	struct model *m = feed_new_from(2, 0);
	struct report *r;

	(void)state;
	feed_switch(m, 0, 0, 0, 0, 11);
	feed_start(m, 0, 11);
	feed_switch(m, 300, 1, 0, 0, 12);
	feed_start(m, 300, 12);
	feed_switch(m, 500, 0, 11, 1, 0);
	feed_switch(m, 500, 1, 12, 0, 99);
	feed_switch(m, 600, 1, 99, 0, 12);
	feed_switch(m, 700, 1, 12, 1, 0);
	feed_waking(m, 800, 0, 0, 11);
	feed_switch(m, 800, 0, 0, 0, 11);
	feed_exit(m, 1000, 11);
	feed_switch(m, 1000, 0, 11, 0x80, 0);
	r = feed_report(m);
	assert_int_equal(r->utilization.demand_ns[0], 100);
	assert_int_equal(r->utilization.demand_ns[1], 700);
	assert_int_equal(r->utilization.demand_ns[2], 200);
	assert_true(r->utilization.serial_share == 700.0 / 900);
	assert_true(r->utilization.parallelism == 1000.0 / 900);
	report_free(r);
}

static void no_thread_that_ran_is_no_serial_share(void **state)
{
	struct model *m = feed_new(1);
	struct report *r = feed_report(m);

	(void)state;
	assert_true(r->utilization.serial_share == 0);
	assert_true(r->utilization.parallelism == 0);
	report_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(phases_split_what_threads_did),
		cmocka_unit_test(serial_share_is_the_time_of_one_thread_alone),
		cmocka_unit_test(no_thread_that_ran_is_no_serial_share),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
