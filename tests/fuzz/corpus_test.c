/*
 * Runs a fuzzer's target over its corpus, without the fuzzer: what was found
 * once stays found. Which corpus, the name of the program says:
 * fuzz_events_test runs tests/fuzz/corpus/events.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <glib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void every_input_of_the_corpus_is_survived(void **state)
{
	g_auto(GStrv) words = g_strsplit(program_invocation_short_name, "_", 0);
	g_autofree char *corpus =
		g_build_filename("tests/fuzz/corpus", words[1], NULL);
	g_autoptr(GDir) dir = g_dir_open(corpus, 0, NULL);
	const char *name;
	int inputs = 0;

	(void)state;
	if (!dir)
		fail_msg("no corpus '%s': run from the top of the tree",
			 corpus);
	while ((name = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(corpus, name, NULL);
		g_autofree char *data = NULL;
		gsize size;

		assert_true(g_file_get_contents(path, &data, &size, NULL));
		assert_int_equal(
			LLVMFuzzerTestOneInput((const uint8_t *)data, size), 0);
		inputs++;
	}
	assert_true(inputs > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_input_of_the_corpus_is_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
