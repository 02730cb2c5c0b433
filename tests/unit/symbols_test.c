#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <link.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analysis/symbols.h"

/* This program is its own specimen: its addresses are looked up in its file. */
#define PID 4711

struct shard {
	long hits;
	pthread_mutex_t lock;
};

struct cache {
	int size;
	struct {
		struct shard shard[5];
	};
	pthread_mutex_t grid[3][4];
};

static struct cache cache;
pthread_rwlock_t table_lock;
static void *returned;

__attribute__((noinline)) static void note_caller(void)
{
	returned = __builtin_return_address(0);
}

__attribute__((noinline)) static int calls_it(void)
{
	note_caller();
	return __LINE__ - 1;
}

static int own_base(struct dl_phdr_info *info, size_t bytes, void *data)
{
	struct event *event = data;
	uint64_t end = 0;

	(void)bytes;
	for (int i = 0; i < info->dlpi_phnum; i++)
		if (info->dlpi_phdr[i].p_type == PT_LOAD)
			end = info->dlpi_phdr[i].p_vaddr +
			      info->dlpi_phdr[i].p_memsz;
	event->u.module.base = info->dlpi_addr;
	event->u.module.bytes = end;
	return 1; /* the first one is the program */
}

static struct symbols *of_itself(const uint8_t *build_id, uint32_t n)
{
	struct symbols *symbols = symbols_new();
	static char path[4096];
	struct event event = { .type = EVENT_MODULE, .pid = PID };
	ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);

	assert_true(length > 0);
	path[length] = '\0';
	event.u.module.path = path;
	dl_iterate_phdr(own_base, &event);
	symbols_event(symbols, &event);
	event.type = EVENT_MODULE_BUILD_ID;
	event.u.module.build_id = build_id;
	event.u.module.n_build_id = n;
	symbols_event(symbols, &event);
	return symbols;
}

static void a_return_address_is_looked_up_as_its_call(void **state)
{
	struct symbols *symbols = of_itself(NULL, 0);
	struct symbol symbol;
	int line = calls_it();

	(void)state;
	assert_true(symbols_code(symbols, PID, (uintptr_t)returned,
				 SYMBOLS_RETURN, &symbol));
	assert_string_equal(symbol.function, "calls_it");
	assert_int_equal(symbol.line, line);
	assert_non_null(strstr(symbol.path, "symbols_test.c"));
	assert_string_equal(symbol.module, "symbols_test");
	assert_false(symbol.runtime);
	assert_true(symbols_code(symbols, PID, (uintptr_t)calls_it,
				 SYMBOLS_ENTRY, &symbol));
	assert_string_equal(symbol.function, "calls_it");
	symbols_free(symbols);
}

static void a_link_gives_the_program_its_name(void **state)
{
	struct symbols *symbols = of_itself(NULL, 0);
	char dir[] = "/tmp/symbols.XXXXXX", link[64];
	struct symbol symbol;

	(void)state;
	(void)calls_it();
	assert_non_null(mkdtemp(dir));
	snprintf(link, sizeof(link), "%s/server", dir);
	assert_int_equal(symlink("/proc/self/exe", link), 0);
	symbols_started_as(symbols, link);
	assert_true(symbols_code(symbols, PID, (uintptr_t)returned,
				 SYMBOLS_RETURN, &symbol));
	assert_string_equal(symbol.module, "server");
	symbols_started_as(symbols, "/nowhere/else");
	assert_true(symbols_code(symbols, PID, (uintptr_t)returned,
				 SYMBOLS_RETURN, &symbol));
	assert_string_equal(symbol.module, "symbols_test");
	assert_int_equal(unlink(link) | rmdir(dir), 0);
	symbols_free(symbols);
}

static void assert_named(struct symbols *symbols, const void *object,
			 const char *name)
{
	struct variable variable;

	assert_true(symbols_data(symbols, PID, (uintptr_t)object, &variable));
	assert_string_equal(variable.name, name);
	assert_true(variable.line > 0);
}

static void a_lock_in_a_variable_has_its_member_path(void **state)
{
	static pthread_mutex_t local;
	struct symbols *symbols = of_itself(NULL, 0);

	(void)state;
	assert_named(symbols, &cache.shard[3].lock, "cache.shard[3].lock");
	assert_named(symbols, &cache.grid[2][1], "cache.grid[2][1]");
	assert_named(symbols, &table_lock, "table_lock");
	assert_named(symbols, &local, "local");
	symbols_free(symbols);
}

static void what_is_in_no_module_has_no_name(void **state)
{
	struct symbols *symbols = of_itself(NULL, 0);
	struct symbol symbol;
	struct variable variable;
	int on_stack = 0;

	(void)state;
	assert_false(
		symbols_data(symbols, PID, (uintptr_t)&on_stack, &variable));
	assert_false(symbols_code(symbols, PID, (uintptr_t)&on_stack,
				  SYMBOLS_RETURN, &symbol));
	assert_false(symbols_code(symbols, PID + 1, (uintptr_t)returned,
				  SYMBOLS_RETURN, &symbol));
	assert_string_equal(symbol.module, "");
	symbols_free(symbols);
}

static void a_file_of_another_build_is_not_used_and_noted(void **state)
{
	static const uint8_t other[20] = { 1, 2, 3 };
	struct symbols *symbols = of_itself(other, sizeof(other));
	const char *const *notes;
	struct symbol symbol;

	(void)state;
	(void)calls_it();
	assert_true(symbols_code(symbols, PID, (uintptr_t)returned,
				 SYMBOLS_RETURN, &symbol));
	assert_string_equal(symbol.function, "");
	assert_string_equal(symbol.module, "symbols_test");
	assert_int_not_equal(symbol.offset, 0);
	assert_int_equal(symbols_notes(symbols, &notes), 1);
	assert_non_null(strstr(notes[0], "build id differs"));
	symbols_free(symbols);
}

static void a_child_of_fork_has_the_modules_of_its_parent(void **state)
{
	struct symbols *symbols = of_itself(NULL, 0);
	struct event event = { .type = EVENT_PROCESS_FORK, .pid = PID + 1 };

	(void)state;
	event.u.process.ppid = PID;
	symbols_event(symbols, &event);
	for (int i = 0; i < 2; i++) {
		struct variable variable;

		assert_true(symbols_data(symbols, PID + i,
					 (uintptr_t)&table_lock, &variable));
	}
	symbols_free(symbols);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_return_address_is_looked_up_as_its_call),
		cmocka_unit_test(a_link_gives_the_program_its_name),
		cmocka_unit_test(a_lock_in_a_variable_has_its_member_path),
		cmocka_unit_test(what_is_in_no_module_has_no_name),
		cmocka_unit_test(a_file_of_another_build_is_not_used_and_noted),
		cmocka_unit_test(a_child_of_fork_has_the_modules_of_its_parent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
