#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>

#include "tests/feed.h"

#define L 0xA

static struct model *two_threads(void)
{
	struct model *m = feed_new(2);

	feed_start(m, 0, 11);
	feed_start(m, 0, 12);
	return m;
}

/* 11 holds [100,300); 12 tries to destroy it at 200 and does at 400. */
static void end_that_fails_is_counted_and_blamed_on_the_owner(void **state)
{
	struct model *m = two_threads();
	const struct lock *l;
	struct report *r;

	(void)state;
	feed_destroy(m, 200, 12, L, LOCK_MUTEX, EBUSY);
	feed_held(m, 300, 11, L, 0x51, 0, 100, 300);
	feed_destroy(m, 400, 12, L, LOCK_MUTEX, 0);
	r = feed_report(m);
	l = feed_lock(r, L);
	assert_int_equal(l->destroyed_held.count, 1);
	assert_int_equal(r->threads[l->destroyed_held.thread].tid, 12);
	assert_int_equal(r->threads[l->destroyed_held.owner].tid, 11);
	assert_true(l->destroyed_held.site >= 0);
	assert_true(l->destroyed_held.owner_site >= 0);
	report_free(r);
}

/* Nobody was told to hold it: perhaps a thread waits on a condition. */
static void end_that_fails_for_nobody_known_has_no_owner(void **state)
{
	struct model *m = two_threads();
	const struct lock *l;
	struct report *r;

	(void)state;
	feed_held(m, 150, 11, L, 0x51, 0, 100, 150);
	feed_destroy(m, 200, 12, L, LOCK_MUTEX, EBUSY);
	feed_destroy(m, 210, 12, L, LOCK_MUTEX, EBUSY);
	r = feed_report(m);
	l = feed_lock(r, L);
	assert_int_equal(l->destroyed_held.count, 2);
	assert_int_equal(l->destroyed_held.owner, -1);
	report_free(r);
}

/* As libraries do that do not look. */
static void end_within_a_hold_is_found_though_it_succeeds(void **state)
{
	struct model *m = two_threads();
	const struct lock *l;
	struct report *r;

	(void)state;
	feed_destroy(m, 200, 12, L, LOCK_RWLOCK, 0);
	feed_rw_held(m, 300, 11, L, LOCK_READ, 0, 100, 300);
	r = feed_report(m);
	l = feed_lock(r, L);
	assert_int_equal(l->destroyed_held.count, 1);
	assert_int_equal(r->threads[l->destroyed_held.owner].tid, 11);
	report_free(r);
}

/* What the board knew when it was destroyed: no hold need be told. */
static void owner_that_the_end_names_needs_no_hold(void **state)
{
	struct model *m = two_threads();
	struct event e = { .ts_ns = 200,
			   .type = EVENT_LOCK_DESTROY,
			   .pid = FEED_PID,
			   .tid = 12,
			   .cpu = -1 };
	const struct lock *l;
	struct report *r;

	(void)state;
	e.u.lock.address = L;
	e.u.lock.kind = LOCK_SPIN;
	e.u.lock.site = 0x54;
	e.u.lock.owner = 11;
	e.u.lock.owner_site = 0x51;
	model_event(m, &e);
	r = feed_report(m);
	l = feed_lock(r, L);
	assert_int_equal(l->destroyed_held.count, 1);
	assert_int_equal(r->threads[l->destroyed_held.owner].tid, 11);
	assert_int_equal(r->sites[l->destroyed_held.owner_site].address, 0x51);
	report_free(r);
}

static void end_between_holds_is_innocent(void **state)
{
	struct model *m = two_threads();
	struct report *r;

	(void)state;
	feed_held(m, 200, 11, L, 0x51, 0, 100, 200);
	feed_destroy(m, 200, 12, L, LOCK_MUTEX, 0);
	feed_held(m, 300, 11, L, 0x51, 0, 201, 300);
	r = feed_report(m);
	for (size_t i = 0; i < r->n_locks; i++)
		assert_int_equal(r->locks[i].destroyed_held.count, 0);
	report_free(r);
}

/* Its end may have been told late, when another lock lived there already. */
static void end_of_an_address_used_again_is_no_proof(void **state)
{
	struct model *m = two_threads();
	struct report *r;

	(void)state;
	feed_held(m, 50, 11, L, 0x51, 0, 10, 50);
	feed_destroy(m, 200, 12, L, LOCK_MUTEX, 0);
	feed_held(m, 300, 11, L, 0x51, 0, 100, 300);
	feed_held(m, 500, 11, L, 0x51, 0, 400, 500);
	r = feed_report(m);
	for (size_t i = 0; i < r->n_locks; i++)
		assert_int_equal(r->locks[i].destroyed_held.count, 0);
	report_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(owner_that_the_end_names_needs_no_hold),
		cmocka_unit_test(
			end_that_fails_is_counted_and_blamed_on_the_owner),
		cmocka_unit_test(end_that_fails_for_nobody_known_has_no_owner),
		cmocka_unit_test(end_within_a_hold_is_found_though_it_succeeds),
		cmocka_unit_test(end_between_holds_is_innocent),
		cmocka_unit_test(end_of_an_address_used_again_is_no_proof),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
