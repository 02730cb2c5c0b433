/* What becomes of the wake-ups of conditions, and what findings make of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "analysis/findings.h"
#include "analysis/groups.h"
#include "tests/feed.h"

#define L 0xA

static void cond_event(struct model *m, uint64_t ts, int32_t tid,
		       enum event_type type, uint64_t begin, unsigned more)
{
	struct event e = {
		.ts_ns = ts, .type = type, .pid = FEED_PID, .tid = tid
	};

	e.u.wait.object = 0xC;
	e.u.wait.kind = LOCK_CONDITION;
	e.u.wait.site = 0x52;
	e.u.wait.begin_ns = begin;
	e.u.wait.end_ns = ts;
	if (type == EVENT_WAIT_BEGIN)
		e.u.wait.flags = (uint8_t)more;
	else
		e.u.wait.waiters = more;
	model_event(m, &e);
}

static void
signals_that_nobody_hears_are_counted_and_the_last_is_known(void **state)
{
	struct model *m = feed_new(2);
	const struct lock *l;
	struct report *r;

	(void)state;
	feed_start(m, 0, 11);
	feed_start(m, 0, 12);
	cond_event(m, 100, 12, EVENT_BROADCAST, 100, 0);
	cond_event(m, 200, 11, EVENT_WAIT_BEGIN, 200, LOCK_TIMED);
	cond_event(m, 300, 12, EVENT_SIGNAL, 300, 1);
	cond_event(m, 310, 11, EVENT_WAIT_END, 200, 0);
	/* Told late, since it is said before the call. */
	cond_event(m, 450, 11, EVENT_WAIT_BEGIN, 450, 0);
	cond_event(m, 460, 12, EVENT_SIGNAL, 400, 0);
	feed_io(m, 1000, 13, EVENT_IO_END, IO_READ, 0x53, 990);
	r = feed_report(m);
	l = feed_lock(r, 0xC);
	assert_int_equal(l->signals, 3);
	assert_int_equal(l->unheard, 2);
	assert_int_equal(l->timed, 1);
	assert_int_equal(l->last_signal_ns, 400);
	assert_int_equal(r->threads[l->last_signal_thread].tid, 12);
	assert_true(l->last_unheard);
	assert_int_equal(r->unfinished[0].since_ns, 450);
	report_free(r);
}

/* All are woken for one item; the last one does something of its own first. */
static void waits_again_after_a_broadcast_are_counted(void **state)
{
	struct model *m = feed_new(2);
	uint64_t now = 1000;
	struct report *r;

	(void)state;
	for (int tid = 10; tid <= 14; tid++)
		feed_start(m, 0, tid);
	for (int tid = 11; tid <= 14; tid++)
		cond_event(m, now, tid, EVENT_WAIT_BEGIN, now, 0);
	for (int i = 0; i < 1000; i++) {
		uint64_t begin = i ? now + 30 : now;

		/* The waiters are faster than the word of the waker. */
		now += 10000;
		for (int tid = 11; tid <= 14; tid++) {
			cond_event(m, now + 20, tid, EVENT_WAIT_END, begin, 0);
			cond_event(m, now + 30, tid, EVENT_WAIT_BEGIN, now + 30,
				   tid == 14 ? 0 : LOCK_RELOCK);
		}
		cond_event(m, now + 40, 10, EVENT_BROADCAST, now, 4);
	}
	now += 10000;
	cond_event(m, now, 10, EVENT_SIGNAL, now, 4);
	cond_event(m, now + 20, 11, EVENT_WAIT_END, now - 10000 + 30, 0);
	cond_event(m, now + 25, 11, EVENT_WAIT_BEGIN, now + 25, LOCK_RELOCK);
	cond_event(m, now + 50, 10, EVENT_SIGNAL, now + 50, 4);
	cond_event(m, now + 60, 11, EVENT_WAIT_END, now + 25, 0);
	r = feed_report(m);
	/* What has not ended, and what a signal woke, is none. */
	assert_int_equal(feed_lock(r, 0xC)->waits, 4002);
	assert_int_equal(feed_lock(r, 0xC)->rewaits, 3 * 999 + 1);
	assert_int_equal(feed_lock(r, 0xC)->rewait_ns, 30 * (3 * 999 + 1));
	report_free(r);
}

/* 11 waits from `since` on, 12 signalled at 2 ms; 13 is in what it is in. */
static struct report *hung(uint64_t since, uint32_t waiters, uint8_t flags,
			   bool other_reads)
{
	struct model *m = feed_new(2);
	uint64_t ms = 1000000;
	struct report *r;

	for (int tid = 11; tid <= 13; tid++)
		feed_start(m, 0, tid);
	if (since < 2 * ms)
		cond_event(m, since, 11, EVENT_WAIT_BEGIN, since, flags);
	cond_event(m, 2 * ms, 12, EVENT_SIGNAL, 2 * ms, waiters);
	if (since >= 2 * ms)
		cond_event(m, since, 11, EVENT_WAIT_BEGIN, since, flags);
	feed_exit(m, 3 * ms, 12);
	if (other_reads)
		feed_io(m, 3 * ms, 13, EVENT_IO_BEGIN, IO_READ, 0x53, 3 * ms);
	else
		feed_join(m, 3 * ms, 13, EVENT_JOIN_BEGIN, 11, 3 * ms);
	feed_start(m, 1000 * ms, 14);
	feed_exit(m, 1000 * ms, 14);
	r = feed_report(m);
	r->run.exit_status = 128 + 14;
	for (size_t i = 0; i < r->n_locks; i++)
		r->locks[i].label = r->locks[i].id;
	for (size_t i = 0; i < r->n_sites; i++)
		r->sites[i].text = "somewhere";
	groups_make(r, false);
	findings_make(r);
	return r;
}

static size_t count_lost(struct report *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n_findings; i++)
		n += !strcmp(r->findings[i].kind, "lost-wakeup");
	report_free(r);
	return n;
}

static void
a_wait_that_only_a_past_signal_could_end_is_a_lost_wakeup(void **state)
{
	uint64_t ms = 1000000;

	(void)state;
	assert_int_equal(count_lost(hung(3 * ms, 0, 0, false)), 1);
	/* Its signal was heard by somebody. */
	assert_int_equal(count_lost(hung(3 * ms, 1, 0, false)), 0);
	/* It would have ended by itself. */
	assert_int_equal(count_lost(hung(3 * ms, 0, LOCK_TIMED, false)), 0);
	/* An idle worker: somebody is left who may signal. */
	assert_int_equal(count_lost(hung(3 * ms, 0, 0, true)), 0);
}

/* `rewaits` of 1000 waits after 100 broadcasts. */
static size_t count_storms(uint64_t rewaits)
{
	struct report *r = report_new();
	struct lock lock = { .label = "has_items",
			     .id = "1:0xc#0",
			     .kind = LOCK_CONDITION,
			     .group = 0,
			     .instances = 1,
			     .waits = 1000,
			     .signals = 100,
			     .rewaits = rewaits,
			     .rewait_ns = rewaits * 10000 };
	size_t n = 0;

	r->run.duration_ns = 10000000;
	r->n_locks = 1;
	r->locks = &lock;
	groups_make(r, false);
	findings_make(r);
	for (size_t i = 0; i < r->n_findings; i++)
		n += !strcmp(r->findings[i].kind, "wakeup-storm");
	report_free(r);
	return n;
}

static void broadcasts_in_vain_are_a_storm_and_few_are_not(void **state)
{
	(void)state;
	assert_int_equal(count_storms(900), 1);
	assert_int_equal(count_storms(400), 0);
	assert_int_equal(count_storms(0), 0);
}

/*
 * Thread 0 computes, thread 1 waits for it 80 times, 800 ms in all, on so many
 * conditions made at one place.
 */
static size_t count_slow_sides(unsigned conditions)
{
	struct report *r = report_new();
	struct thread threads[2] = { { .tid = 1, .start_site = -1 },
				     { .tid = 2, .start_site = -1 } };
	struct blame owed[16], answer = { 0, 1, -1, -1, 1000, 80 };
	struct lock locks[17];
	size_t n = 0;

	for (unsigned i = 0; i < 2; i++)
		threads[i].end_ns = 1000000000;
	threads[0].state_ns[STATE_RUNNING] = 950000000;
	for (unsigned i = 0; i < conditions; i++) {
		owed[i] = (struct blame){ .waiter = 1,
					  .owner = 0,
					  .waiter_site = -1,
					  .owner_site = -1,
					  .wait_ns = 800000000 / conditions,
					  .count = 80 / conditions };
		locks[i] = (struct lock){ .label = "room",
					  .id = "1:0xc#0",
					  .kind = LOCK_CONDITION,
					  .group = 0,
					  .instances = 1,
					  .waits = owed[i].count,
					  .wait.total = owed[i].wait_ns,
					  .blame = &owed[i],
					  .n_blame = 1 };
	}
	locks[conditions] = (struct lock){ .label = "items",
					   .id = "1:0xd#0",
					   .kind = LOCK_CONDITION,
					   .group = 1,
					   .instances = 1,
					   .waits = 80,
					   .wait.total = 1000,
					   .blame = &answer,
					   .n_blame = 1 };
	r->run.duration_ns = 1000000000;
	r->n_threads = 2;
	r->threads = threads;
	r->n_locks = conditions + 1;
	r->locks = locks;
	groups_make(r, false);
	findings_make(r);
	for (size_t i = 0; i < r->n_findings; i++)
		n += !strcmp(r->findings[i].kind, "slow-consumer");
	report_free(r);
	return n;
}

static void conditions_of_one_place_are_not_one_queue(void **state)
{
	(void)state;
	assert_int_equal(count_slow_sides(1), 1);
	assert_int_equal(count_slow_sides(8), 0);
}

static void condition_wait_is_blamed_on_who_signalled(void **state)
{
	struct model *m = feed_new(2);
	const struct lock *l;
	struct report *r;

	(void)state;
	feed_start(m, 0, 11);
	feed_start(m, 0, 12);
	feed_object(m, 100, 11, EVENT_WAIT_BEGIN, LOCK_CONDITION, 0xC, 100);
	feed_object(m, 250, 12, EVENT_SIGNAL, LOCK_CONDITION, 0xC, 250);
	feed_object(m, 270, 11, EVENT_WAIT_END, LOCK_CONDITION, 0xC, 100);
	r = feed_report(m);
	l = feed_lock(r, 0xC);
	assert_int_equal(l->waits, 1);
	assert_int_equal(l->signals, 1);
	assert_int_equal(l->wait.total, 170);
	assert_int_equal(feed_blame(r, 0xC, 11, 12), 150);
	assert_int_equal(l->handoff_ns, 20);
	assert_int_equal(feed_thread(r, 11)->state_ns[STATE_COND], 170);
	report_free(r);
}

/* 11 is signalled by 12, which goes on to hold the mutex until 300. */
/*
 * Thread 11 is signalled at 200, finds the mutex taken at 220 and has it at
 * 315. `early`: it was also disturbed at 150, before the signal.
 */
static struct report *signalled_under_its_mutex(bool early, uint64_t told)
{
	struct model *m = feed_new_from(2, 0);
	struct event e = { .ts_ns = 331,
			   .type = EVENT_WAIT_END,
			   .pid = FEED_PID,
			   .tid = 11,
			   .cpu = -1 };

	feed_switch(m, 1, 0, 0, 0, 11);
	feed_switch(m, 2, 1, 0, 0, 12);
	feed_start(m, 3, 11);
	feed_start(m, 4, 12);
	feed_object(m, 100, 11, EVENT_WAIT_BEGIN, LOCK_CONDITION, 0xC, 100);
	feed_switch(m, 110, 0, 11, 1, 0);
	if (early) {
		feed_waking(m, 150, 1, 99, 11);
		feed_switch(m, 150, 0, 0, 0, 11);
		feed_switch(m, 160, 0, 11, 1, 0);
	}
	if (told < 331)
		feed_object(m, told, 12, EVENT_SIGNAL, LOCK_CONDITION, 0xC,
			    200);
	feed_waking(m, 201, 1, 12, 11);
	feed_switch(m, 210, 0, 0, 0, 11);
	feed_switch(m, 220, 0, 11, 1, 0);
	feed_waking(m, 301, 1, 12, 11);
	feed_switch(m, 310, 0, 0, 0, 11);
	feed_held(m, 320, 12, L, 0x51, 0, 150, 300);
	feed_held(m, 330, 11, L, 0x52, 0, 315, 330);
	e.u.wait.object = 0xC;
	e.u.wait.kind = LOCK_CONDITION;
	e.u.wait.mutex = L;
	e.u.wait.site = 0x52;
	e.u.wait.begin_ns = 100;
	e.u.wait.end_ns = 315;
	model_event(m, &e);
	if (told > 331)
		feed_object(m, told, 12, EVENT_SIGNAL, LOCK_CONDITION, 0xC,
			    200);
	feed_exit(m, 400, 11);
	return feed_report(m);
}

static void waited_for_the_mutex_from_220(const struct report *r, uint64_t cond)
{
	const struct thread *t = feed_thread(r, 11);
	const struct lock *l = feed_lock(r, L);

	assert_int_equal(t->state_ns[STATE_COND], cond);
	assert_int_equal(t->state_ns[STATE_LOCK], 81);
	assert_int_equal(l->wait.total, 315 - 220);
	assert_int_equal(l->contended, 1);
	assert_int_equal(l->sites[0].wait_ns, 315 - 220);
	assert_int_equal(feed_blame(r, L, 11, 12), 80);
}

static void condition_wait_that_blocks_again_waited_for_its_mutex(void **state)
{
	struct report *r = signalled_under_its_mutex(false, 200);

	(void)state;
	waited_for_the_mutex_from_220(r, 201 - 110);
	report_free(r);
	r = signalled_under_its_mutex(true, 200);
	waited_for_the_mutex_from_220(r, 201 - 160 + 150 - 110);
	report_free(r);
}

/* Who signals may lose its CPU to whom it wakes, and tell when it is back. */
static void signal_that_is_told_late_changes_no_wait_for_the_mutex(void **state)
{
	struct report *r = signalled_under_its_mutex(false, 350);

	(void)state;
	waited_for_the_mutex_from_220(r, 201 - 110);
	report_free(r);
}

/* The board counts acquisitions by a condition wait, but not their waits. */
static void sites_of_a_board_know_of_waits_inside_condition_waits(void **state)
{
	struct model *m = feed_new_from(2, 0);
	struct event e = { .ts_ns = 200,
			   .type = EVENT_WAIT_END,
			   .pid = FEED_PID,
			   .tid = 11,
			   .cpu = -1 };
	const struct lock *l;
	struct report *r;

	(void)state;
	feed_switch(m, 1, 0, 0, 0, 11);
	feed_start(m, 2, 11);
	feed_object(m, 100, 11, EVENT_WAIT_BEGIN, LOCK_CONDITION, 0xC, 100);
	feed_switch(m, 110, 0, 11, 1, 0);
	feed_waking(m, 120, 1, 12, 11);
	feed_switch(m, 130, 0, 0, 0, 11);
	feed_switch(m, 140, 0, 11, 1, 0);
	feed_switch(m, 150, 0, 0, 0, 11);
	e.u.wait.object = 0xC;
	e.u.wait.kind = LOCK_CONDITION;
	e.u.wait.mutex = L;
	e.u.wait.site = 0x52;
	e.u.wait.begin_ns = 100;
	e.u.wait.end_ns = 160;
	model_event(m, &e);
	e = (struct event){ .ts_ns = 300,
			    .type = EVENT_LOCK_STATS,
			    .pid = FEED_PID,
			    .tid = 11,
			    .cpu = -1 };
	e.u.stats.address = L;
	e.u.stats.site = 0x52;
	e.u.stats.acquisitions = 1;
	e.u.stats.hold_ns = 10;
	e.u.stats.hold_max_ns = 10;
	model_event(m, &e);
	feed_exit(m, 400, 11);
	r = feed_report(m);
	l = feed_lock(r, L);
	assert_int_equal(l->wait.total, 20);
	assert_int_equal(l->n_sites, 1);
	assert_int_equal(l->sites[0].wait_ns, 20);
	assert_int_equal(l->sites[0].contended, 1);
	report_free(r);
}

static void waits_in_vain_are_counted(void **state)
{
	struct model *m = feed_new(2);
	struct report *r;

	(void)state;
	feed_start(m, 0, 11);
	feed_start(m, 0, 12);
	feed_object(m, 100, 11, EVENT_WAIT_BEGIN, LOCK_CONDITION, 0xC, 100);
	feed_object(m, 200, 12, EVENT_SIGNAL, LOCK_CONDITION, 0xC, 200);
	feed_object(m, 300, 11, EVENT_WAIT_END, LOCK_CONDITION, 0xC, 100);
	/* It looks, finds nothing, and waits again; then nobody signals. */
	feed_object(m, 400, 11, EVENT_WAIT_BEGIN, LOCK_CONDITION, 0xC, 400);
	feed_object(m, 900, 11, EVENT_WAIT_END, LOCK_CONDITION, 0xC, 400);
	r = feed_report(m);
	assert_int_equal(feed_lock(r, 0xC)->stolen, 1);
	assert_int_equal(feed_lock(r, 0xC)->spurious, 1);
	report_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(condition_wait_is_blamed_on_who_signalled),
		cmocka_unit_test(
			condition_wait_that_blocks_again_waited_for_its_mutex),
		cmocka_unit_test(
			signal_that_is_told_late_changes_no_wait_for_the_mutex),
		cmocka_unit_test(
			sites_of_a_board_know_of_waits_inside_condition_waits),
		cmocka_unit_test(waits_in_vain_are_counted),
		cmocka_unit_test(
			signals_that_nobody_hears_are_counted_and_the_last_is_known),
		cmocka_unit_test(waits_again_after_a_broadcast_are_counted),
		cmocka_unit_test(
			a_wait_that_only_a_past_signal_could_end_is_a_lost_wakeup),
		cmocka_unit_test(
			broadcasts_in_vain_are_a_storm_and_few_are_not),
		cmocka_unit_test(conditions_of_one_place_are_not_one_queue),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
