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

static const struct wait_span *span_of(const struct report *r, int32_t tid,
				       enum state state)
{
	const struct thread *t = feed_thread(r, tid);

	for (size_t i = 0; i < t->n_waits; i++)
		if (t->waits[i].state == state)
			return &t->waits[i];
	fail_msg("no such wait of %d", tid);
	return NULL;
}

static void is_ended_by(const struct report *r, enum state state, int32_t by,
			uint64_t ns)
{
	const struct wait_span *w = span_of(r, 12, state);

	assert_int_not_equal(w->waker, -1);
	assert_int_equal(r->threads[w->waker].tid, by);
	assert_int_equal(w->waker_ns, ns);
}

/* Thread 12 waits for a lock, a condition, a semaphore and the end of 11. */
static void waits(struct model *m)
{
	feed_start(m, 1, 10);
	feed_start(m, 2, 11);
	feed_start(m, 3, 12);
	feed_wait(m, 150, 12, L, 0x52);
	feed_held(m, 201, 11, L, 0x51, 0, 100, 200);
	feed_held(m, 301, 12, L, 0x52, 150, 210, 300);
	feed_object(m, 310, 12, EVENT_WAIT_BEGIN, LOCK_CONDITION, 0xC, 310);
	feed_object(m, 400, 10, EVENT_SIGNAL, LOCK_CONDITION, 0xC, 400);
	feed_object(m, 410, 12, EVENT_WAIT_END, LOCK_CONDITION, 0xC, 310);
	feed_object(m, 420, 12, EVENT_WAIT_BEGIN, LOCK_SEMAPHORE, 0xD, 420);
	feed_object(m, 500, 11, EVENT_SIGNAL, LOCK_SEMAPHORE, 0xD, 500);
	feed_object(m, 510, 12, EVENT_WAIT_END, LOCK_SEMAPHORE, 0xD, 420);
	feed_join(m, 520, 12, EVENT_JOIN_BEGIN, 11, 520);
	feed_exit(m, 600, 11);
	feed_join(m, 610, 12, EVENT_JOIN_END, 11, 520);
	feed_exit(m, 700, 12);
}

static void who_ended_a_wait_is_known_without_a_scheduler(void **state)
{
	struct model *m = feed_new_from(2, 1);
	struct report *r;

	(void)state;
	waits(m);
	r = feed_report(m);
	is_ended_by(r, STATE_LOCK, 11, 199);
	is_ended_by(r, STATE_COND, 10, 399);
	is_ended_by(r, STATE_SEMAPHORE, 11, 499);
	is_ended_by(r, STATE_JOIN, 11, 599);
	report_free(r);
}

/* Of a wait that ends by itself nobody did. */
static void nobody_ended_a_sleep(void **state)
{
	struct model *m = feed_new_from(2, 1);
	struct report *r;

	(void)state;
	feed_start(m, 1, 11);
	feed_start(m, 2, 12);
	feed_io(m, 100, 12, EVENT_SLEEP_BEGIN, 0, 0x51, 100);
	feed_object(m, 150, 11, EVENT_SIGNAL, LOCK_CONDITION, 0xC, 150);
	feed_io(m, 200, 12, EVENT_SLEEP_END, 0, 0x51, 100);
	feed_exit(m, 300, 12);
	r = feed_report(m);
	assert_int_equal(span_of(r, 12, STATE_SLEEP)->waker, -1);
	assert_int_equal(span_of(r, 12, STATE_SLEEP)->waker_ns, 0);
	report_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(phases_split_what_threads_did),
		cmocka_unit_test(serial_share_is_the_time_of_one_thread_alone),
		cmocka_unit_test(no_thread_that_ran_is_no_serial_share),
		cmocka_unit_test(who_ended_a_wait_is_known_without_a_scheduler),
		cmocka_unit_test(nobody_ended_a_sleep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
