#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/feed.h"

#define A 0xA
#define B 0xB
#define G 0xD

static void take(struct model *m, uint64_t ts, int32_t tid, uint64_t lock)
{
	feed_held(m, ts, tid, lock, 0x51, 0, ts - 1, ts);
}

static void order(struct model *m, uint64_t ts, int32_t tid, uint64_t first,
		  uint64_t second, uint8_t flags, uint64_t gate)
{
	struct event e = { .ts_ns = ts,
			   .type = EVENT_LOCK_ORDER,
			   .pid = FEED_PID,
			   .tid = tid };

	e.u.order.first = first;
	e.u.order.second = second;
	e.u.order.first_site = 0x51;
	e.u.order.second_site = 0x52;
	e.u.order.flags = flags;
	e.u.order.held = &gate;
	e.u.order.n_held = gate != 0;
	model_event(m, &e);
}

static struct model *begin(void)
{
	struct model *m = feed_new(2);

	feed_start(m, 1, 11);
	feed_start(m, 2, 12);
	take(m, 10, 11, A);
	take(m, 12, 11, B);
	take(m, 14, 11, G);
	return m;
}

static size_t inversions(const struct report *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n_order; i++)
		n += r->order[i].inversion;
	return n;
}

static void opposite_orders_of_two_threads_are_an_inversion(void **state)
{
	struct model *m = begin();
	struct report *r;

	(void)state;
	order(m, 20, 11, A, B, 0, 0);
	order(m, 30, 12, B, A, 0, 0);
	r = feed_report(m);
	assert_int_equal(inversions(r), 1);
	assert_int_equal(r->n_order, 1);
	assert_false(r->order[0].one_thread);
	assert_int_equal(r->order[0].guard, -1);
	assert_int_equal(r->order[0].n_edges, 2);
	report_free(r);
}

static void one_order_is_none(void **state)
{
	struct model *m = begin();
	struct report *r;

	(void)state;
	order(m, 20, 11, A, B, 0, 0);
	order(m, 30, 12, A, B, 0, 0);
	r = feed_report(m);
	assert_int_equal(inversions(r), 0);
	assert_int_equal(r->n_order, 1);
	report_free(r);
}

static void gate_makes_it_harmless(void **state)
{
	struct model *m = begin();
	struct report *r;

	(void)state;
	order(m, 20, 11, A, B, 0, G);
	order(m, 30, 12, B, A, 0, G);
	r = feed_report(m);
	assert_int_equal(inversions(r), 1);
	assert_int_equal(r->locks[r->order[0].guard].address, G);
	report_free(r);
}

static void thread_that_once_left_the_gate_open_does_not(void **state)
{
	struct model *m = begin();
	struct report *r;

	(void)state;
	order(m, 20, 11, A, B, 0, G);
	order(m, 30, 12, B, A, 0, G);
	order(m, 40, 12, B, A, 0, 0);
	r = feed_report(m);
	assert_int_equal(r->order[0].guard, -1);
	report_free(r);
}

static void one_thread_alone_is_told_as_such(void **state)
{
	struct model *m = begin();
	struct report *r;

	(void)state;
	order(m, 20, 11, A, B, 0, 0);
	order(m, 30, 11, B, A, 0, 0);
	r = feed_report(m);
	assert_true(r->order[0].one_thread);
	report_free(r);
}

static void try_waits_for_nobody(void **state)
{
	struct model *m = begin();
	struct report *r;

	(void)state;
	order(m, 20, 11, A, B, 0, 0);
	order(m, 30, 12, B, A, LOCK_TRY, 0);
	r = feed_report(m);
	assert_int_equal(inversions(r), 0);
	report_free(r);
}

static void cycle_of_three_is_found_once(void **state)
{
	struct model *m = begin();
	struct report *r;

	(void)state;
	order(m, 20, 11, A, B, 0, 0);
	order(m, 30, 12, B, G, 0, 0);
	order(m, 40, 11, G, A, 0, 0);
	r = feed_report(m);
	assert_int_equal(inversions(r), 1);
	assert_int_equal(r->order[0].n_locks, 3);
	report_free(r);
}

/* The board's last word: each holds one and waits for the other's. */
static void hang(struct model *m, int32_t tid, uint64_t holds, uint64_t wants,
		 int32_t owner)
{
	struct event e = { .ts_ns = 1000,
			   .type = EVENT_LOCK_OPEN,
			   .pid = FEED_PID,
			   .tid = tid };

	e.u.lock.address = holds;
	e.u.lock.site = 0x51;
	e.u.lock.begin_ns = 100;
	model_event(m, &e);
	e = (struct event){ .ts_ns = 1001,
			    .type = EVENT_THREAD_OPEN,
			    .pid = FEED_PID,
			    .tid = tid };
	e.u.open.in = IN_LOCK;
	e.u.open.object = wants;
	e.u.open.owner = owner;
	e.u.open.site = 0x52;
	e.u.open.since_ns = 200;
	model_event(m, &e);
}

static void waits_for_each_other_are_a_deadlock(void **state)
{
	struct model *m = begin();
	struct report *r;

	(void)state;
	hang(m, 11, A, B, 12);
	hang(m, 12, B, A, 11);
	r = feed_report(m);
	assert_int_equal(r->n_deadlocks, 1);
	assert_int_equal(r->deadlocks[0].n, 2);
	assert_int_equal(r->threads[r->deadlocks[0].cycle[0].thread].tid, 11);
	assert_int_equal(r->locks[r->deadlocks[0].cycle[0].lock].address, B);
	assert_int_equal(r->threads[r->deadlocks[0].cycle[0].owner].tid, 12);
	assert_int_equal(r->n_unfinished, 2);
	assert_int_equal(r->n_open_holds, 2);
	report_free(r);
}

static void wait_for_one_that_runs_is_none(void **state)
{
	struct model *m = begin();
	struct report *r;

	(void)state;
	hang(m, 11, A, B, 12);
	feed_io(m, 2000, 12, EVENT_IO_END, IO_READ, 0x53, 1990);
	r = feed_report(m);
	assert_int_equal(r->n_deadlocks, 0);
	report_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			opposite_orders_of_two_threads_are_an_inversion),
		cmocka_unit_test(one_order_is_none),
		cmocka_unit_test(gate_makes_it_harmless),
		cmocka_unit_test(thread_that_once_left_the_gate_open_does_not),
		cmocka_unit_test(one_thread_alone_is_told_as_such),
		cmocka_unit_test(try_waits_for_nobody),
		cmocka_unit_test(cycle_of_three_is_found_once),
		cmocka_unit_test(waits_for_each_other_are_a_deadlock),
		cmocka_unit_test(wait_for_one_that_runs_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
