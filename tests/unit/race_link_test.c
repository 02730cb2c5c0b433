#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "analysis/race/link.h"
#include "analysis/report.h"

/* A recording in which deposit() took accounts 23 times, audit() journal 7. */
static struct site sites[] = {
	{ .function = "deposit", .file = "bank.c", .line = 12 },
	{ .function = "audit", .file = "bank.c", .line = 24 },
};
static struct lock_site accounts_sites[] = { { .site = 0,
					       .acquisitions = 23 } };
static struct lock_site journal_sites[] = { { .site = 1, .acquisitions = 7 } };
static struct lock locks[] = {
	{ .kind = LOCK_MUTEX,
	  .label = "journal (bank.c:3)",
	  .n_sites = 1,
	  .sites = journal_sites },
	{ .kind = LOCK_MUTEX,
	  .label = "accounts (bank.c:2)",
	  .n_sites = 1,
	  .sites = accounts_sites },
};
static const char *const command[] = { "./bank", NULL };

static struct report recording(void)
{
	struct report report = {
		.n_sites = 2, .sites = sites, .n_locks = 2, .locks = locks
	};

	report.run.argc = 1;
	report.run.argv = command;
	return report;
}

static const struct race_frame frames[] = {
	{ .function = "deposit",
	  .path = "bank.c",
	  .file = "bank.c",
	  .module = "bank",
	  .line = 14 },
	{ .function = "audit",
	  .path = "bank.c",
	  .file = "bank.c",
	  .module = "bank",
	  .line = 26 },
	{ .function = "rest",
	  .path = "bank.c",
	  .file = "bank.c",
	  .module = "bank",
	  .line = 40 },
};
static const char *const holds_accounts[] = { "accounts" };

/* A race of frame `one` with `other`; accounts is held in the first, or not. */
static const char *hint(int one, int other, bool holds)
{
	static char kept[512];
	struct race_access accesses[2] = {
		{ .operation = "write",
		  .thread = "T1",
		  .stack = { 1, &frames[one], &frames[one] },
		  .n_locks = holds,
		  .locks = holds_accounts },
		{ .operation = "read",
		  .thread = "T2",
		  .stack = { 1, &frames[other], &frames[other] } },
	};
	struct race_report race = { .kind = RACE_DATA,
				    .title = "",
				    .variable = "balance",
				    .n_accesses = 2,
				    .accesses = accesses };
	struct race_pool *pool = race_pool_new();
	struct campaign campaign = { .pool = pool, .rows = rows_new() };
	struct report report = recording();

	rows_add_report(campaign.rows, &race, 0, 1, pool);
	link_report(&campaign, &report, "holdup.trace");
	g_strlcpy(kept, rows_get(campaign.rows, 0)->hint, sizeof(kept));
	rows_free(campaign.rows);
	race_pool_free(pool);
	return kept;
}

static void the_lock_that_one_side_holds_is_missing_on_the_other(void **state)
{
	(void)state;
	assert_string_equal(
		hint(0, 1, true),
		"Probably missing: accounts (bank.c:2). deposit (bank.c:14) "
		"holds it (23 acquisitions there); audit (bank.c:26) does not "
		"hold it (0 acquisitions there). Counted in holdup.trace.");
}

static void
the_lock_that_the_functions_take_most_is_the_next_guess(void **state)
{
	(void)state;
	assert_non_null(strstr(hint(0, 1, false),
			       "Probably missing: accounts (bank.c:2)."));
	assert_non_null(strstr(hint(2, 1, false),
			       "Probably missing: journal (bank.c:3)."));
}

static void without_evidence_it_says_so(void **state)
{
	(void)state;
	assert_non_null(strstr(hint(2, 2, false), "holdup.trace cannot tell"));
}

static bool is_same(const char *path)
{
	char name[64];
	struct campaign campaign = { .path = name };
	struct report report = recording();

	g_strlcpy(name, path, sizeof(name));
	return link_is_same(&campaign, &report);
}

static void a_recording_belongs_to_a_program_by_its_name(void **state)
{
	(void)state;
	assert_true(is_same("/usr/bin/bank"));
	assert_true(is_same("./bank-tsan"));
	assert_true(is_same("bank.clang"));
	assert_false(is_same("/usr/bin/banker"));
	assert_false(is_same("./ban"));
	assert_false(is_same("shop"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			the_lock_that_one_side_holds_is_missing_on_the_other),
		cmocka_unit_test(
			the_lock_that_the_functions_take_most_is_the_next_guess),
		cmocka_unit_test(without_evidence_it_says_so),
		cmocka_unit_test(a_recording_belongs_to_a_program_by_its_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
