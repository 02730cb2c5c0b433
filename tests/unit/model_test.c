#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "analysis/check.h"
#include "tests/feed.h"

#define L 0xA

/* Threads 11 and 12 without a scheduler: 11 holds [100,200), 12 waits. */
static void wait_is_blamed_on_the_hold_that_covers_it(void **state)
{
	struct model *m = feed_new(2);
	struct report *r;
	const struct lock *l;

	(void)state;
	feed_start(m, 0, 11);
	feed_start(m, 10, 12);
	feed_wait(m, 150, 12, L, 0x52);
	feed_held(m, 205, 11, L, 0x51, 0, 100, 200);
	feed_held(m, 301, 12, L, 0x52, 150, 210, 300);
	feed_exit(m, 400, 11);
	feed_exit(m, 500, 12);
	r = feed_report(m);
	l = feed_lock(r, L);
	assert_int_equal(l->acquisitions, 2);
	assert_int_equal(l->contended, 1);
	assert_int_equal(l->wait.total, 60);
	assert_int_equal(l->hold.total, 190);
	assert_int_equal(feed_blame(r, L, 12, 11), 50);
	assert_int_equal(l->handoff_ns, 10);
	assert_int_equal(l->queue_max, 1);
	assert_int_equal(l->held_ns, 190);
	assert_int_equal(feed_thread(r, 12)->state_ns[STATE_LOCK], 60);
	assert_int_equal(feed_thread(r, 12)->state_ns[STATE_RUNNING], 430);
	assert_int_equal(feed_thread(r, 11)->state_ns[STATE_RUNNING], 400);
	assert_int_equal(r->run.duration_ns, 500);
	report_free(r);
}

static void wait_is_split_over_successive_owners(void **state)
{
	struct model *m = feed_new(2);
	struct report *r;

	(void)state;
	for (int tid = 11; tid <= 13; tid++)
		feed_start(m, 0, tid);
	feed_wait(m, 110, 12, L, 0x51);
	feed_wait(m, 120, 13, L, 0x51);
	feed_held(m, 200, 11, L, 0x51, 0, 100, 200);
	feed_held(m, 260, 12, L, 0x51, 110, 205, 260);
	feed_held(m, 320, 13, L, 0x51, 120, 270, 320);
	r = feed_report(m);
	assert_int_equal(feed_blame(r, L, 12, 11), 90);
	assert_int_equal(feed_blame(r, L, 13, 11), 80);
	assert_int_equal(feed_blame(r, L, 13, 12), 55);
	assert_int_equal(feed_lock(r, L)->handoff_ns, 5 + 15);
	assert_int_equal(feed_lock(r, L)->queue_max, 2);
	report_free(r);
}

/* The hold of 11 is told long after: it still held another lock. */
static void hold_that_is_told_late_is_blamed_all_the_same(void **state)
{
	struct model *m = feed_new(2);
	struct report *r;

	(void)state;
	feed_start(m, 0, 11);
	feed_start(m, 0, 12);
	feed_wait(m, 150, 12, L, 0x51);
	feed_held(m, 300, 12, L, 0x51, 150, 200, 300);
	feed_held(m, 900, 11, L, 0x51, 0, 100, 200);
	feed_held(m, 901, 11, 0xB, 0x51, 0, 50, 900);
	r = feed_report(m);
	assert_int_equal(feed_blame(r, L, 12, 11), 50);
	assert_int_equal(feed_lock(r, L)->handoff_ns, 0);
	report_free(r);
}

static void states_inside_a_wait_are_lock_spinning_and_runnable(void **state)
{
	struct model *m = feed_new_from(1, 0);
	const struct thread *t;
	struct report *r;

	(void)state;
	feed_switch(m, 0, 0, 0, 0, 11);
	feed_start(m, 0, 11);
	feed_wait(m, 100, 11, L, 0x51);
	feed_switch(m, 130, 0, 11, 1, 0);
	feed_waking(m, 200, 0, 0, 11);
	feed_switch(m, 220, 0, 0, 0, 11);
	feed_switch(m, 240, 0, 11, 0, 99);
	feed_switch(m, 270, 0, 99, 0, 11);
	feed_held(m, 400, 11, L, 0x51, 100, 300, 390);
	feed_exit(m, 500, 11);
	feed_switch(m, 510, 0, 11, 0x80, 0);
	r = feed_report(m);
	t = feed_thread(r, 11);
	assert_int_equal(t->state_ns[STATE_RUNNING], 100 + 210);
	assert_int_equal(t->state_ns[STATE_SPINNING], 30 + 20 + 30);
	assert_int_equal(t->state_ns[STATE_LOCK], 70);
	assert_int_equal(t->state_ns[STATE_WOKEN], 20);
	assert_int_equal(t->state_ns[STATE_PREEMPTED], 30);
	assert_int_equal(t->voluntary, 2);
	assert_int_equal(t->involuntary, 1);
	assert_int_equal(r->utilization.cpu_foreign_ns[0], 30);
	assert_int_equal(r->utilization.cpu_idle_ns[0], 90);
	assert_int_equal(feed_lock(r, L)->spin_ns, 80);
	report_free(r);
}

static void hold_is_broken_down_by_what_its_owner_did(void **state)
{
	struct model *m = feed_new_from(1, 0);
	const struct lock *l;
	struct report *r;

	(void)state;
	feed_switch(m, 0, 0, 0, 0, 11);
	feed_start(m, 0, 11);
	feed_io(m, 150, 11, EVENT_IO_BEGIN, IO_FSYNC, 0x53, 150);
	feed_switch(m, 160, 0, 11, 1, 0);
	feed_waking(m, 360, 0, 0, 11);
	feed_switch(m, 370, 0, 0, 0, 11);
	feed_io(m, 380, 11, EVENT_IO_END, IO_FSYNC, 0x53, 150);
	feed_held(m, 500, 11, L, 0x51, 0, 100, 500);
	feed_exit(m, 600, 11);
	r = feed_report(m);
	l = feed_lock(r, L);
	assert_int_equal(l->hold_parts_ns[HOLD_RUNNING], 60 + 130);
	assert_int_equal(l->hold_parts_ns[HOLD_IO], 200);
	assert_int_equal(l->hold_parts_ns[HOLD_WOKEN], 10);
	assert_int_equal(l->hold_parts_ns[HOLD_UNRECORDED], 0);
	assert_int_equal(l->n_held_waits, 1);
	assert_int_equal(l->held_waits[0].state, STATE_IO);
	assert_int_equal(l->held_waits[0].op, IO_FSYNC);
	assert_int_equal(l->held_waits[0].ns, 200);
	assert_int_equal(l->held_waits[0].count, 1);
	assert_int_equal(r->io[0].under_lock_ns, 200);
	assert_int_equal(r->io[0].wait.total, 230);
	report_free(r);
}

static void wait_that_was_given_up_is_a_wait_and_no_acquisition(void **state)
{
	struct model *m = feed_new(1);
	const struct lock *l;
	struct report *r;

	(void)state;
	feed_start(m, 0, 11);
	feed_wait(m, 100, 11, L, 0x51);
	feed_failed(m, 300, 11, L, 100, ETIMEDOUT);
	feed_failed(m, 310, 11, L, 0, EBUSY);
	r = feed_report(m);
	l = feed_lock(r, L);
	assert_int_equal(l->acquisitions, 0);
	assert_int_equal(l->gave_up, 1);
	assert_int_equal(l->wait.total, 200);
	assert_int_equal(l->wait.count, 1);
	assert_int_equal(l->failed[LOCK_ETIMEDOUT], 1);
	assert_int_equal(l->failed[LOCK_EBUSY], 1);
	assert_int_equal(l->handoff_ns, 200);
	report_free(r);
}

static void readers_that_hold_together_share_the_blame(void **state)
{
	struct model *m = feed_new(4);
	const struct lock *l;
	struct report *r;

	(void)state;
	for (int tid = 11; tid <= 14; tid++)
		feed_start(m, 0, tid);
	feed_rw_held(m, 200, 11, L, LOCK_READ, 0, 100, 200);
	feed_rw_held(m, 231, 12, L, LOCK_READ, 0, 120, 231);
	feed_rw_held(m, 300, 13, L, LOCK_WRITE, 110, 240, 300);
	r = feed_report(m);
	l = feed_lock(r, L);
	/* 110..120: 11; 120..200: both; 200..231: 12; then handoff */
	assert_int_equal(feed_blame(r, L, 13, 11), 10 + 40);
	assert_int_equal(feed_blame(r, L, 13, 12), 40 + 31);
	assert_int_equal(l->handoff_ns, 9);
	assert_int_equal(l->read_acquisitions, 2);
	assert_int_equal(l->write_acquisitions, 1);
	assert_int_equal(l->held_ns, 131 + 60);
	report_free(r);
}

static void barrier_waits_are_blamed_on_the_last_arriver(void **state)
{
	struct model *m = feed_new(2);
	struct report *r;

	(void)state;
	for (int tid = 11; tid <= 13; tid++)
		feed_start(m, 0, tid);
	feed_object(m, 100, 11, EVENT_WAIT_BEGIN, LOCK_BARRIER, 0xB, 100);
	feed_object(m, 150, 12, EVENT_WAIT_BEGIN, LOCK_BARRIER, 0xB, 150);
	feed_object(m, 300, 13, EVENT_WAIT_BEGIN, LOCK_BARRIER, 0xB, 300);
	feed_object(m, 301, 13, EVENT_WAIT_END, LOCK_BARRIER, 0xB, 300);
	feed_object(m, 305, 11, EVENT_WAIT_END, LOCK_BARRIER, 0xB, 100);
	feed_object(m, 310, 12, EVENT_WAIT_END, LOCK_BARRIER, 0xB, 150);
	r = feed_report(m);
	assert_int_equal(feed_blame(r, 0xB, 11, 13), 200);
	assert_int_equal(feed_blame(r, 0xB, 12, 13), 150);
	assert_int_equal(feed_lock(r, 0xB)->handoff_ns, 5 + 10 + 1);
	report_free(r);
}

static void board_counts_stand_where_events_told_only_some(void **state)
{
	struct model *m = feed_new(2);
	struct event e = { .ts_ns = 1000,
			   .type = EVENT_LOCK_STATS,
			   .pid = FEED_PID,
			   .tid = 11 };
	const struct lock *l;
	struct report *r;

	(void)state;
	feed_start(m, 0, 11);
	feed_start(m, 0, 12);
	feed_wait(m, 150, 12, L, 0x52);
	feed_held(m, 205, 11, L, 0x51, 0, 100, 200);
	feed_held(m, 301, 12, L, 0x52, 150, 210, 300);
	e.u.stats.address = L;
	e.u.stats.site = 0x51;
	e.u.stats.acquisitions = 23;
	e.u.stats.contended = 0;
	e.u.stats.hold_ns = 500;
	e.u.stats.hold_max_ns = 100;
	model_event(m, &e);
	e.tid = 12;
	e.u.stats.site = 0x52;
	e.u.stats.acquisitions = 7;
	e.u.stats.contended = 2;
	e.u.stats.hold_ns = 100;
	e.u.stats.wait_ns = 120;
	e.u.stats.wait_max_ns = 60;
	model_event(m, &e);
	r = feed_report(m);
	l = feed_lock(r, L);
	assert_int_equal(l->acquisitions, 30);
	assert_int_equal(l->contended, 2);
	assert_true(l->sampled);
	assert_int_equal(l->wait.total, 120);
	assert_int_equal(feed_blame(r, L, 12, 11), 100);
	assert_int_equal(l->handoff_ns, 20);
	assert_int_equal(l->hold.total, 600);
	assert_int_equal(l->hold_parts_ns[HOLD_UNRECORDED], 600 - 190);
	assert_int_equal(l->n_by_thread, 2);
	report_free(r);
}

static void deadlocked_waits_are_unfinished_and_invent_no_time(void **state)
{
	struct model *m = feed_new(2);
	struct report *r;

	(void)state;
	feed_start(m, 0, 11);
	feed_start(m, 0, 12);
	feed_wait(m, 100, 11, L, 0x51);
	feed_wait(m, 120, 12, 0xB, 0x51);
	feed_io(m, 1000, 13, EVENT_IO_END, IO_READ, 0x53, 990);
	r = feed_report(m);
	assert_int_equal(r->n_unfinished, 2);
	assert_int_equal(r->unfinished[0].wait_ns, 900);
	assert_int_equal(r->unfinished[1].wait_ns, 880);
	assert_int_equal(feed_lock(r, L)->wait.count, 0);
	assert_int_equal(feed_thread(r, 11)->state_ns[STATE_LOCK], 900);
	report_free(r);
}

static void time_in_lock_waits_that_no_wait_tells_is_refused(void **state)
{
	struct model *m = feed_new(2);
	struct err err = { "" };
	struct report *r;

	(void)state;
	feed_start(m, 0, 11);
	feed_wait(m, 100, 11, L, 0x51);
	feed_io(m, 1000, 13, EVENT_IO_END, IO_READ, 0x53, 990);
	r = feed_report(m);
	r->unfinished[0].wait_ns--;
	assert_int_equal(report_check(r, &err), -1);
	assert_non_null(strstr(err.text, "in lock waits for 900, of 899"));
	report_free(r);
}

/* The word that ends the wait never comes, but the thread goes on. */
static void
wait_whose_end_was_lost_is_over_when_the_thread_goes_on(void **state)
{
	struct event lost = { .ts_ns = 150,
			      .type = EVENT_DISCARDED,
			      .cpu = -1,
			      .u.discarded = { .source = SOURCE_UST,
					       .count = 1 } };
	struct model *m = feed_new(2);
	struct report *r;

	(void)state;
	feed_start(m, 0, 11);
	feed_wait(m, 100, 11, L, 0x51);
	model_event(m, &lost);
	feed_io(m, 300, 11, EVENT_IO_BEGIN, IO_READ, 0x53, 300);
	feed_io(m, 350, 11, EVENT_IO_END, IO_READ, 0x53, 300);
	feed_exit(m, 1000, 11);
	r = feed_report(m);
	assert_int_equal(feed_thread(r, 11)->state_ns[STATE_LOCK], 200);
	assert_int_equal(feed_thread(r, 11)->state_ns[STATE_IO], 50);
	assert_int_equal(feed_thread(r, 11)->state_ns[STATE_RUNNING], 750);
	report_free(r);
}

static void address_used_again_is_another_lock(void **state)
{
	struct model *m = feed_new(1);
	struct event e = { .type = EVENT_LOCK_INIT,
			   .pid = FEED_PID,
			   .tid = 11 };
	struct report *r;

	(void)state;
	feed_start(m, 0, 11);
	e.u.lock.address = L;
	e.ts_ns = 10;
	model_event(m, &e);
	feed_held(m, 30, 11, L, 0x51, 0, 20, 30);
	e.type = EVENT_LOCK_DESTROY;
	e.ts_ns = 40;
	model_event(m, &e);
	e.type = EVENT_LOCK_INIT;
	e.ts_ns = 50;
	model_event(m, &e);
	feed_held(m, 80, 11, L, 0x51, 0, 60, 80);
	r = feed_report(m);
	assert_int_equal(r->n_locks, 2);
	assert_string_equal(r->locks[0].id, "1:0xa#1");
	assert_string_equal(r->locks[1].id, "1:0xa#0");
	report_free(r);
}

/* Far more than any queue keeps; every third acquisition waits. */
static void many_events_keep_the_sums_exact(void **state)
{
	struct model *m = feed_new(2);
	uint64_t now = 1000, waited = 0, blamed = 0;
	struct report *r;

	(void)state;
	feed_start(m, 0, 11);
	feed_start(m, 0, 12);
	for (int i = 0; i < 30000; i++) {
		uint64_t length = 50 + (uint64_t)(i * 7 % 40);

		if (i % 3 == 0) {
			feed_wait(m, now + 10, 12, L, 0x52);
			feed_held(m, now + length, 11, L, 0x51, 0, now,
				  now + length);
			feed_held(m, now + length + 30, 12, L, 0x52, now + 10,
				  now + length + 5, now + length + 30);
			waited += length - 5;
			blamed += length - 10;
		} else {
			feed_held(m, now + length, 11, L, 0x51, 0, now,
				  now + length);
		}
		now += 200;
	}
	r = feed_report(m);
	assert_int_equal(feed_lock(r, L)->acquisitions, 40000);
	assert_int_equal(feed_lock(r, L)->wait.total, waited);
	assert_int_equal(feed_blame(r, L, 12, 11), blamed);
	assert_int_equal(feed_thread(r, 12)->state_ns[STATE_LOCK], waited);
	assert_int_equal(feed_lock(r, L)->hold_parts_ns[HOLD_UNRECORDED], 0);
	report_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wait_is_blamed_on_the_hold_that_covers_it),
		cmocka_unit_test(wait_is_split_over_successive_owners),
		cmocka_unit_test(hold_that_is_told_late_is_blamed_all_the_same),
		cmocka_unit_test(
			states_inside_a_wait_are_lock_spinning_and_runnable),
		cmocka_unit_test(hold_is_broken_down_by_what_its_owner_did),
		cmocka_unit_test(
			wait_that_was_given_up_is_a_wait_and_no_acquisition),
		cmocka_unit_test(readers_that_hold_together_share_the_blame),
		cmocka_unit_test(barrier_waits_are_blamed_on_the_last_arriver),
		cmocka_unit_test(
			board_counts_stand_where_events_told_only_some),
		cmocka_unit_test(
			deadlocked_waits_are_unfinished_and_invent_no_time),
		cmocka_unit_test(
			time_in_lock_waits_that_no_wait_tells_is_refused),
		cmocka_unit_test(
			wait_whose_end_was_lost_is_over_when_the_thread_goes_on),
		cmocka_unit_test(address_used_again_is_another_lock),
		cmocka_unit_test(many_events_keep_the_sums_exact),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
