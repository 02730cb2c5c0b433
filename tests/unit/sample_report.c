#include "tests/unit/sample_report.h"

#include "analysis/arena.h"

#define MS 1000000ull

static void set_site(struct report *report, int i, const char *function,
		     int line)
{
	struct site *site = &report->sites[i];
	struct arena *arena = report->arena;

	site->address = 0x1000u + (uint64_t)i;
	site->pid = 100;
	site->function = function;
	site->file = "orders.c";
	site->path = "/src/orders.c";
	site->line = line;
	site->module = "orders";
	site->text = arena_printf(arena, "%s (orders.c:%d)", function, line);
}

static struct dist dist_of(uint64_t count, uint64_t mean)
{
	return (struct dist){
		.count = count,
		.total = count * mean,
		.mean = mean,
		.p50 = mean,
		.p90 = 2 * mean,
		.p99 = 3 * mean,
		.max = 7 * mean,
	};
}

static void add_threads(struct report *report, uint64_t life)
{
	report->n_threads = SAMPLE_THREADS;
	report->threads = arena_array(report->arena, SAMPLE_THREADS,
				      sizeof(struct thread));
	for (int i = 0; i < SAMPLE_THREADS; i++) {
		struct thread *thread = &report->threads[i];

		thread->pid = 100;
		thread->tid = 100 + i;
		thread->name = i ? "worker" : "orders";
		thread->creator = i ? SAMPLE_MAIN : -1;
		thread->start_site = i ? 1 : -1;
		thread->create_site = -1;
		thread->end_ns = life;
		thread->recorded = true;
		thread->voluntary = 1000;
		thread->involuntary = 3;
		if (i == SAMPLE_MAIN) {
			thread->state_ns[STATE_JOIN] = life;
			thread->bound = BOUND_IDLE;
		} else {
			thread->state_ns[STATE_RUNNING] = life / 10;
			thread->state_ns[STATE_IO] = life / 10;
			thread->state_ns[STATE_LOCK] = life - 2 * (life / 10);
			thread->bound = BOUND_LOCK;
		}
	}
}

static void add_processes(struct report *report)
{
	report->n_processes = 1;
	report->processes =
		arena_array(report->arena, 1, sizeof(struct process));
	report->processes[0] = (struct process){ .pid = 100,
						 .executable = "/src/orders",
						 .recorded = true };
}

static void add_blame(struct report *report, struct lock *lock)
{
	size_t n = 0;

	lock->blame = arena_array(report->arena, 8, sizeof(struct blame));
	for (int i = 1; i < SAMPLE_THREADS - 1; i++)
		lock->blame[n++] = (struct blame){
			.waiter = i,
			.owner = i + 1,
			.wait_ns = (lock->wait.total - lock->handoff_ns) / 7,
			.count = 1000,
		};
	lock->n_blame = n;
}

static void add_lock(struct report *report)
{
	struct lock *lock = arena_array(report->arena, 1, sizeof(struct lock));

	report->n_locks = 1;
	report->locks = lock;
	lock->id = "100:0x55d0#1";
	lock->pid = 100;
	lock->address = 0x55d0;
	lock->kind = LOCK_MUTEX;
	lock->label = "ledger (orders.c:41)";
	lock->init_site = lock->first_site = lock->mutex = -1;
	lock->instances = 1;
	lock->acquisitions = lock->write_acquisitions = 8000;
	lock->contended = 7214;
	lock->wait = dist_of(7214, 3 * MS);
	lock->hold = dist_of(8000, MS / 2);
	lock->held_ns = lock->hold.total;
	lock->hold_parts_ns[HOLD_IO] = lock->hold.total / 10 * 8;
	lock->hold_parts_ns[HOLD_RUNNING] = lock->hold.total / 10 * 2;
	lock->handoff_ns = lock->wait.total / 50;
	lock->queue_max = 7;
	lock->queue_mean = 4.8;
	lock->n_by_thread = 8;
	lock->by_thread =
		arena_array(report->arena, 8, sizeof(*lock->by_thread));
	for (int i = 0; i < 8; i++) {
		lock->by_thread[i].thread = i + 1;
		lock->by_thread[i].acquisitions = 1000;
	}
	lock->n_sites = 1;
	lock->sites = arena_array(report->arena, 1, sizeof(*lock->sites));
	lock->sites[0] = (struct lock_site){
		.acquisitions = 8000,
		.contended = 7214,
		.wait_ns = lock->wait.total,
		.hold_ns = lock->hold.total,
	};
	lock->n_held_waits = 1;
	lock->held_waits =
		arena_array(report->arena, 1, sizeof(*lock->held_waits));
	lock->held_waits[0] = (struct held_wait){
		.state = STATE_IO,
		.op = IO_FSYNC,
		.fd_kind = FD_FILE,
		.lock = -1,
		.site = 2,
		.ns = lock->hold_parts_ns[HOLD_IO],
		.count = 8000,
	};
	add_blame(report, lock);
}

struct report *sample_convoy(void)
{
	static const char *const argv[] = { "./orders", "8" };
	struct report *report = report_new();
	uint64_t *levels = arena_array(report->arena, 3, sizeof(uint64_t));

	report->run.trace = "holdup.trace";
	report->run.command = "./orders 8";
	report->run.argv = argv;
	report->run.argc = 2;
	report->run.host = "host";
	report->run.start = "2026-01-02T03:04:05Z";
	report->run.detail = "contended";
	report->run.cpus = 2;
	report->run.duration_ns = 4210 * MS;
	report->run.exit_status = 0;
	report->run.lock_operations = 16000;
	report->run.events = 52000;
	report->run.scheduler = SCHED_SYSTEM;
	report->n_sites = 3;
	report->sites = arena_array(report->arena, 3, sizeof(struct site));
	set_site(report, 0, "append", 70);
	set_site(report, 1, "work", 90);
	set_site(report, 2, "append", 77);
	add_processes(report);
	add_threads(report, 4200 * MS);
	add_lock(report);
	levels[0] = 3000 * MS;
	levels[1] = 1210 * MS;
	report->utilization.n_concurrency = 2;
	report->utilization.concurrency_ns = levels;
	report->utilization.n_demand = 2;
	report->utilization.demand_ns = levels;
	report->utilization.cpu_share = 0.14;
	report->utilization.bound = BOUND_LOCK;
	return report;
}

struct report *sample_calm(void)
{
	struct report *report = sample_convoy();
	struct lock *lock = &report->locks[0];

	lock->contended = 0;
	lock->wait = (struct dist){ 0 };
	lock->n_blame = 0;
	lock->handoff_ns = 0;
	lock->queue_mean = 0;
	lock->queue_max = 0;
	lock->sites[0].contended = 0;
	lock->sites[0].wait_ns = 0;
	for (size_t i = 1; i < report->n_threads; i++) {
		struct thread *thread = &report->threads[i];

		thread->state_ns[STATE_IO] += thread->state_ns[STATE_LOCK];
		thread->state_ns[STATE_LOCK] = 0;
	}
	return report;
}
