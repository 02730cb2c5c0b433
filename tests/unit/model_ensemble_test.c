#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "analysis/check.h"
#include "tests/ensemble.h"

static void try(unsigned int seed, int threads, int steps, uint32_t round,
		bool board)
{
	struct model_options options = {
		.cpus = 4, .bins = 64, .waits = 8, .round = round
	};
	struct ensemble *e = ensemble_new(seed, threads, steps, board);
	struct model *m = model_new(&options);
	struct report *report = report_new();
	struct err err = { "" };

	if (getenv("ENSEMBLE"))
		fprintf(stderr, "# seed %u %d %d %u %d\n", seed, threads, steps,
			round, board);
	for (int i = 0; i < e->n_events; i++)
		model_event(m, &e->events[i]);
	model_finish(m, report);
	if (report_check(report, &err))
		fail_msg("seed %u: %s", seed, err.text);
	assert_int_equal(report->run.refused, 0);
	ensemble_compare(e, report, board);
	report_free(report);
	ensemble_free(e);
}

static void small_ensembles_say_what_a_slow_count_says(void **state)
{
	(void)state;
	for (unsigned int seed = 1; seed <= 400; seed++)
		try(seed, 2 + (int)(seed % 4), 10, 0, false);
}

static void the_counts_of_a_board_change_nothing(void **state)
{
	(void)state;
	for (unsigned int seed = 1; seed <= 100; seed++)
		try(seed, 2 + (int)(seed % 4), 10, 0, true);
}

static void rounds_change_nothing(void **state)
{
	(void)state;
	for (unsigned int seed = 1; seed <= 40; seed++)
		try(seed, 2 + (int)(seed % 4), 40, 32, seed % 2);
}

static void long_ensembles_stay_exact(void **state)
{
	(void)state;
	try(7, 4, 600, 256, false);
	try(8, 5, 400, 0, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(small_ensembles_say_what_a_slow_count_says),
		cmocka_unit_test(the_counts_of_a_board_change_nothing),
		cmocka_unit_test(rounds_change_nothing),
		cmocka_unit_test(long_ensembles_stay_exact),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
