/* The board and the times of the interposer, as its threads use them. */
#include "tracing/interposer/board.h"
#include "tests/scratch.h"

#include <assert.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* What board.c and clock.c read of the process; process.c has it else. */
struct process process;

static void make_session(const char *scratch, uint64_t magic)
{
	struct board_session session = {
		.magic = magic,
		.version = BOARD_VERSION,
		.tsc_usable = 1,
		.ns_per_tick_q32 = (uint64_t)1 << 31,
	};
	char path[512];
	FILE *file;

	snprintf(path, sizeof(path), "%s/" BOARD_SESSION_FILE, scratch);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(&session, sizeof(session), 1, file), 1);
	fclose(file);
}

static void begin(const char *directory)
{
	static uint64_t began;

	process.pid = process.outer_pid = getpid();
	process.begin_ns = ++began;
	assert_true(board_open(directory));
}

static struct board_entry *count(struct board_slot *slot, uint64_t lock)
{
	struct board_entry *entry;

	assert(slot);
	entry = board_table_place(board_table(slot), slot->capacity, lock, 7,
				  LOCK_MUTEX, 0);
	if (!entry->lock) {
		entry->lock = lock;
		entry->site = 7;
		entry->kind = LOCK_MUTEX;
		slot->entries++;
	}
	entry->acquisitions++;
	return entry;
}

static void a_table_that_grows_keeps_its_counts(void **state)
{
	struct board_slot *slot;

	(void)state;
	begin(NULL);
	slot = board_slot_new(1);
	assert_non_null(slot);
	for (uint64_t i = 1; i <= 1000; i++) {
		if (slot->entries * 4 > slot->capacity * 3)
			assert_true(board_table_grow(slot));
		for (uint64_t n = 0; n < i % 5 + 1; n++)
			count(slot, i * 64);
	}
	assert_true(slot->capacity > 1000);
	for (uint64_t i = 1; i <= 1000; i++)
		assert_int_equal(count(slot, i * 64)->acquisitions, i % 5 + 2);
	board_forget();
}

static void a_private_slot_is_used_again_and_wiped(void **state)
{
	struct board_slot *first;
	struct board_slot *again;

	(void)state;
	begin(NULL);
	first = board_slot_new(11);
	count(first, 64);
	first->n_held = 1;
	board_slot_end(first, END_RETURN, 5);
	again = board_slot_new(12);
	assert_ptr_equal(again, first);
	assert_int_equal(again->tid, 12);
	assert_int_equal(again->n_held, 0);
	assert_int_equal(again->end_how, END_UNKNOWN);
	assert_int_equal(count(again, 64)->acquisitions, 1);
	board_forget();
}

static void a_slot_that_somebody_still_reads_is_not(void **state)
{
	const char *scratch = scratch_path(*state, ".");
	struct board_slot *first;
	struct board_slot *second;
	struct board_slot *third;

	begin(scratch);
	first = board_slot_new(21);
	board_slot_end(first, END_EXIT, 5);
	second = board_slot_new(22);
	assert_ptr_not_equal(second, first);
	assert_int_equal(first->end_how, END_EXIT);
	atomic_store(&first->life, BOARD_FREE); /* as the recorder does */
	third = board_slot_new(23);
	assert_ptr_equal(third, first);
	board_forget();
}

static void a_full_board_loses_slots_and_counts_them(void **state)
{
	struct board_slot *slot;
	struct board_slot *last;
	uint32_t n = 1;

	(void)state;
	begin(NULL);
	/* As if all but a little were handed out. */
	atomic_store(&board_header()->used, board_header()->bytes - (64 << 10));
	slot = board_slot_new(1);
	assert_non_null(slot);
	while ((last = board_slot_new((int32_t)n + 1))) {
		slot = last;
		n++;
	}
	assert_in_range(n, 4, 16);
	assert_int_equal(board_header()->slots_lost, 1);
	assert_false(board_table_grow(slot));
	assert_int_equal(count(slot, 64)->acquisitions, 1);
	board_forget();
}

static void limits_of_the_program_are_not_met_because_of_us(void **state)
{
	struct rlimit before;
	struct rlimit small = { .rlim_cur = 8 << 20 };
	const char *scratch = scratch_path(*state, ".");

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small.rlim_max = before.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	begin(scratch);
	assert_in_range(board_header()->bytes, 1 << 20, 8 << 20);
	assert_non_null(board_slot_new(1));
	board_forget();
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
}

static void a_board_is_sparse(void **state)
{
	const char *scratch = scratch_path(*state, ".");
	char path[512];
	struct stat status;

	begin(scratch);
	assert_non_null(board_slot_new(1));
	snprintf(path, sizeof(path), "%s/%d.%lu", scratch, (int)process.pid,
		 (unsigned long)process.begin_ns);
	assert_int_equal(stat(path, &status), 0);
	assert_true(status.st_size >= 1 << 20);
	assert_true(status.st_blocks * 512 <= 1 << 20);
	assert_int_equal(status.st_mode & 0777, 0600);
	board_forget();
}

static void a_session_of_something_else_is_refused(void **state)
{
	const char *scratch = scratch_path(*state, ".");
	const struct board_session *session;

	make_session(scratch, BOARD_MAGIC);
	session = board_session_open(scratch);

	assert_non_null(session);
	munmap((void *)(uintptr_t)session, sizeof(*session));
	make_session(scratch, BOARD_MAGIC + 1);
	assert_null(board_session_open(scratch));
	assert_null(board_session_open("/nonexistent"));
	assert_null(board_session_open(NULL));
}

/* The same instant in both: the closest of many, of which few are interrupted.
 */
static void read_both(uint64_t *ticks, uint64_t *ns)
{
	uint64_t best = UINT64_MAX;

	for (int i = 0; i < 1000; i++) {
		uint64_t before = __builtin_ia32_rdtsc();
		uint64_t now_ns = clock_now_ns();
		uint64_t took = __builtin_ia32_rdtsc() - before;

		if (took >= best)
			continue;
		best = took;
		*ticks = before + took / 2;
		*ns = now_ns;
	}
}

/* ns a tick, << 32, a little wrong as that of a new session is. */
static uint64_t measure_scale(void)
{
	uint64_t begin_ns, begin_ticks, ns, ticks, scale;

	read_both(&begin_ticks, &begin_ns);
	while (clock_now_ns() - begin_ns < 20000000)
		;
	read_both(&ticks, &ns);
	scale = ((ns - begin_ns) << 32) / (ticks - begin_ticks);
	return scale + scale / 100000;
}

/* Also over a correction of the line, of which there are some here. */
static void times_keep_their_order_and_stay_near_the_clock(void **state)
{
	static struct board_session session;
	uint64_t last = 0;
	uint64_t end;

	(void)state;
	atomic_store(&session.ns_per_tick_q32, measure_scale());
	process.session = &session;
	process.tsc = 1;
	clock_start();
	end = clock_now_ns() + 400000000;
	while (clock_now_ns() < end) {
		uint64_t before = clock_now_ns();
		uint64_t ticks = clock_ticks();
		uint64_t ns;

		clock_sync(ticks);
		ns = clock_to_ns(ticks);
		assert_true(ns >= last);
		assert_true(ns + 100000 > before);
		assert_true(ns < clock_now_ns() + 100000);
		last = ns;
	}
	process.tsc = 0;
	process.session = NULL;
	assert_int_equal(clock_to_ns(5), 5);
	assert_int_equal(clock_span_ns(7), 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_table_that_grows_keeps_its_counts),
		cmocka_unit_test(a_private_slot_is_used_again_and_wiped),
		scratch_test(a_slot_that_somebody_still_reads_is_not),
		cmocka_unit_test(a_full_board_loses_slots_and_counts_them),
		scratch_test(limits_of_the_program_are_not_met_because_of_us),
		scratch_test(a_board_is_sparse),
		scratch_test(a_session_of_something_else_is_refused),
		cmocka_unit_test(
			times_keep_their_order_and_stay_near_the_clock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
