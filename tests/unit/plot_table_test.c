/* Text, numbers and colours of pictures, and the table of a sweep. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/arena.h"
#include "plots/layout.h"
#include "plots/plot.h"
#include "plots/sweep.h"
#include "plots/table.h"
#include "tests/scratch.h"
#include "tests/unit/plot_tsv.h"
#include "tracing/base/paths.h"

static void text_is_made_harmless_for_gnuplot(void **state)
{
	const char *path = scratch_path(*state, "t.tsv");
	struct table table;
	struct tsv *tsv;

	table_init(&table);
	table_set(&table, "title", "%s", "a\tb\nc\"d\\e");
	table_block(&table, "rows", "name n");
	table_text(&table, "\"`x`\" \\n \xff @{/x} %s");
	table_u64(&table, UINT64_MAX);
	table_text(&table, "");
	table_i64(&table, -1);
	assert_int_equal(table_write(&table, path, NULL), 0);
	table_clear(&table);
	tsv = tsv_read(path);
	assert_string_equal(tsv_meta(tsv, "title"), "a b c'd\u2216e");
	assert_string_equal(tsv_meta(tsv, "n_rows"), "2");
	assert_string_equal(tsv_text(tsv, "rows", 0, "name"),
			    "'`x`' \u2216n \ufffd @{/x} %s");
	assert_string_equal(tsv_text(tsv, "rows", 0, "n"),
			    "18446744073709551615");
	assert_string_equal(tsv_text(tsv, "rows", 1, "name"), "\u00a0");
	tsv_free(tsv);
}

static void a_table_that_cannot_be_written_says_so(void **state)
{
	struct err err = { "" };
	struct table table;

	(void)state;
	table_init(&table);
	assert_int_equal(table_write(&table, "/nowhere/x.tsv", &err), -1);
	assert_string_equal(err.text, "cannot write '/nowhere/x.tsv': "
				      "No such file or directory");
	table_clear(&table);
}

static void check_short(const char *text, size_t chars, const char *expected)
{
	char *shown = layout_shorten(text, chars);

	assert_string_equal(shown, expected);
	g_free(shown);
}

static void long_names_lose_their_middle(void **state)
{
	char *shown;

	(void)state;
	check_short("ledger", 6, "ledger");
	check_short("abcdefghij", 7, "abc…hij");
	check_short("äöüäöüäöü", 5, "äö…öü");
	check_short("ledger", 1, "l");
	shown = layout_shorten_label("ledger (bank.c:41)", 8);
	assert_string_equal(shown, "ledger");
	g_free(shown);
}

static void check_time(uint64_t ns, const char *expected)
{
	char *shown = layout_time(ns);

	assert_string_equal(shown, expected);
	g_free(shown);
}

static void times_take_the_unit_that_reads_best(void **state)
{
	(void)state;
	check_time(0, "0 ns");
	check_time(999, "999 ns");
	check_time(1000, "1.00 µs");
	check_time(23400000000, "23.4 s");
	check_time(4210000000, "4.21 s");
	check_time(123000000, "123 ms");
	check_time(3600000000000, "1.00 h");
}

static double linear(unsigned value)
{
	double c = value / 255.0;

	return c <= 0.04045 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4);
}

static double bent(double t)
{
	return t > 0.008856 ? cbrt(t) : 7.787 * t + 16.0 / 116;
}

struct lab {
	double l, a, b;
};

/* How a colour looks to an eye that is told by `m`, in CIE L*a*b*. */
static struct lab seen(unsigned rgb, const double m[3][3])
{
	const double in[3] = { linear(rgb >> 16), linear(rgb >> 8 & 255),
			       linear(rgb & 255) };
	double c[3] = { 0, 0, 0 };
	double x, y, z;

	for (int i = 0; i < 3; i++)
		for (int j = 0; j < 3; j++)
			c[i] += m[i][j] * in[j];
	x = bent(fmax((.4124 * c[0] + .3576 * c[1] + .1805 * c[2]) / .9505, 0));
	y = bent(fmax(.2126 * c[0] + .7152 * c[1] + .0722 * c[2], 0));
	z = bent(fmax((.0193 * c[0] + .1192 * c[1] + .9505 * c[2]) / 1.089, 0));
	return (struct lab){ 116 * y - 16, 500 * (x - y), 200 * (y - z) };
}

static double distance(struct lab p, struct lab q)
{
	return sqrt((p.l - q.l) * (p.l - q.l) + (p.a - q.a) * (p.a - q.a) +
		    (p.b - q.b) * (p.b - q.b));
}

/* The colours of the states, from the one file that has them. */
static void read_palette(unsigned palette[STATE_N])
{
	char *path = paths_share("plots/style.gp");
	char *text, *list, **words;

	assert_true(g_file_get_contents(path, &text, NULL, NULL));
	list = strstr(text, "palette_states = \"");
	assert_non_null(list);
	list = strchr(list, '"') + 1;
	*strchr(list, '"') = '\0';
	words = g_strsplit(list, " ", -1);
	assert_int_equal(g_strv_length(words), STATE_N);
	for (int i = 0; i < STATE_N; i++)
		palette[i] = (unsigned)strtoul(words[i], NULL, 16);
	g_strfreev(words);
	g_free(text);
	free(path);
}

/* Eyes after Machado and others, 2009: full, and without one kind of cone. */
static const double eyes[4][3][3] = {
	{ { 1, 0, 0 }, { 0, 1, 0 }, { 0, 0, 1 } },
	{ { 0.152286, 1.052583, -0.204868 },
	  { 0.114503, 0.786281, 0.099216 },
	  { -0.003882, -0.048116, 1.051998 } },
	{ { 0.367322, 0.860646, -0.227968 },
	  { 0.280085, 0.672501, 0.047413 },
	  { -0.011820, 0.042940, 0.968881 } },
	{ { 1.255528, -0.076749, -0.178779 },
	  { -0.078411, 0.930809, 0.147602 },
	  { 0.004733, 0.691367, 0.303900 } },
};

static void states_differ_to_every_eye(void **state)
{
	unsigned palette[STATE_N];

	(void)state;
	read_palette(palette);
	for (int eye = 0; eye < 4; eye++)
		for (int i = 0; i < STATE_N; i++)
			for (int j = 0; j < i; j++)
				assert_true(
					distance(seen(palette[i], eyes[eye]),
						 seen(palette[j], eyes[eye])) >
					13);
}

static void common_states_differ_in_grey_too(void **state)
{
	static const enum state common[] = { STATE_RUNNING, STATE_PREEMPTED,
					     STATE_LOCK,    STATE_IO,
					     STATE_SLEEP,   STATE_SPINNING,
					     STATE_WOKEN };
	unsigned palette[STATE_N];

	(void)state;
	read_palette(palette);
	for (size_t i = 0; i < sizeof(common) / sizeof(common[0]); i++)
		for (size_t j = 0; j < i; j++)
			assert_true(fabs(seen(palette[common[i]], eyes[0]).l -
					 seen(palette[common[j]], eyes[0]).l) >
				    5);
}

/* Two states in one bin, then one alone over two: three boxes, exactly. */
static void the_table_of_a_timeline_is_exact(void **state)
{
	static const char expected[] =
		"row\tthread\tbegin_ns\tend_ns\tstate\tns\tlow\thigh\n"
		"0\t0\t0\t100\t0\t25\t0\t0.25\n"
		"0\t0\t0\t100\t4\t75\t0.25\t1\n"
		"0\t0\t100\t300\t9\t200\t0\t1\n";
	struct report *r = report_new();
	uint64_t values[3 * STATE_N] = { 0 };
	struct thread thread = { .tid = 7,
				 .name = "t",
				 .end_ns = 300,
				 .states = { 0, 100, 3, STATE_N, values } };
	struct plot_options options = { .folder = scratch_path(*state, "e"),
					.kinds = "timeline",
					.tables_only = true };
	char *text, *spans;

	values[STATE_RUNNING] = 25;
	values[STATE_LOCK] = 75;
	values[STATE_N + STATE_IO] = values[2 * STATE_N + STATE_IO] = 100;
	thread.state_ns[STATE_RUNNING] = 25;
	thread.state_ns[STATE_LOCK] = 75;
	thread.state_ns[STATE_IO] = 200;
	r->run.duration_ns = 300;
	r->n_threads = 1;
	r->threads = &thread;
	assert_int_equal(plot_draw(r, &options, NULL), 0);
	assert_true(g_file_get_contents(scratch_path(*state, "e/timeline.tsv"),
					&text, NULL, NULL));
	spans = strstr(text, "# spans\n");
	assert_non_null(spans);
	spans[8 + strlen(expected)] = '\0';
	assert_string_equal(spans + 8, expected);
	g_free(text);
	report_free(r);
}

static int sweep_of(void *state, const char *text, struct tsv **tsv,
		    struct err *err)
{
	const char *in = scratch_path(state, "in.tsv");
	const char *out = scratch_path(state, "out.tsv");
	struct table table;
	int result;

	assert_true(g_file_set_contents(in, text, -1, NULL));
	table_init(&table);
	result = sweep_write(&table, in, err);
	if (!result)
		result = table_write(&table, out, err);
	table_clear(&table);
	if (!result)
		*tsv = tsv_read(out);
	return result;
}

static void a_sweep_is_read_by_the_names_of_its_columns(void **state)
{
	struct tsv *tsv = NULL;

	assert_int_equal(sweep_of(*state,
				  "# title: T: x\n# x: threads\n# log: x\n"
				  "x\tseries\ty\tlow\tkind\n"
				  "1\ta\t2\t1.5\t\n2\ta\t3\t2\tpoints\n"
				  "1\tlaw of a\t2\t\tlaw\n",
				  &tsv, NULL),
			 0);
	assert_string_equal(tsv_meta(tsv, "title"), "T: x");
	assert_string_equal(tsv_meta(tsv, "x_log"), "1");
	assert_int_equal(tsv_rows(tsv, "points"), 2);
	assert_int_equal(tsv_rows(tsv, "law"), 1);
	assert_true(tsv_real(tsv, "points", 0, "low") == 1.5);
	assert_true(tsv_real(tsv, "points", 0, "high") == 2);
	assert_string_equal(tsv_text(tsv, "legend", 1, "name"), "law of a");
	tsv_free(tsv);
}

static void check_refused(void *state, const char *text, const char *message)
{
	struct err err = { "" };
	struct tsv *tsv = NULL;
	char *expected = g_strdup_printf(
		"'%s'%s", scratch_path(state, "in.tsv"), message);

	assert_int_equal(sweep_of(state, text, &tsv, &err), -1);
	assert_string_equal(err.text, expected);
	g_free(expected);
}

static void a_broken_sweep_is_refused_with_its_line(void **state)
{
	check_refused(*state, "", " has no header line");
	check_refused(*state, "series\tx\n",
		      ", line 1: the header has no columns 'x' and 'y'");
	check_refused(*state, "x\ty\n1\t2\n1\tfast\n",
		      ", line 3: 'fast' is not a number");
	check_refused(*state, "x\ty\n1\tnan\n",
		      ", line 2: 'nan' is not a number");
	check_refused(*state, "x\ty\tkind\n1\t2\tcurve\n",
		      ", line 2: kind 'curve' is neither points nor law");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(text_is_made_harmless_for_gnuplot),
		cmocka_unit_test(a_table_that_cannot_be_written_says_so),
		cmocka_unit_test(long_names_lose_their_middle),
		cmocka_unit_test(times_take_the_unit_that_reads_best),
		cmocka_unit_test(states_differ_to_every_eye),
		cmocka_unit_test(common_states_differ_in_grey_too),
		scratch_test(the_table_of_a_timeline_is_exact),
		scratch_test(a_sweep_is_read_by_the_names_of_its_columns),
		scratch_test(a_broken_sweep_is_refused_with_its_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
