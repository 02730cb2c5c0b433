#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <string.h>

#include "analysis/arena.h"
#include "analysis/names.h"

#define PID 77

static pthread_mutex_t ledger;

/* A report with one lock and `n` sites, whose addresses count from 1 on. */
static struct report *with_lock(const void *address, size_t n)
{
	struct report *report = report_new();
	struct lock *lock = arena_array(report->arena, 1, sizeof(*lock));

	lock->pid = PID;
	lock->address = (uintptr_t)address;
	lock->kind = LOCK_MUTEX;
	lock->init_site = lock->first_site = lock->mutex = -1;
	report->locks = lock;
	report->n_locks = 1;
	report->sites = arena_array(report->arena, n, sizeof(struct site));
	report->n_sites = n;
	for (size_t i = 0; i < n; i++) {
		report->sites[i].address = i + 1;
		report->sites[i].pid = PID;
	}
	return report;
}

/* A module of 4 KB at 4096 that no machine has. */
static struct symbols *elsewhere(void)
{
	struct symbols *symbols = symbols_new();
	struct event event = { .type = EVENT_MODULE, .pid = PID };

	event.u.module.base = 4096;
	event.u.module.bytes = 4096;
	event.u.module.path = "/nowhere/app";
	symbols_event(symbols, &event);
	return symbols;
}

static void the_annotation_wins(void **state)
{
	struct report *report = with_lock(&ledger, 2);

	(void)state;
	report->locks[0].name = "the ledger";
	report->locks[0].init_site = 0;
	names_resolve(report, NULL);
	assert_string_equal(report->locks[0].label, "the ledger");
	report_free(report);
}

static void then_the_init_then_the_first_acquisition(void **state)
{
	struct report *report = with_lock(&ledger, 2);

	(void)state;
	report->locks[0].init_site = 0;
	report->locks[0].first_site = 1;
	names_resolve(report, NULL);
	assert_string_equal(report->locks[0].label, "mutex from 0x1");
	report->locks[0].init_site = -1;
	names_resolve(report, NULL);
	assert_string_equal(report->locks[0].label, "mutex in 0x2");
	report_free(report);
}

static void where_the_binary_is_missing_module_and_offset_are_told(void **state)
{
	struct report *report = with_lock((void *)(uintptr_t)4196, 1);
	struct symbols *symbols = elsewhere();

	(void)state;
	report->sites[0].address = 4096 + 0x20;
	names_resolve(report, symbols);
	assert_string_equal(report->sites[0].text, "app+0x20");
	assert_string_equal(report->locks[0].label, "mutex at app+0x64");
	assert_int_equal(report->run.unresolved, 1);
	assert_int_equal(report->run.n_notes, 1);
	assert_non_null(strstr(report->run.notes[0], "/nowhere/app"));
	symbols_free(symbols);
	report_free(report);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_annotation_wins),
		cmocka_unit_test(then_the_init_then_the_first_acquisition),
		cmocka_unit_test(
			where_the_binary_is_missing_module_and_offset_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
