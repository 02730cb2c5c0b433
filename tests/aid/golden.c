/*
 * usage: golden DIR
 *
 * Writes the recording of a run that never was: three workers append orders to
 * a ledger, which each of them holds for a millisecond, 0.7 of that in fsync;
 * main waits for them on a condition. Every figure of its report can be worked
 * out by hand; addresses have no symbols, so that no machine knows better.
 */
#include <stdio.h>

#include "tests/synth.h"

#define US	1000ull
#define PID	100
#define WORKERS 3ull
#define ROUNDS	10ull
#define BEGIN	(1000000 * US)
#define FIRST	(BEGIN + 1000 * US) /* the ledger is taken for the first time */
#define PERIOD	(1020 * US) /* of holds of the ledger, one after another */
#define END	(FIRST + WORKERS * ROUNDS * PERIOD + 1000 * US)

enum { LEDGER = 0xa000, AUDIT = 0xb000, STATE = 0xc000, DONE = 0xd000 };

static struct event told(enum event_type type, uint64_t ts_ns, int32_t tid)
{
	return (struct event){
		.ts_ns = ts_ns, .type = type, .pid = PID, .tid = tid, .cpu = -1
	};
}

static void named(struct synth *s, uint64_t lock, enum lock_kind kind,
		  const char *name)
{
	struct event e = told(EVENT_LOCK_NAME, BEGIN + 10 * US, PID);

	e.u.lock.address = lock;
	e.u.lock.kind = (uint8_t)kind;
	e.u.lock.name = name;
	synth_event(s, &e);
}

static void phase(struct synth *s, uint64_t ts_ns, const char *name)
{
	struct event e = told(EVENT_PHASE, ts_ns, PID);

	e.u.mark.name = name;
	synth_event(s, &e);
}

static void fsync_ended(struct synth *s, uint64_t ts_ns, int32_t tid,
			uint64_t begin_ns)
{
	struct event e = told(EVENT_IO_END, ts_ns, tid);

	e.u.io.op = IO_FSYNC;
	e.u.io.fd = 3;
	e.u.io.fd_kind = FD_FILE;
	e.u.io.site = LEDGER + 2;
	e.u.io.begin_ns = begin_ns;
	e.u.io.end_ns = ts_ns;
	e.u.io.weight = 1;
	synth_event(s, &e);
}

static void fsync_began(struct synth *s, uint64_t ts_ns, int32_t tid)
{
	struct event e = told(EVENT_IO_BEGIN, ts_ns, tid);

	e.u.io.op = IO_FSYNC;
	e.u.io.fd = 3;
	e.u.io.fd_kind = FD_FILE;
	e.u.io.site = LEDGER + 2;
	e.u.io.begin_ns = ts_ns;
	synth_event(s, &e);
}

/* When the worker of the n-th hold begins to wait for it. */
static uint64_t waits_since(uint64_t n)
{
	return n < WORKERS ? FIRST + (n * 100 - 50) * US
			   : FIRST + (n - WORKERS) * PERIOD + 1300 * US;
}

/*
 * The n-th hold of the ledger, by the workers in turn: 200 us of work, 700 of
 * fsync, 100 of work, and then 300 us without it, all on one CPU. The first one
 * finds it free.
 */
static void hold(struct synth *s, uint64_t n)
{
	int32_t tid = PID + 1 + (int32_t)(n % WORKERS);
	int32_t cpu = (int32_t)((n + 1) % 2), before = (int32_t)(n % 2);
	uint64_t at = FIRST + n * PERIOD, end = at + 1000 * US;

	if (n) {
		int32_t owner = PID + 1 + (int32_t)((n - 1) % WORKERS);

		synth_lock_wait(s, waits_since(n), PID, tid, LEDGER, owner);
		synth_waking(s, at - 15 * US, before, tid, cpu);
		synth_switch(s, at - 10 * US, cpu, 0, 0, tid);
	}
	fsync_began(s, at + 200 * US, tid);
	synth_switch(s, at + 201 * US, cpu, tid, 2, 0);
	synth_waking(s, at + 890 * US, cpu, tid, cpu);
	synth_switch(s, at + 891 * US, cpu, 0, 0, tid);
	fsync_ended(s, at + 900 * US, tid, at + 200 * US);
	synth_lock_held(s, end, PID, tid, LEDGER, n ? waits_since(n) : 0, at,
			end);
	if (n + WORKERS < WORKERS * ROUNDS)
		synth_switch(s, end + 301 * US, cpu, tid, 1, 0);
}

static uint64_t waited(uint64_t worker)
{
	uint64_t ns = 0;

	for (uint64_t n = worker; n < WORKERS * ROUNDS; n += WORKERS)
		ns += n ? FIRST + n * PERIOD - waits_since(n) : 0;
	return ns;
}

/* The scheduler sees it first. */
static void started(struct synth *s, uint64_t ts_ns, int32_t tid)
{
	struct event e = told(EVENT_WAKEUP_NEW, ts_ns, 0);

	e.pid = 0;
	e.cpu = 0;
	e.u.task.tid = tid;
	e.u.task.comm = "orders";
	synth_event(s, &e);
}

static void boarded(struct synth *s, int32_t tid, const char *name,
		    uint64_t begin_ns, uint64_t end_ns)
{
	struct event e = told(EVENT_BOARD_THREAD, END, tid);

	e.u.thread.begin_ns = begin_ns;
	e.u.thread.end_ns = end_ns;
	e.u.thread.how = END_RETURN;
	e.u.thread.name = name;
	synth_event(s, &e);
}

/* The first one starts beside main, the others when that is blocked. */
static void worker(struct synth *s, uint64_t i)
{
	uint64_t last = WORKERS * (ROUNDS - 1) + i;
	int32_t tid = PID + 1 + (int32_t)i, cpu = (int32_t)((last + 1) % 2);
	uint64_t end = FIRST + last * PERIOD + 1300 * US;
	uint64_t begin = FIRST - (540 - 10 * i) * US;

	started(s, begin, tid);
	synth_thread_start(s, begin + US / 2, PID, tid, PID);
	if (i) {
		synth_switch(s, FIRST + (i * 100 - 149) * US, 0, 0, 0, tid);
		synth_switch(s, waits_since(i) + US, 0, tid, 1, 0);
	} else {
		synth_switch(s, begin + US, 1, 0, 0, tid);
	}
	synth_thread_exit(s, end, PID, tid);
	synth_switch(s, end + US, cpu, tid, 0x80, 0);
	boarded(s, tid, "worker", begin, end);
	synth_lock_stats(s, END, PID, tid, LEDGER, ROUNDS, ROUNDS - !i,
			 ROUNDS * 1000 * US, waited(i));
	synth_lock_stats(s, END, PID, tid, AUDIT, i + 7, 0, (i + 7) * US, 0);
}

/* It takes the audit while it holds the ledger, or the other way around. */
static void order(struct synth *s, uint64_t ts_ns, int32_t tid, uint64_t first,
		  uint64_t second)
{
	struct event e = told(EVENT_LOCK_ORDER, ts_ns, tid);

	e.u.order.first = first;
	e.u.order.second = second;
	e.u.order.first_site = first + 1;
	e.u.order.second_site = second + 1;
	synth_event(s, &e);
}

/* Main waits on the condition; the last worker signals it. */
static void wait_for_all(struct synth *s)
{
	uint64_t begin = FIRST - 510 * US, end = END - 500 * US;
	struct event e = told(EVENT_WAIT_BEGIN, begin, PID);

	e.u.wait.object = DONE;
	e.u.wait.kind = LOCK_CONDITION;
	e.u.wait.mutex = STATE;
	e.u.wait.site = DONE + 1;
	e.u.wait.begin_ns = begin;
	synth_event(s, &e);
	e.ts_ns = end + US;
	e.type = EVENT_WAIT_END;
	e.u.wait.end_ns = end;
	synth_event(s, &e);
	e = told(EVENT_SIGNAL, END - 720 * US, PID + WORKERS);
	e.u.wait.object = DONE;
	e.u.wait.kind = LOCK_CONDITION;
	e.u.wait.site = DONE + 2;
	e.u.wait.begin_ns = e.u.wait.end_ns = e.ts_ns;
	e.u.wait.waiters = 1;
	synth_event(s, &e);
	synth_waking(s, END - 719 * US, (WORKERS * ROUNDS) % 2, PID, 0);
	synth_switch(s, END - 700 * US, 0, 0, 0, PID);
}

static void run(struct synth *s)
{
	struct event e;

	synth_process_start(s, BEGIN, PID, "/srv/bin/orders");
	synth_thread_start(s, BEGIN, PID, PID, 0);
	synth_switch(s, BEGIN, 0, 0, 0, PID);
	named(s, LEDGER, LOCK_MUTEX, "ledger");
	named(s, AUDIT, LOCK_MUTEX, "audit");
	named(s, STATE, LOCK_MUTEX, "state");
	named(s, DONE, LOCK_CONDITION, "done");
	phase(s, BEGIN + 20 * US, "load");
	synth_switch(s, FIRST - 500 * US, 0, PID, 1, 0);
	phase(s, FIRST - 550 * US, "work");
	for (uint64_t i = 0; i < WORKERS; i++)
		worker(s, i);
	for (uint64_t n = 0; n < WORKERS * ROUNDS; n++)
		hold(s, n);
	order(s, FIRST + 150 * US, PID + 1, LEDGER, AUDIT);
	order(s, FIRST + PERIOD - 100 * US, PID + 3, AUDIT, LEDGER);
	wait_for_all(s);
	synth_process_end(s, END, PID, 0);
	synth_thread_exit(s, END, PID, PID);
	synth_switch(s, END + US, 0, PID, 0x80, 0);
	e = told(EVENT_BOARD_PROCESS, END, 0);
	e.u.process.begin_ns = BEGIN;
	e.u.process.end_ns = END;
	e.u.process.how = END_EXIT;
	e.u.process.executable = "/srv/bin/orders";
	synth_event(s, &e);
	boarded(s, PID, "orders", BEGIN, END);
}

int main(int argc, char **argv)
{
	struct synth *s;

	if (argc != 2) {
		fputs("usage: golden DIR\n", stderr);
		return 2;
	}
	s = synth_new(argv[1]);
	run(s);
	synth_manifest(
		s, "{ \"schema\": \"holdup-trace/1\", \"schema_version\": 1,"
		   " \"command\": [\"orders\", \"--workers\", \"3\"],"
		   " \"host\": \"nowhere\", \"cpus\": 2,"
		   " \"start_time\": \"2026-01-02T03:04:05.678Z\","
		   " \"detail\": \"contended\", \"budget\": 20000,"
		   " \"buffer_bytes\": 8388608, \"pid\": 100,"
		   " \"ended\": \"exit\", \"exit_status\": 0,"
		   " \"entered\": true, \"processes\": 1,"
		   " \"scheduler\": { \"source\": \"system\" },"
		   " \"calibration\": { \"event_ns\": 66, \"pair_ns\": 11 } }");
	synth_write(s);
	return 0;
}
