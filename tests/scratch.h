/* A directory of its own for a cmocka test, removed after it. */
#ifndef TESTS_SCRATCH_H
#define TESTS_SCRATCH_H

/* For a test whose state is the scratch directory. */
#define scratch_test(function)                                   \
	cmocka_unit_test_setup_teardown(function, scratch_setup, \
					scratch_teardown)

int scratch_setup(void **state);
int scratch_teardown(void **state);

/* A path in it; lives as long as the test. */
const char *scratch_path(void *state, const char *name);

#endif
