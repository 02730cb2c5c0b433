#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <glib.h>

#include "analysis/check.h"
#include "analysis/model.h"

static uint64_t some_time(GRand *rand, uint64_t now)
{
	switch (g_rand_int_range(rand, 0, 8)) {
	case 0:
		return 0;
	case 1:
		return g_rand_int_range(rand, 0, 4) ? now : UINT64_MAX;
	case 2:
		return now + (uint64_t)g_rand_int_range(rand, 0, 5000);
	default:
		return now -
		       MIN(now, (uint64_t)g_rand_int_range(rand, 0, 9000));
	}
}

static void fill_lock(struct event *e, GRand *rand)
{
	static const uint64_t held[3] = { 0xA0, 0xA1, 0xA2 };

	e->u.lock.address = 0xA0 + (uint64_t)g_rand_int_range(rand, 0, 4);
	e->u.lock.site = 0x50 + (uint64_t)g_rand_int_range(rand, 0, 4);
	e->u.lock.kind = (uint8_t)g_rand_int_range(rand, 0, 4) / 2;
	e->u.lock.mode = (uint8_t)g_rand_int_range(rand, 0, 3);
	e->u.lock.flags = (uint8_t)g_rand_int_range(rand, 0, 64);
	e->u.lock.weight = (uint32_t)g_rand_int_range(rand, 0, 3);
	e->u.lock.owner = g_rand_int_range(rand, 9, 16);
	e->u.lock.result = g_rand_int_range(rand, 0, 120);
	e->u.lock.wait_begin_ns = some_time(rand, e->ts_ns);
	e->u.lock.begin_ns = some_time(rand, e->ts_ns);
	e->u.lock.end_ns = some_time(rand, e->ts_ns);
	e->u.lock.held = e->u.lock.stack = held;
	e->u.lock.n_held = (uint8_t)g_rand_int_range(rand, 0, 4);
	e->u.lock.n_stack = (uint8_t)g_rand_int_range(rand, 0, 4);
}

static void fill_stats(struct event *e, GRand *rand)
{
	e->u.stats.address = 0xA0 + (uint64_t)g_rand_int_range(rand, 0, 4);
	e->u.stats.site = 0x50;
	e->u.stats.kind = (uint8_t)g_rand_int_range(rand, 0, 4) / 2;
	e->u.stats.acquisitions = (uint64_t)g_rand_int_range(rand, 0, 9);
	e->u.stats.contended = (uint64_t)g_rand_int_range(rand, 0, 9);
	e->u.stats.hold_ns = (uint64_t)g_rand_int_range(rand, 0, 9000);
	e->u.stats.wait_ns = (uint64_t)g_rand_int_range(rand, 0, 9000);
	e->u.stats.hold_max_ns = (uint64_t)g_rand_int_range(rand, 0, 9000);
	e->u.stats.wait_max_ns = (uint64_t)g_rand_int_range(rand, 0, 9000);
}

static void fill(struct event *e, GRand *rand)
{
	switch (e->type) {
	case EVENT_LOCK_INIT:
	case EVENT_LOCK_DESTROY:
	case EVENT_LOCK_NAME:
	case EVENT_LOCK_WAIT:
	case EVENT_LOCK_HELD:
	case EVENT_LOCK_FAILED:
	case EVENT_LOCK_OPEN:
		fill_lock(e, rand);
		e->u.lock.name = "name";
		break;
	case EVENT_LOCK_ORDER:
		e->u.order.first = 0xA0 + (uint64_t)(e->ts_ns % 4);
		e->u.order.second = 0xA0 + (uint64_t)(e->ts_ns / 4 % 4);
		break;
	case EVENT_WAIT_BEGIN:
	case EVENT_WAIT_END:
	case EVENT_SIGNAL:
	case EVENT_BROADCAST:
		e->u.wait.object = 0xC0;
		e->u.wait.kind = (uint8_t)g_rand_int_range(rand, 0, 255);
		e->u.wait.begin_ns = some_time(rand, e->ts_ns);
		e->u.wait.end_ns = some_time(rand, e->ts_ns);
		break;
	case EVENT_IO_BEGIN:
	case EVENT_IO_END:
	case EVENT_FD_OPEN:
	case EVENT_SLEEP_BEGIN:
	case EVENT_SLEEP_END:
		e->u.io.op = (uint8_t)g_rand_int_range(rand, 0, 30);
		e->u.io.fd_kind = (uint8_t)g_rand_int_range(rand, 0, 30);
		e->u.io.begin_ns = some_time(rand, e->ts_ns);
		e->u.io.end_ns = some_time(rand, e->ts_ns);
		e->u.io.bytes = g_rand_int_range(rand, -5, 5);
		break;
	case EVENT_SWITCH:
		e->u.sched.next_tid = g_rand_int_range(rand, -1, 16);
		e->u.sched.prev_state = g_rand_int_range(rand, 0, 0x200);
		break;
	case EVENT_WAKING:
	case EVENT_WAKEUP_NEW:
	case EVENT_SCHED_FORK:
	case EVENT_SCHED_EXIT:
	case EVENT_SCHED_EXEC:
		e->u.task.tid = g_rand_int_range(rand, 8, 16);
		e->u.task.pid = g_rand_int_range(rand, 0, 3);
		break;
	case EVENT_LOCK_STATS:
		fill_stats(e, rand);
		break;
	case EVENT_THREAD_OPEN:
		e->u.open.in = (uint8_t)g_rand_int_range(rand, 0, 20);
		e->u.open.object = 0xA0;
		e->u.open.since_ns = some_time(rand, e->ts_ns);
		e->u.open.owner = 11;
		break;
	case EVENT_THREAD_CREATE:
	case EVENT_THREAD_START:
	case EVENT_THREAD_NAME:
	case EVENT_JOIN_BEGIN:
	case EVENT_JOIN_END:
	case EVENT_BOARD_THREAD:
		e->u.thread.other = g_rand_int_range(rand, 8, 16);
		e->u.thread.thread = (uint64_t)g_rand_int_range(rand, 0, 4);
		e->u.thread.begin_ns = some_time(rand, e->ts_ns);
		e->u.thread.end_ns = some_time(rand, e->ts_ns);
		e->u.thread.how = (uint8_t)g_rand_int_range(rand, 0, 9);
		break;
	default:
		break;
	}
}

static bool is_last_word(enum event_type type)
{
	return type == EVENT_THREAD_EXIT || type == EVENT_SCHED_EXIT ||
	       type == EVENT_PROCESS_END || type == EVENT_DISCARDED;
}

static void try(unsigned int seed, int n)
{
	GRand *rand = g_rand_new_with_seed(seed);
	struct model_options options = {
		.cpus = seed % 3,
		.begin_ns = seed % 2 ? 100 : 0,
		.from_ns = seed % 7 == 6 ? 5000 : 0,
		.to_ns = seed % 7 == 6 ? 200000 : 0,
		.bins = 16,
		.waits = 4,
		.tape_bytes = seed % 5 ? 1 << 16 : 0,
		.round = seed % 4 ? 64 : 0,
	};
	struct model *m = model_new(&options);
	struct report *report = report_new();
	struct err err = { "" };
	uint64_t now = 1000;

	for (int i = 0; i < n; i++) {
		struct event e = {
			.type = (enum event_type)g_rand_int_range(rand, 0,
								  EVENT_NTYPES),
			.pid = 1 + (g_rand_int_range(rand, 0, 20) == 0),
			.tid = g_rand_int_range(rand, 8, 16),
			.cpu = g_rand_int_range(rand, -1, 3),
		};

		/* An end is rarer than what it ends. */
		if (is_last_word(e.type) && g_rand_int_range(rand, 0, 20))
			continue;
		now += (uint64_t)g_rand_int_range(rand, 0, 300);
		e.ts_ns = now;
		fill(&e, rand);
		model_event(m, &e);
	}
	model_finish(m, report);
	if (report_check(report, &err))
		fail_msg("seed %u: %s", seed, err.text);
	report_free(report);
	g_rand_free(rand);
}

static void nonsense_makes_neither_crash_nor_contradiction(void **state)
{
	(void)state;
	for (unsigned int seed = 1; seed <= 300; seed++)
		try(seed, 400);
	for (unsigned int seed = 1; seed <= 20; seed++)
		try(seed, 20000);
}

static void nothing_makes_an_empty_report(void **state)
{
	(void)state;
	try(1, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			nonsense_makes_neither_crash_nor_contradiction),
		cmocka_unit_test(nothing_makes_an_empty_report),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
