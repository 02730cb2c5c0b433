/* Rules about locks: which figures make a finding, and which are too small. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "analysis/findings.h"
#include "analysis/groups.h"
#include "analysis/report.h"

#define MS 1000000ull

/* A run of one second by two threads, which both wait for the one lock. */
struct run {
	struct report *report;
	struct lock lock;
	struct thread threads[2];
	struct blame blame[2];
	struct site site;
};

static void run_begin(struct run *run, uint64_t contended, uint64_t wait_ns)
{
	*run = (struct run){ .report = report_new() };
	run->lock = (struct lock){ .label = "counter",
				   .id = "1:0xa#0",
				   .kind = LOCK_MUTEX,
				   .instances = 1,
				   .mutex = -1,
				   .acquisitions = 20037,
				   .contended = contended,
				   .n_blame = 2,
				   .blame = run->blame,
				   .path_ns = wait_ns };
	run->lock.wait.count = contended;
	run->lock.wait.total = wait_ns;
	run->lock.hold.count = 20037;
	run->lock.hold.total = 20037ull * 1000;
	run->lock.hold.mean = 1000;
	run->lock.hold.max = 2000;
	run->lock.hold_parts_ns[HOLD_RUNNING] = run->lock.hold.total;
	run->site.text = "worker (a.c:1)";
	run->site.function = "worker";
	for (int i = 0; i < 2; i++) {
		run->threads[i] = (struct thread){ .name = "t",
						   .tid = i + 1,
						   .start_site = -1,
						   .recorded = true,
						   .end_ns = 1000 * MS };
		run->threads[i].state_ns[STATE_RUNNING] = 1000 * MS;
		run->blame[i] = (struct blame){ .waiter = i,
						.owner = 1 - i,
						.wait_ns = wait_ns / 2,
						.count = contended / 2 };
	}
}

static const struct finding *find(const struct run *run, const char *kind)
{
	for (size_t i = 0; i < run->report->n_findings; i++)
		if (!strcmp(run->report->findings[i].kind, kind))
			return &run->report->findings[i];
	return NULL;
}

static void evidence_has(const struct run *run, const char *kind,
			 const char *text)
{
	const struct finding *found = find(run, kind);

	if (!found)
		fail_msg("no finding %s", kind);
	else if (!strstr(found->evidence, text))
		fail_msg("'%s' is not in '%s'", text, found->evidence);
}

static void run_end(struct run *run)
{
	struct report *r = run->report;

	r->run.duration_ns = r->path.length_ns = 1000 * MS;
	r->run.cpus = 2;
	r->n_threads = 2;
	r->threads = run->threads;
	r->n_sites = 1;
	r->sites = &run->site;
	r->n_locks = 1;
	r->locks = &run->lock;
	groups_make(r, false);
	findings_make(r);
}

static void few_contended_acquisitions_are_no_hot_section(void **state)
{
	struct run run;

	(void)state;
	run_begin(&run, 2, 300 * MS);
	run_end(&run);
	assert_null(find(&run, "hot-section"));
	assert_null(find(&run, "convoy"));
	report_free(run.report);
	run_begin(&run, 5000, 300 * MS);
	run_end(&run);
	assert_non_null(find(&run, "hot-section"));
	report_free(run.report);
}

static void one_long_hold_among_short_ones_is_a_long_section(void **state)
{
	struct run run;

	(void)state;
	run_begin(&run, 2, 300 * MS);
	run.lock.hold.max = 290 * MS;
	run_end(&run);
	assert_non_null(find(&run, "long-section"));
	assert_null(find(&run, "hot-section"));
	report_free(run.report);
}

/* Its owners lose their CPU, but what waiters wait for is the handoff. */
static void cause_that_explains_nothing_is_no_finding(void **state)
{
	struct run run;

	(void)state;
	for (int i = 0; i < 2; i++) {
		uint64_t handoff = (i ? 10 : 299) * MS;

		run_begin(&run, 5000, 300 * MS);
		run.lock.handoff_ns = handoff;
		run.blame[0].wait_ns = 300 * MS - handoff;
		run.blame[1].wait_ns = 0;
		run.lock.hold_parts_ns[HOLD_RUNNING] = 0;
		run.lock.hold_parts_ns[HOLD_PREEMPTED] = run.lock.hold.total;
		run_end(&run);
		if (i)
			assert_non_null(find(&run, "preempted-holder"));
		else
			assert_null(find(&run, "preempted-holder"));
		report_free(run.report);
	}
}

static void yields_are_told_as_such_and_as_the_only_cause(void **state)
{
	struct run run;
	struct held_wait yield = { .state = STATE_PREEMPTED,
				   .lock = -1,
				   .count = 5000 };

	(void)state;
	run_begin(&run, 5000, 300 * MS);
	yield.ns = run.lock.hold.total * 8 / 10;
	run.lock.hold_parts_ns[HOLD_RUNNING] = run.lock.hold.total - yield.ns;
	run.lock.hold_parts_ns[HOLD_PREEMPTED] = yield.ns;
	run.lock.n_held_waits = 1;
	run.lock.held_waits = &yield;
	run_end(&run);
	evidence_has(&run, "preempted-holder", "sched_yield");
	evidence_has(&run, "preempted-holder", "worker (a.c:1)");
	assert_null(find(&run, "hot-section"));
	report_free(run.report);
}

/* The end hardly waited for it, and no one cause is behind it. */
static void no_contention_tells_how_much_of_the_path_it_means(void **state)
{
	struct run run;

	(void)state;
	run_begin(&run, 2, 15 * MS);
	run_end(&run);
	evidence_has(&run, "no-contention", "1.5 % of the critical path");
	report_free(run.report);
}

static void who_lost_events_does_not_know_that_no_lock_costs(void **state)
{
	struct run run;

	(void)state;
	run_begin(&run, 2, 15 * MS);
	run.report->run.unheard = 1;
	run_end(&run);
	assert_null(find(&run, "no-contention"));
	report_free(run.report);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(few_contended_acquisitions_are_no_hot_section),
		cmocka_unit_test(
			one_long_hold_among_short_ones_is_a_long_section),
		cmocka_unit_test(cause_that_explains_nothing_is_no_finding),
		cmocka_unit_test(yields_are_told_as_such_and_as_the_only_cause),
		cmocka_unit_test(
			no_contention_tells_how_much_of_the_path_it_means),
		cmocka_unit_test(
			who_lost_events_does_not_know_that_no_lock_costs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
