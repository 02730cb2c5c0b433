/*
 * Processes, threads and async tasks, each on CPU-bound and on I/O-bound work.
 *
 * The same number of tasks, each a fixed amount of computing or a wait for
 * input. The async tasks are coroutines on one kernel thread. Start-up is the
 * time until the last task has begun; memory is what has come into use by then,
 * or what each process has to itself.
 */
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "workloads/common.h"
#include "workloads/coro.h"

struct task {
	uint64_t begin_ns, result;
	uint64_t own_kib; /* memory that only its process has */
	uint64_t rounds;  /* CPU-bound */
	uint64_t wait_ns; /* I/O-bound, if not 0 */
};

static struct board { /* shared with all tasks, in whatever process */
	unsigned n;
	atomic_uint begun;
	uint64_t kib; /* of the process in which the last one has begun */
	struct task tasks[];
} * board;

static void begin(struct task *task)
{
	task->begin_ns = clock_ns();
	if (atomic_fetch_add(&board->begun, 1) + 1 == board->n)
		board->kib = memory_kib(false);
}

static void work(struct task *task)
{
	begin(task);
	if (task->wait_ns) {
		slow_read(task->wait_ns);
		task->result = 1;
	} else {
		task->result = churn(task->rounds, 1);
	}
}

static void *thread_run(void *arg)
{
	work(arg);
	return NULL;
}

static void in_threads(struct task *tasks, unsigned n)
{
	pthread_t *threads = must_alloc(n, sizeof(*threads));

	for (unsigned i = 0; i < n; i++)
		threads[i] = thread_start("task", thread_run, &tasks[i]);
	for (unsigned i = 0; i < n; i++)
		thread_join(threads[i]);
	free(threads);
}

static void in_processes(struct task *tasks, unsigned n)
{
	pid_t *pids = must_alloc(n, sizeof(*pids));

	for (unsigned i = 0; i < n; i++) {
		pids[i] = fork();
		if (pids[i] < 0)
			die("fork", errno);
		if (pids[i] == 0) {
			work(&tasks[i]);
			tasks[i].own_kib = memory_kib(true);
			_exit(0);
		}
	}
	for (unsigned i = 0; i < n; i++)
		waitpid(pids[i], NULL, 0);
	free(pids);
}

/* Waits without holding up the other coroutines of its thread. */
static void coro_work(void *data)
{
	struct task *task = data;
	int fd;

	if (!task->wait_ns) {
		work(task);
		return;
	}
	begin(task);
	fd = timer_fd(task->wait_ns);
	coro_wait_readable(fd);
	close(fd);
	task->result = 1;
}

static void in_coroutines(struct task *tasks, unsigned n)
{
	struct coros *coros = coros_new(n, 32768);

	for (unsigned i = 0; i < n; i++)
		coro_spawn(coros, coro_work, &tasks[i]);
	coros_run(coros, 1);
	coros_free(coros);
}

static size_t board_bytes(unsigned n)
{
	return sizeof(struct board) + n * sizeof(struct task);
}

static void board_make(unsigned n)
{
	board = mmap(NULL, board_bytes(n), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (board == MAP_FAILED)
		die("memory", errno);
	board->n = n;
}

/* KiB that tasks have to themselves; 0: they are no processes. */
static uint64_t own_kib(void)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < board->n; i++)
		sum += board->tasks[i].own_kib;
	return sum;
}

static bool run_tasks(const struct run *run, bool io,
		      void (*how)(struct task *, unsigned))
{
	uint64_t before_kib = memory_kib(false), expected;
	uint64_t begin_ns, last_ns = 0;
	unsigned n = run->threads, good = 0;
	struct task *tasks;
	int64_t kib;

	board_make(n);
	tasks = board->tasks;
	for (unsigned i = 0; i < n; i++) {
		tasks[i].rounds = scaled_count(run, 1000000ULL * run->tasks);
		tasks[i].wait_ns = io ? scaled_ns(run, 100 * MS) : 0;
	}
	begin_ns = clock_ns();
	how(tasks, n);
	expected = io ? 1 : tasks[0].result;
	for (unsigned i = 0; i < n; i++) {
		good += expected != 0 && tasks[i].result == expected;
		if (tasks[i].begin_ns > last_ns)
			last_ns = tasks[i].begin_ns;
	}
	kib = own_kib() ? (int64_t)own_kib()
			: (int64_t)(board->kib - before_kib);
	tell_real("start_up_us", (double)(last_ns - begin_ns) / 1e3);
	tell_real("memory_kib_each", (double)kib / n);
	tell_count("done", good);
	munmap(board, board_bytes(n));
	return good == n;
}

static bool processes_cpu(const struct run *run)
{
	return run_tasks(run, false, in_processes);
}

static bool processes_io(const struct run *run)
{
	return run_tasks(run, true, in_processes);
}

static bool threads_cpu(const struct run *run)
{
	return run_tasks(run, false, in_threads);
}

static bool threads_io(const struct run *run)
{
	return run_tasks(run, true, in_threads);
}

static bool async_cpu(const struct run *run)
{
	return run_tasks(run, false, in_coroutines);
}

static bool async_io(const struct run *run)
{
	return run_tasks(run, true, in_coroutines);
}

static const struct variant variants[] = {
	{ "processes-cpu", "a process for each, computing", processes_cpu },
	{ "processes-io", "a process for each, waiting", processes_io },
	{ "threads-cpu", "a thread for each, computing", threads_cpu },
	{ "threads-io", "a thread for each, waiting", threads_io },
	{ "async-cpu", "a coroutine for each, computing", async_cpu },
	{ "async-io", "a coroutine for each, waiting", async_io },
	{ NULL, NULL, NULL },
};

int main(int argc, char **argv)
{
	static const struct workload three_ways = {
		.name = "three-ways",
		.what = "Processes, threads and async tasks, for CPU and I/O.",
		.threads = 8,
		.tasks = 20,
		.variants = variants,
	};

	return workload_main(&three_ways, argc, argv);
}
