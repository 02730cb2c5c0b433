#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>

#include "tracing/base/err.h"
#include "tracing/base/opts.h"

static void whole_numbers_are_read_and_all_else_refused(void **state)
{
	static const char *const bad[] = { "",	 "-1",	"+1",  " 1",
					   "1 ", "1.5", "0x1", "x" };
	uint64_t n = 0;

	(void)state;
	assert_int_equal(opts_u64("20000", &n, NULL), 0);
	assert_int_equal(n, 20000);
	assert_int_equal(opts_u64("18446744073709551616", &n, NULL), -1);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(opts_u64(bad[i], &n, NULL), -1);
}

static void times_and_sizes_take_their_units(void **state)
{
	uint64_t n = 0;
	struct err err = { "" };

	(void)state;
	assert_int_equal(opts_ns("1.5s", &n, NULL), 0);
	assert_int_equal(n, 1500000000);
	assert_int_equal(opts_ns("7us", &n, NULL), 0);
	assert_int_equal(n, 7000);
	assert_int_equal(opts_bytes("8M", &n, NULL), 0);
	assert_int_equal(n, 8 << 20);
	assert_int_equal(opts_bytes("8Q", &n, &err), -1);
	assert_string_equal(err.text, "'8Q' is not a size, such as 64K or 8M");
	assert_int_equal(opts_bytes("99999999999G", &n, NULL), -1);
}

static void messages_are_prefixed_from_the_inside_out(void **state)
{
	struct err err = { "" };

	(void)state;
	err_errno(&err, ENOSPC, "cannot read '%s'", "x");
	err_prefix(&err, "stream %d", 3);
	assert_string_equal(err.text, "stream 3: cannot read 'x': "
				      "No space left on device");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_numbers_are_read_and_all_else_refused),
		cmocka_unit_test(times_and_sizes_take_their_units),
		cmocka_unit_test(messages_are_prefixed_from_the_inside_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
