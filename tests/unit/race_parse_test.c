#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib.h>
#include <string.h>

#include "analysis/race/frame.h"
#include "analysis/race/parse.h"
#include "analysis/race/rows.h"

#define REPORTS "tests/race/reports/"

struct side {
	const char *operation, *function, *file;
	int line;
	guint n_locks;
};

static const struct {
	const char *shape;
	enum race_kind kind;
	const char *variable; /* begins with */
	struct side sides[2];
} truths[] = {
	{ "wrong-lock",
	  RACE_DATA,
	  "balance",
	  { { "read", "audit", "wrong-lock.c", 26, 1 },
	    { "write", "deposit", "wrong-lock.c", 14, 1 } } },
	{ "lock-order",
	  RACE_ORDER,
	  "",
	  { { "locks 'M1", "transfer", "lock-order.c", 10, 1 },
	    { "locks 'M0", "transfer", "lock-order.c", 10, 1 } } },
	{ "double-checked",
	  RACE_DATA,
	  "plain",
	  { { "read", "get_racy", "double-checked.c", 27, 0 },
	    { "write", "get_racy", "double-checked.c", 30, 1 } } },
	{ "destroyed-mutex",
	  RACE_DESTROYED_MUTEX,
	  "stack of main thread",
	  { { "call", "main", "destroyed-mutex.c", 15, 0 } } },
	{ "thread-leak",
	  RACE_THREAD_LEAK,
	  "",
	  { { "create", "start", "shape.h", 30, 0 } } },
	{ "double-unlock",
	  RACE_UNLOCK,
	  "lock",
	  { { "call", "buy", "double-unlock.c", 24, 0 } } },
	{ "signal-handler",
	  RACE_SIGNAL_UNSAFE,
	  "",
	  { { "call", "on_signal", "signal-handler.c", 17, 0 } } },
	{ "reference-count",
	  RACE_DATA,
	  "",
	  { { "free", "put", "reference-count.c", 22, 0 } } },
};

static const char *const compilers[] = { "gcc-12", "clang-14", "clang-19" };

static char *read_text(const char *shape, const char *compiler)
{
	char *path = g_strdup_printf(REPORTS "%s.%s.txt", shape, compiler);
	char *text = NULL;

	if (!g_file_get_contents(path, &text, NULL, NULL))
		fail_msg("cannot read '%s'", path);
	g_free(path);
	return text;
}

static guint titles_in(const char *text)
{
	guint n = 0;

	while ((text = strstr(text, "WARNING: ThreadSanitizer: "))) {
		text++;
		n++;
	}
	return n;
}

static struct race_parsed parse(const char *text, struct race_pool *pool)
{
	struct race_parsed parsed = { .reports = NULL };

	race_parse(&parsed, text, NULL, pool);
	return parsed;
}

static const struct race_report *nth(const struct race_parsed *parsed, guint i)
{
	assert_true(i < parsed->reports->len);
	return parsed->reports->pdata[i];
}

static void check_side(const struct race_access *access,
		       const struct side *side)
{
	assert_true(g_str_has_prefix(access->operation, side->operation));
	assert_non_null(access->stack.own);
	assert_string_equal(access->stack.own->function, side->function);
	assert_string_equal(access->stack.own->file, side->file);
	assert_int_equal(access->stack.own->line, side->line);
	assert_int_equal(access->n_locks, side->n_locks);
}

/* Which thread came second is not the compiler's: sides may be swapped. */
static guint find_side(const struct race_report *report,
		       const struct side *side)
{
	for (guint i = 0; i < report->n_accesses; i++)
		if (report->accesses[i].stack.own->line == side->line &&
		    g_str_has_prefix(report->accesses[i].operation,
				     side->operation))
			return i;
	fail_msg("no %s in line %d", side->operation, side->line);
	return 0;
}

static void reports_of_three_compilers_tell_the_same(void **state)
{
	(void)state;
	for (size_t t = 0; t < G_N_ELEMENTS(truths); t++)
		for (size_t c = 0; c < G_N_ELEMENTS(compilers); c++) {
			struct race_pool *pool = race_pool_new();
			char *text = read_text(truths[t].shape, compilers[c]);
			struct race_parsed parsed = parse(text, pool);
			const struct race_report *report = nth(&parsed, 0);

			assert_int_equal(parsed.reports->len, titles_in(text));
			assert_int_equal(parsed.cut + parsed.broken, 0);
			assert_int_equal(report->kind, truths[t].kind);
			assert_true(g_str_has_prefix(report->variable,
						     truths[t].variable));
			for (int s = 0; s < 2 && truths[t].sides[s].file; s++)
				check_side(
					&report->accesses[find_side(
						report, &truths[t].sides[s])],
					&truths[t].sides[s]);
			race_parsed_clear(&parsed);
			race_pool_free(pool);
			g_free(text);
		}
}

static void a_heap_block_names_the_place_that_allocated_it(void **state)
{
	struct race_pool *pool = race_pool_new();
	char *text = read_text("double-checked", "gcc-12");
	struct race_parsed parsed = parse(text, pool);

	(void)state;
	assert_string_equal(nth(&parsed, 1)->variable,
			    "heap block of 4 bytes, allocated in make "
			    "(double-checked.c:17)");
	race_parsed_clear(&parsed);
	race_pool_free(pool);
	g_free(text);
}

static void our_own_frame_format_is_read_with_its_addresses(void **state)
{
	struct race_pool *pool = race_pool_new();
	char *text = read_text("reference-count", "bars");
	struct race_parsed parsed = parse(text, pool);
	const struct race_frame *own = nth(&parsed, 0)->accesses[0].stack.own;

	(void)state;
	assert_string_equal(own->function, "put");
	assert_string_equal(own->path, "/home/me/src/reference-count.c");
	assert_int_equal(own->line, 22);
	assert_string_equal(own->module, "/home/me/reference-count");
	assert_true(own->address > own->offset);
	race_parsed_clear(&parsed);
	race_pool_free(pool);
	g_free(text);
}

static void frames_without_names_keep_module_and_offset(void **state)
{
	struct race_pool *pool = race_pool_new();
	char *text = read_text("reference-count", "nameless");
	struct race_parsed parsed = parse(text, pool);
	const struct race_stack *stack = &nth(&parsed, 0)->accesses[0].stack;

	(void)state;
	assert_string_equal(stack->frames[0].module, "reference-count");
	assert_true(stack->frames[0].offset > 0);
	assert_string_equal(stack->frames[0].function, "");
	race_parsed_clear(&parsed);
	race_pool_free(pool);
	g_free(text);
}

static void a_report_cut_anywhere_is_told_as_cut_or_broken(void **state)
{
	char *text = read_text("wrong-lock", "clang-14");
	size_t end = (size_t)(strstr(text, "SUMMARY:") - text);
	size_t begin = (size_t)(strstr(text, "(pid=") - text);

	(void)state;
	for (size_t n = 0; n <= end; n++) {
		struct race_pool *pool = race_pool_new();
		char *part = g_strndup(text, n);
		struct race_parsed parsed = parse(part, pool);

		assert_true(parsed.reports->len <= 1);
		if (n > begin)
			assert_int_equal(parsed.cut, 1);
		assert_int_equal(parsed.reports->len + parsed.broken,
				 parsed.cut);
		if (parsed.reports->len)
			assert_true(nth(&parsed, 0)->is_cut);
		race_parsed_clear(&parsed);
		race_pool_free(pool);
		g_free(part);
	}
	g_free(text);
}

static void output_of_the_program_in_between_changes_nothing(void **state)
{
	struct race_pool *pool = race_pool_new();
	char *text = read_text("wrong-lock", "gcc-12");
	char **lines = g_strsplit(text, "\n", -1);
	char *mixed = g_strjoinv("\nbalance: 7 # 0 Thread T\n", lines);
	struct race_parsed parsed = parse(mixed, pool);
	const struct race_report *report = nth(&parsed, 0);

	(void)state;
	assert_int_equal(parsed.reports->len, 1);
	assert_false(report->is_cut);
	check_side(&report->accesses[find_side(report, &truths[0].sides[0])],
		   &truths[0].sides[0]);
	check_side(&report->accesses[find_side(report, &truths[0].sides[1])],
		   &truths[0].sides[1]);
	race_parsed_clear(&parsed);
	race_pool_free(pool);
	g_free(mixed);
	g_strfreev(lines);
	g_free(text);
}

static void a_report_inside_another_closes_it_as_cut(void **state)
{
	struct race_pool *pool = race_pool_new();
	char *text = read_text("wrong-lock", "gcc-12");
	char *cut = g_strndup(text, (gsize)(strstr(text, "Location") - text));
	char *both = g_strconcat(cut, text, NULL);
	struct race_parsed parsed = parse(both, pool);

	(void)state;
	assert_int_equal(parsed.reports->len, 2);
	assert_int_equal(parsed.cut, 1);
	assert_true(nth(&parsed, 0)->is_cut);
	assert_false(nth(&parsed, 1)->is_cut);
	race_parsed_clear(&parsed);
	race_pool_free(pool);
	g_free(both);
	g_free(cut);
	g_free(text);
}

static void reports_that_are_missing_from_the_sum_are_counted(void **state)
{
	struct race_pool *pool = race_pool_new();
	struct race_parsed parsed =
		parse("ThreadSanitizer: reported 3 warnings\n"
		      "ThreadSanitizer: Matched 2 suppressions (pid=7):\n",
		      pool);

	(void)state;
	assert_int_equal(parsed.broken, 3);
	assert_int_equal(parsed.suppressed, 2);
	assert_true(parsed.has_runtime);
	race_parsed_clear(&parsed);
	race_pool_free(pool);
}

static void a_stack_that_was_lost_is_an_access_without_a_place(void **state)
{
	static const char text[] =
		"WARNING: ThreadSanitizer: data race (pid=1)\n"
		"  Write of size 4 at 0x7b04 by thread T1:\n"
		"    #0 add a b.c:3:2 (my prog+0x12)\n\n"
		"  Previous read of size 4 at 0x7b04 by main thread:\n"
		"    [failed to restore the stack]\n\n"
		"SUMMARY: ThreadSanitizer: data race\n";
	struct race_pool *pool = race_pool_new();
	struct race_parsed parsed = parse(text, pool);
	const struct race_report *report = nth(&parsed, 0);

	(void)state;
	assert_int_equal(report->n_accesses, 2);
	assert_int_equal(report->accesses[0].stack.n, 1);
	assert_string_equal(report->accesses[0].stack.own->module, "my prog");
	assert_int_equal(report->accesses[1].stack.n, 0);
	assert_string_equal(report->accesses[1].thread, "main thread");
	assert_string_equal(report->accesses[1].operation, "read");
	race_parsed_clear(&parsed);
	race_pool_free(pool);
}

static void names_of_functions_lose_what_templates_added(void **state)
{
	static const char *const names[][2] = {
		{ "main", "main" },
		{ "push(int, char*)", "push" },
		{ "void add<std::map<int, A<b> > >(std::map<int, A<b> >&, bool)",
		  "add" },
		{ "std::vector<int, X>::push_back(int const&)",
		  "std::vector::push_back" },
		{ "Worker::operator()(bool) const", "Worker::operator()" },
		{ "A<int>::operator<<(B const&)", "A::operator<<" },
		{ "(anonymous namespace)::run(int)", "(anonymous)::run" },
		{ "", "" },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		struct race_frame frame = { .function = names[i][0] };
		char *name = frame_function(&frame);

		assert_string_equal(name, names[i][1]);
		g_free(name);
	}
}

/* The rows that the reports of some shapes make, a run each. */
static struct race_rows *rows_of(const char *const *names, size_t n,
				 struct race_pool *pool)
{
	struct race_rows *rows = rows_new();

	for (size_t i = 0; i < n; i++) {
		char **name = g_strsplit(names[i], " ", 2);
		char *text = read_text(name[0], name[1]);
		struct race_parsed parsed = parse(text, pool);

		rows_add(rows, &parsed, i, 100 - i, pool);
		race_parsed_clear(&parsed);
		g_free(text);
		g_strfreev(name);
	}
	rows_sort(rows);
	return rows;
}

static void the_same_race_of_two_runs_is_one_row(void **state)
{
	static const char *const names[] = { "wrong-lock gcc-12",
					     "wrong-lock clang-14",
					     "lock-order gcc-12",
					     "wrong-lock clang-19" };
	struct race_pool *pool = race_pool_new();
	struct race_rows *rows = rows_of(names, 4, pool);

	(void)state;
	assert_int_equal(rows->rows->len, 2);
	assert_int_equal(rows_get(rows, 0)->seen_in, 3);
	assert_int_equal(rows_get(rows, 0)->first_seed, 97);
	assert_int_equal(rows_get(rows, 0)->report->kind, RACE_DATA);
	assert_int_equal(rows_get(rows, 1)->seen_in, 1);
	rows_free(rows);
	race_pool_free(pool);
}

/* A tree that is walked too early is one race, not one for each of its nodes.
 */
static void what_a_library_does_on_the_way_splits_no_race(void **state)
{
	static const char text[] =
		"==================\n"
		"WARNING: ThreadSanitizer: data race (pid=7)\n"
		"  Read of size 8 at 0x720400000%s by thread T2:\n"
		"    #0 std::%s(int) /usr/include/c++/12/bits/map.h:%s "
		"(app+0x1)\n"
		"    #1 get(int) /home/me/a.cc:11:5 (app+0x2)\n\n"
		"  Previous write of size 8 at 0x720400000%s by thread T1:\n"
		"    #0 fill() /home/me/a.cc:10:5 (app+0x3)\n\n"
		"  Location is heap block of size 72 at 0x720400000000 "
		"allocated by thread T1:\n"
		"    #0 operator new(unsigned long) <null> (app+0x4)\n"
		"    #1 %s() /home/me/a.cc:%s:5 (app+0x5)\n\n"
		"SUMMARY: ThreadSanitizer: data race /home/me/a.cc:11:5 in "
		"get(int)\n"
		"==================\n";
	static const char *const parts[][6] = {
		{ "010", "find", "700", "010", "fill", "10" },
		{ "018", "less", "300", "018", "fill", "10" },
		{ "010", "find", "700", "010", "make", "9" },
	};
	struct race_pool *pool = race_pool_new();
	struct race_rows *rows = rows_new();

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(parts); i++) {
		char *one = g_strdup_printf(text, parts[i][0], parts[i][1],
					    parts[i][2], parts[i][3],
					    parts[i][4], parts[i][5]);
		struct race_parsed parsed = parse(one, pool);

		assert_int_equal(parsed.reports->len, 1);
		rows_add(rows, &parsed, i, 1, pool);
		race_parsed_clear(&parsed);
		g_free(one);
	}
	assert_int_equal(rows->rows->len, 2);
	assert_int_equal(rows_get(rows, 0)->seen_in, 2);
	rows_free(rows);
	race_pool_free(pool);
}

static void a_mutex_of_freed_memory_has_no_number(void **state)
{
	struct race_pool *pool = race_pool_new();
	char *text = read_text("wrong-lock", "gcc-12");
	char **parts = g_strsplit(text, "write M0", -1);
	char *gone = g_strjoinv("write M6327758137329664", parts);
	struct race_parsed parsed = parse(gone, pool);
	const struct race_report *report = nth(&parsed, 0);
	bool found = false;

	(void)state;
	assert_non_null(parts[1]);
	for (guint i = 0; i < report->n_accesses; i++)
		for (guint k = 0; k < report->accesses[i].n_locks; k++)
			found |= !strcmp(report->accesses[i].locks[k],
					 "a mutex that is gone");
	assert_true(found);
	race_parsed_clear(&parsed);
	race_pool_free(pool);
	g_strfreev(parts);
	g_free(gone);
	g_free(text);
}

static void a_moved_line_is_the_same_race_to_another_build(void **state)
{
	static const char *const names[] = { "wrong-lock gcc-12" };
	struct race_pool *pool = race_pool_new();
	struct race_rows *before = rows_of(names, 1, pool);
	struct race_rows *after = rows_new();
	char *text = read_text("wrong-lock", "gcc-12");
	char **parts = g_strsplit(text, "wrong-lock.c:26", -1);
	char *moved = g_strjoinv("wrong-lock.c:31", parts);
	struct race_parsed parsed = parse(moved, pool);

	(void)state;
	rows_add(after, &parsed, 0, 1, pool);
	assert_string_not_equal(rows_get(after, 0)->key,
				rows_get(before, 0)->key);
	assert_non_null(rows_match(after, rows_get(before, 0)));
	race_parsed_clear(&parsed);
	g_free(moved);
	g_strfreev(parts);
	g_free(text);
	rows_free(after);
	rows_free(before);
	race_pool_free(pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reports_of_three_compilers_tell_the_same),
		cmocka_unit_test(
			a_heap_block_names_the_place_that_allocated_it),
		cmocka_unit_test(
			our_own_frame_format_is_read_with_its_addresses),
		cmocka_unit_test(frames_without_names_keep_module_and_offset),
		cmocka_unit_test(
			a_report_cut_anywhere_is_told_as_cut_or_broken),
		cmocka_unit_test(
			output_of_the_program_in_between_changes_nothing),
		cmocka_unit_test(a_report_inside_another_closes_it_as_cut),
		cmocka_unit_test(
			reports_that_are_missing_from_the_sum_are_counted),
		cmocka_unit_test(
			a_stack_that_was_lost_is_an_access_without_a_place),
		cmocka_unit_test(names_of_functions_lose_what_templates_added),
		cmocka_unit_test(the_same_race_of_two_runs_is_one_row),
		cmocka_unit_test(
			a_moved_line_is_the_same_race_to_another_build),
		cmocka_unit_test(what_a_library_does_on_the_way_splits_no_race),
		cmocka_unit_test(a_mutex_of_freed_memory_has_no_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
