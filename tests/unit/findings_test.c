/* Rules about the CPUs, on reports of a few figures made by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "analysis/arena.h"
#include "analysis/findings.h"
#include "analysis/measure.h"

#define SECOND 1000000000ull

/*
 * A second on 2 CPUs of threads that want a CPU all the time: `running` of
 * `wanting` have one. Who wants and has none is ready, on the path as well.
 */
static struct report *busy_second(size_t wanting, size_t running)
{
	struct report *report = report_new();
	struct arena *arena = report->arena;

	report->run.duration_ns = SECOND;
	report->run.cpus = 2;
	report->run.scheduler = SCHED_SYSTEM;
	report->n_threads = wanting;
	report->threads = arena_array(arena, wanting, sizeof(struct thread));
	for (size_t i = 0; i < wanting; i++) {
		struct thread *thread = &report->threads[i];

		*thread = (struct thread){ .tid = (int32_t)i + 1,
					   .name = "busy",
					   .recorded = true,
					   .start_site = -1,
					   .end_ns = SECOND };
		thread->state_ns[STATE_RUNNING] = running * SECOND / wanting;
		thread->state_ns[STATE_PREEMPTED] =
			SECOND - thread->state_ns[STATE_RUNNING];
	}
	report->utilization.n_concurrency = running + 1;
	report->utilization.concurrency_ns =
		arena_array(arena, running + 1, sizeof(uint64_t));
	report->utilization.concurrency_ns[running] = SECOND;
	report->utilization.n_demand = wanting + 1;
	report->utilization.demand_ns =
		arena_array(arena, wanting + 1, sizeof(uint64_t));
	report->utilization.demand_ns[wanting] = SECOND;
	report->path.length_ns = SECOND;
	report->path.by_state_ns[STATE_RUNNING] = running * SECOND / wanting;
	report->path.by_state_ns[STATE_PREEMPTED] =
		SECOND - report->path.by_state_ns[STATE_RUNNING];
	findings_make(report);
	return report;
}

static bool has(const struct report *report, const char *kind)
{
	for (size_t i = 0; i < report->n_findings; i++)
		if (!strcmp(report->findings[i].kind, kind))
			return true;
	return false;
}

static void cpus_taken_by_others_are_named(void **state)
{
	struct report *report = busy_second(2, 1);

	(void)state;
	assert_true(has(report, "foreign-load"));
	assert_false(has(report, "oversubscription"));
	assert_int_equal(report->findings[0].cost_ns, SECOND);
	report_free(report);
}

static void own_threads_without_a_cpu_are_not_blamed_on_others(void **state)
{
	struct report *report = busy_second(8, 2);

	(void)state;
	assert_false(has(report, "foreign-load"));
	assert_true(has(report, "oversubscription"));
	report_free(report);
}

static void threads_that_have_their_cpus_are_no_finding(void **state)
{
	struct report *report = busy_second(2, 2);

	(void)state;
	assert_false(has(report, "foreign-load"));
	assert_false(has(report, "oversubscription"));
	assert_false(has(report, "idle"));
	report_free(report);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cpus_taken_by_others_are_named),
		cmocka_unit_test(
			own_threads_without_a_cpu_are_not_blamed_on_others),
		cmocka_unit_test(threads_that_have_their_cpus_are_no_finding),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
