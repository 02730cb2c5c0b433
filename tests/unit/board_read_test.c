/* The recorder reads boards made by hand; READ tells what it wrote. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <glib.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "analysis/read.h"
#include "tests/scratch.h"
#include "tracing/recorder/board_read.h"
#include "tracing/recorder/clock.h"

#define BYTES 65536
#define SLOT  4096
#define TABLE 16384
#define LOCK  0x7000
#define SITE  0x400123

/* A board, its reader, and where both write. */
struct bench {
	struct boards *boards;
	struct board_trace *trace;
	struct board_header *header;
	struct board_slot *slot;
	struct board_entry *table;
	const char *out;
};

/* Sums over all events that came of it. */
struct seen {
	unsigned types[EVENT_NTYPES];
	uint64_t acquisitions, hold_ns, hold_max_ns, failed, calls, untabled;
	struct event process_end, thread, open, held;
};

static void *map_file(const char *path, size_t bytes)
{
	int fd = open(path, O_CREAT | O_RDWR, 0600);
	void *map;

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)bytes), 0);
	map = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_true(map != MAP_FAILED);
	close(fd);
	return map;
}

static void put_board(struct bench *b, const char *path, pid_t pid)
{
	char *map = map_file(path, BYTES);

	b->header = (struct board_header *)map;
	b->slot = (struct board_slot *)(map + SLOT);
	b->table = (struct board_entry *)(map + TABLE);
	b->slot->life = BOARD_LIVE;
	b->slot->tid = pid;
	b->slot->begin_ns = 1000;
	strcpy(b->slot->name, "worker");
	b->slot->table = TABLE;
	b->slot->capacity = 4;
	b->header->version = BOARD_VERSION;
	b->header->pid = pid;
	b->header->ppid = 1;
	b->header->begin_ns = 900;
	b->header->bytes = BYTES;
	b->header->used = BYTES;
	b->header->slots = SLOT;
	strcpy(b->header->executable, "/bin/made-up");
	b->header->magic = BOARD_MAGIC;
}

static void bench_init(struct bench *b, void **state, pid_t pid)
{
	struct err err = { "" };
	const char *dir = scratch_path(*state, "boards");

	b->out = scratch_path(*state, "trace");
	assert_int_equal(mkdir(dir, 0700), 0);
	assert_int_equal(mkdir(b->out, 0700), 0);
	put_board(b, scratch_path(*state, "boards/1.900"), pid);
	b->boards = boards_new(dir, false, 20000, &err);
	b->trace = board_trace_new(scratch_path(*state, "trace/board"),
				   clock_epoch_offset(), &err);
	assert_string_equal(err.text, "");
	boards_write_to(b->boards, b->trace);
}

static void set_lock(struct bench *b, int at, uint64_t n, uint64_t ticks)
{
	b->table[at].lock = LOCK;
	b->table[at].site = SITE + (uint64_t)at;
	b->table[at].kind = LOCK_MUTEX;
	b->table[at].acquisitions = n;
	b->table[at].hold_ticks = ticks;
	b->table[at].hold_max_ticks = ticks;
	b->table[at].failed[LOCK_EBUSY] = (uint32_t)n / 2;
}

static void note(void *data, const struct event *event)
{
	struct seen *seen = data;

	seen->types[event->type]++;
	if (event->type == EVENT_LOCK_STATS) {
		seen->acquisitions += event->u.stats.acquisitions;
		seen->hold_ns += event->u.stats.hold_ns;
		seen->hold_max_ns = event->u.stats.hold_max_ns;
		seen->failed += event->u.stats.failed[LOCK_EBUSY];
	}
	if (event->type == EVENT_IO_STATS)
		seen->calls += event->u.io_stats.calls;
	if (event->type == EVENT_BOARD_LOST)
		seen->untabled += event->u.lost.untabled;
	if (event->type == EVENT_BOARD_PROCESS)
		seen->process_end = *event;
	if (event->type == EVENT_BOARD_THREAD)
		seen->thread = *event;
	if (event->type == EVENT_THREAD_OPEN)
		seen->open = *event;
	if (event->type == EVENT_LOCK_OPEN)
		seen->held = *event;
}

static struct seen bench_clear(struct bench *b)
{
	struct seen seen;
	struct read_stats stats = { 0 };
	struct err err = { "" };

	memset(&seen, 0, sizeof(seen));
	board_trace_free(b->trace);
	boards_free(b->boards);
	munmap(b->header, BYTES);
	assert_int_equal(read_trace(b->out, NULL, note, &seen, &stats, &err),
			 0);
	assert_false(stats.truncated);
	read_stats_clear(&stats);
	return seen;
}

static pid_t dead_process(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	waitpid(pid, NULL, 0);
	return pid;
}

static void counts_are_told_once_and_add_up(void **state)
{
	struct bench b;
	struct seen seen;

	bench_init(&b, state, getpid());
	set_lock(&b, 0, 23, 1000);
	boards_read(b.boards);
	boards_read(b.boards); /* nothing new: nothing told */
	set_lock(&b, 0, 41, 5000);
	set_lock(&b, 1, 7, 0);
	boards_finish(b.boards, 0, 0);
	seen = bench_clear(&b);
	assert_int_equal(seen.types[EVENT_LOCK_STATS], 3);
	assert_int_equal(seen.acquisitions, 48);
	assert_int_equal(seen.failed, 20 + 3);
}

static void a_table_that_has_grown_is_told_no_second_time(void **state)
{
	struct bench b;
	struct seen seen;

	bench_init(&b, state, getpid());
	set_lock(&b, 0, 10, 100);
	boards_read(b.boards);
	/* The new table is elsewhere and has another order. */
	b.table += 4;
	set_lock(&b, 3, 12, 100);
	b.table[3].site = SITE;
	b.slot->table = TABLE + 4 * sizeof(struct board_entry);
	b.slot->capacity = 8;
	boards_finish(b.boards, 0, 0);
	seen = bench_clear(&b);
	assert_int_equal(seen.acquisitions, 12);
}

static void what_was_open_at_a_sudden_end_is_told(void **state)
{
	struct bench b;
	struct seen seen;
	pid_t pid = dead_process();

	bench_init(&b, state, pid);
	b.slot->in = IN_LOCK;
	b.slot->in_kind = LOCK_MUTEX;
	b.slot->object = LOCK;
	b.slot->owner_tid = 77;
	b.slot->since_ns = 5000;
	b.slot->n_held = 1;
	b.slot->held[0] = (struct board_held){ .lock = 0x8000, .site = SITE };
	boards_read(b.boards);
	assert_int_equal(boards_outlived(b.boards), 0);
	seen = bench_clear(&b);
	assert_int_equal(seen.types[EVENT_THREAD_OPEN], 1);
	assert_int_equal(seen.open.u.open.object, LOCK);
	assert_int_equal(seen.open.u.open.owner, 77);
	assert_int_equal(seen.open.u.open.since_ns, 5000);
	assert_int_equal(seen.held.u.lock.address, 0x8000);
	assert_int_equal(seen.process_end.u.process.how, END_GONE);
	assert_int_equal(seen.types[EVENT_BOARD_THREAD], 1);
	assert_int_equal(seen.thread.u.thread.how, END_GONE);
}

static void the_main_program_ended_as_its_status_says(void **state)
{
	struct bench b;
	struct seen seen;
	pid_t pid = dead_process();

	bench_init(&b, state, pid);
	boards_finish(b.boards, pid, SIGKILL); /* as waitpid() tells it */
	seen = bench_clear(&b);
	assert_int_equal(seen.process_end.u.process.how, END_SIGNAL);
}

static void a_thread_that_ended_gives_its_slot_back(void **state)
{
	struct bench b;
	struct seen seen;

	bench_init(&b, state, getpid());
	set_lock(&b, 0, 5, 0);
	b.slot->end_how = END_CANCEL;
	b.slot->end_ns = 2000;
	b.slot->life = BOARD_ENDED;
	boards_read(b.boards);
	assert_int_equal(b.slot->life, BOARD_FREE);
	/* Another thread takes it, and counts from nothing. */
	b.slot->tid++;
	set_lock(&b, 0, 3, 0);
	b.slot->life = BOARD_LIVE;
	boards_finish(b.boards, 0, 0);
	seen = bench_clear(&b);
	assert_int_equal(seen.acquisitions, 8);
	assert_int_equal(seen.types[EVENT_BOARD_THREAD], 2);
}

static void losses_and_io_are_told_as_increments(void **state)
{
	struct bench b;
	struct seen seen;

	bench_init(&b, state, getpid());
	b.slot->io[0] = (struct board_io){ .used = 1, .calls = 9, .ns = 1 };
	b.slot->untabled = 4;
	boards_read(b.boards);
	b.slot->io[0].calls = 11;
	b.slot->untabled = 6;
	boards_finish(b.boards, 0, 0);
	assert_int_equal(boards_lost(b.boards)[1], 6);
	assert_int_equal(boards_outlived(b.boards), 1);
	seen = bench_clear(&b);
	assert_int_equal(seen.calls, 11);
	assert_int_equal(seen.untabled, 6);
	assert_int_equal(seen.process_end.u.process.how, END_RUNNING);
}

static void a_scribbled_board_is_read_without_harm(void **state)
{
	struct bench b;

	bench_init(&b, state, getpid());
	b.slot->next = SLOT; /* a ring */
	b.slot->capacity = 0xffffffff;
	b.slot->n_held = 0xffffffff;
	boards_read(b.boards);
	b.slot->capacity = 4;
	b.slot->table = 0xffffffffffff;
	boards_read(b.boards);
	b.header->slots = BYTES - 8;
	b.header->used = UINT64_MAX;
	boards_finish(b.boards, 0, 0);
	bench_clear(&b);
}

static void no_board_is_opened_before_it_is_complete(void **state)
{
	struct bench b;

	bench_init(&b, state, getpid());
	b.header->magic = 0;
	boards_read(b.boards);
	assert_int_equal(boards_processes(b.boards), 0);
	b.header->magic = BOARD_MAGIC;
	boards_read(b.boards);
	assert_int_equal(boards_processes(b.boards), 1);
	boards_finish(b.boards, 0, 0);
	bench_clear(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(counts_are_told_once_and_add_up),
		scratch_test(a_table_that_has_grown_is_told_no_second_time),
		scratch_test(what_was_open_at_a_sudden_end_is_told),
		scratch_test(the_main_program_ended_as_its_status_says),
		scratch_test(a_thread_that_ended_gives_its_slot_back),
		scratch_test(losses_and_io_are_told_as_increments),
		scratch_test(a_scribbled_board_is_read_without_harm),
		scratch_test(no_board_is_opened_before_it_is_complete),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
