#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <stdio.h>

#include <cmocka.h>

#include "analysis/check.h"
#include "tests/rehearsal.h"

static void try(unsigned int seed, int threads, int locks, int steps,
		uint32_t round)
{
	struct model_options options = {
		.cpus = 4, .bins = 64, .waits = 8, .round = round
	};
	struct rehearsal *r = rehearsal_new(seed, threads, locks, steps);
	struct model *m = model_new(&options);
	struct report *report = report_new();
	struct err err = { "" };

	if (getenv("REHEARSAL"))
		fprintf(stderr, "# seed %u %d %d %d %u\n", seed, threads, locks,
			steps, round);
	for (int i = 0; i < r->n_events; i++)
		model_event(m, &r->events[i]);
	model_finish(m, report);
	if (report_check(report, &err))
		fail_msg("seed %u: %s", seed, err.text);
	rehearsal_compare(r, report);
	report_free(report);
	rehearsal_free(r);
}

static void small_schedules_say_what_a_slow_count_says(void **state)
{
	(void)state;
	for (unsigned int seed = 1; seed <= 300; seed++)
		try(seed, 2 + (int)(seed % 5), 1 + (int)(seed % 4), 8, 0);
}

static void rounds_change_nothing(void **state)
{
	(void)state;
	for (unsigned int seed = 1; seed <= 60; seed++)
		try(seed, 2 + (int)(seed % 5), 1 + (int)(seed % 4), 40, 32);
}

/* More than any queue holds. */
static void long_schedules_stay_exact(void **state)
{
	(void)state;
	try(7, 4, 2, 700, 256);
	try(8, 6, 1, 500, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(small_schedules_say_what_a_slow_count_says),
		cmocka_unit_test(rounds_change_nothing),
		cmocka_unit_test(long_schedules_stay_exact),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
