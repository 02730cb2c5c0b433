/* What is made of the rings' records, which are given by hand here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <sys/stat.h>

#include "analysis/read.h"
#include "tests/scratch.h"
#include "tracing/recorder/clock.h"
#include "tracing/recorder/rings.h"
#include "tracing/recorder/sched.h"

#define CPUS	2
#define ROOT	100 /* the program, and its first thread */
#define STRANGE 7   /* a task of somebody else */
#define MOST	256

enum { RUN, SLEEP, DEAD = 16 }; /* as prev_state has them */

/* In the place of the kernel. */
static struct rings {
	struct ring_record records[MOST];
	size_t n, read;
	uint64_t now_ns;
	bool trusted[CPUS];
} kernel;

struct rings *rings_open_system(const char *tracefs, struct err *err)
{
	(void)tracefs;
	(void)err;
	memset(&kernel, 0, sizeof(kernel));
	return &kernel;
}

struct rings *rings_open_task(pid_t pid, struct err *err)
{
	(void)pid;
	(void)err;
	return NULL;
}

uint32_t rings_cpus(const struct rings *rings)
{
	(void)rings;
	return CPUS;
}

bool rings_has(const struct rings *rings, uint32_t cpu)
{
	(void)rings;
	return cpu < CPUS;
}

bool rings_next(struct rings *rings, uint64_t until_ns, struct ring_record *out)
{
	(void)until_ns;
	if (rings->read == rings->n)
		return false;
	*out = rings->records[rings->read++];
	return true;
}

void rings_trust(struct rings *rings, uint32_t cpu, bool trusted)
{
	rings->trusted[cpu] = trusted;
}

void rings_release(struct rings *rings)
{
	(void)rings;
}

void rings_stop(struct rings *rings)
{
	(void)rings;
}

int rings_fd(const struct rings *rings)
{
	(void)rings;
	return -1;
}

void rings_free(struct rings *rings)
{
	(void)rings;
}

/* 1 us after the one before. */
static struct ring_record *record(enum ring_type type, uint32_t cpu)
{
	struct ring_record *r = &kernel.records[kernel.n++];

	assert_true(kernel.n < MOST);
	kernel.now_ns += 1000;
	*r = (struct ring_record){ .type = type,
				   .cpu = cpu,
				   .ts_ns = kernel.now_ns };
	return r;
}

/* The tracepoint. */
static void switches(uint32_t cpu, int32_t prev, int64_t state, int32_t next)
{
	struct ring_record *r = record(RING_SWITCH, cpu);

	r->other = prev;
	r->prev_state = state;
	r->task = next;
}

/* The kernel's own records of a switch. */
static void passes(uint32_t cpu, int32_t prev, int64_t state, int32_t next)
{
	struct ring_record *r = record(RING_LEAVES, cpu);

	r->task = prev;
	r->other = next;
	r->prev_state = state;
	r = record(RING_RUNS, cpu);
	r->other = prev;
	r->task = next;
}

static void told(uint32_t cpu, int32_t prev, int64_t state, int32_t next)
{
	switches(cpu, prev, state, next);
	passes(cpu, prev, state, next);
}

static void thread_made(uint32_t cpu, int32_t tid)
{
	struct ring_record *r = record(RING_FORK, cpu);

	r->task = tid;
	r->pid = r->other = r->other_pid = ROOT;
}

static struct sched *follow(void *state)
{
	struct err err = { "" };
	struct sched *sched = sched_new(NULL);

	mkdir(scratch_path(state, "t"), 0700);
	assert_int_equal(sched_follow(sched, ROOT,
				      scratch_path(state, "t/kernel"), 0, &err),
			 0);
	kernel.now_ns = clock_ns();
	return sched;
}

struct written {
	size_t n;
	struct {
		uint32_t cpu;
		int32_t prev, next;
		int64_t state;
	} switches[MOST];
};

static void note(void *data, const struct event *event)
{
	struct written *written = data;

	if (event->type != EVENT_SWITCH)
		return;
	written->switches[written->n].cpu = event->cpu;
	written->switches[written->n].prev = event->tid;
	written->switches[written->n].next = event->u.sched.next_tid;
	written->switches[written->n++].state = event->u.sched.prev_state;
}

/* Ends the recording, and reads what it wrote. */
static struct written written_by(struct sched *sched, void *state)
{
	struct written written = { 0 };
	struct read_stats stats = { 0 };
	struct err err = { "" };

	sched_stop(sched);
	sched_flush(sched);
	sched_free(sched);
	assert_int_equal(read_trace(scratch_path(state, "t"), NULL, note,
				    &written, &stats, &err),
			 0);
	read_stats_clear(&stats);
	return written;
}

static void expect(const struct written *written, size_t i, int32_t prev,
		   int64_t state, int32_t next)
{
	assert_true(i < written->n);
	assert_int_equal(written->switches[i].prev, prev);
	assert_int_equal(written->switches[i].state, state);
	assert_int_equal(written->switches[i].next, next);
}

static void what_both_tell_is_written_once(void **state)
{
	struct sched *sched = follow(*state);
	struct written written;

	told(0, 0, RUN, ROOT);
	told(0, ROOT, SLEEP, 0);
	written = written_by(sched, *state);
	assert_int_equal(written.n, 2);
	expect(&written, 0, 0, RUN, ROOT);
	expect(&written, 1, ROOT, SLEEP, 0);
}

static void switches_of_others_are_left_out(void **state)
{
	struct sched *sched = follow(*state);
	struct written written;

	told(1, 0, RUN, STRANGE);
	told(1, STRANGE, SLEEP, 0);
	told(1, 0, RUN, ROOT);
	written = written_by(sched, *state);
	assert_int_equal(written.n, 1);
	expect(&written, 0, 0, RUN, ROOT);
}

static void a_switch_that_the_tracepoint_left_out_is_written(void **state)
{
	struct sched *sched = follow(*state);
	struct written written;

	told(0, ROOT, SLEEP, 0);
	passes(0, 0, RUN, ROOT);
	told(0, ROOT, SLEEP, STRANGE);
	passes(0, STRANGE, RUN, ROOT);
	written = written_by(sched, *state);
	assert_int_equal(written.n, 4);
	expect(&written, 1, 0, RUN, ROOT);
	expect(&written, 3, STRANGE, RUN, ROOT);
}

static void who_was_left_out_leaves_as_the_kernel_has_it(void **state)
{
	struct sched *sched = follow(*state);
	struct written written;

	told(0, 0, RUN, ROOT);
	passes(0, ROOT, RUN, STRANGE);
	told(0, STRANGE, SLEEP, ROOT);
	passes(0, ROOT, SLEEP, STRANGE);
	written = written_by(sched, *state);
	assert_int_equal(written.n, 4);
	expect(&written, 1, ROOT, RUN, STRANGE);
	expect(&written, 3, ROOT, SLEEP, STRANGE);
}

/* Ends of idleness, read piece by piece. */
static void idle_ends(struct sched *sched, uint32_t cpu, unsigned times)
{
	while (times--) {
		kernel.n = kernel.read = 0;
		told(cpu, 0, RUN, ROOT);
		told(cpu, ROOT, SLEEP, 0);
		sched_read(sched);
	}
}

/* The kernel's own records know a dead thread no more, the tracepoint does. */
static void the_last_steps_of_a_dead_thread_are_no_fault(void **state)
{
	struct sched *sched = follow(*state);
	struct written written;
	struct ring_record *gone;

	thread_made(0, 101);
	told(0, 0, RUN, 101);
	gone = record(RING_EXIT, 0);
	gone->task = 101;
	gone->pid = ROOT;
	switches(0, 101, RUN, ROOT);
	passes(0, -1, RUN, ROOT);
	switches(0, ROOT, RUN, 101);
	passes(0, ROOT, RUN, -1);
	switches(0, 101, DEAD, ROOT);
	passes(0, -1, SLEEP, ROOT);
	sched_read(sched);
	idle_ends(sched, 0, 64);
	assert_true(kernel.trusted[0]);
	written = written_by(sched, *state);
	expect(&written, 0, 0, RUN, 101);
	expect(&written, 1, 101, RUN, ROOT);
	expect(&written, 2, ROOT, RUN, 101);
	for (size_t i = 0; i < written.n; i++)
		assert_int_not_equal(written.switches[i].next, -1);
}

static void a_cpu_that_tells_all_is_trusted_alone(void **state)
{
	struct sched *sched = follow(*state);

	idle_ends(sched, 0, 63);
	assert_false(kernel.trusted[0]);
	idle_ends(sched, 0, 1);
	assert_true(kernel.trusted[0]);
	assert_false(kernel.trusted[1]);
	sched_free(sched);
}

static void one_that_leaves_out_spoils_the_trust_in_all(void **state)
{
	struct sched *sched = follow(*state);

	idle_ends(sched, 0, 64);
	assert_true(kernel.trusted[0]);
	passes(1, 0, RUN, ROOT);
	told(1, STRANGE, RUN, 0);
	passes(1, 0, RUN, ROOT);
	sched_read(sched);
	assert_false(kernel.trusted[0]);
	idle_ends(sched, 0, 200);
	assert_false(kernel.trusted[0]);
	sched_free(sched);
}

/* What ran when records were lost is not known, which is no fault either. */
static void after_a_loss_the_chain_begins_anew(void **state)
{
	struct sched *sched = follow(*state);
	struct written written;

	told(0, ROOT, SLEEP, 0);
	record(RING_LOST, 0)->count = 3;
	passes(0, STRANGE, SLEEP, ROOT);
	sched_read(sched);
	idle_ends(sched, 0, 64);
	assert_true(kernel.trusted[0]);
	written = written_by(sched, *state);
	expect(&written, 1, STRANGE, SLEEP, ROOT);
}

static void time_of_a_cpu_is_idle_ours_or_of_others(void **state)
{
	struct sched *sched = follow(*state);
	uint64_t idle_ns, foreign_ns;

	told(0, ROOT, SLEEP, 0);
	kernel.now_ns += 1000000;
	passes(0, 0, RUN, ROOT); /* left out, but idle it was */
	kernel.now_ns += 1000000;
	told(0, ROOT, RUN, STRANGE);
	kernel.now_ns += 3000000;
	told(0, STRANGE, SLEEP, ROOT);
	sched_read(sched);
	assert_int_equal(sched_beside(sched, 0, &idle_ns, &foreign_ns), 0);
	assert_in_range(idle_ns, 1000000, 1010000);
	assert_in_range(foreign_ns, 3000000, 3010000);
	sched_free(sched);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(what_both_tell_is_written_once),
		scratch_test(switches_of_others_are_left_out),
		scratch_test(a_switch_that_the_tracepoint_left_out_is_written),
		scratch_test(who_was_left_out_leaves_as_the_kernel_has_it),
		scratch_test(the_last_steps_of_a_dead_thread_are_no_fault),
		scratch_test(a_cpu_that_tells_all_is_trusted_alone),
		scratch_test(one_that_leaves_out_spoils_the_trust_in_all),
		scratch_test(after_a_loss_the_chain_begins_anew),
		scratch_test(time_of_a_cpu_is_idle_ours_or_of_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
