/*
 * Threads share memory and are light; processes are isolated and heavier.
 *
 * The same work in threads or in processes, and the same again with one worker
 * that writes through a null pointer: it takes all threads of its process with
 * it, but no other process. A keeper process looks on and counts survivors.
 * Start-up is the time until the last has begun; nobody works before that.
 * Memory is what the workers have beyond that of the process that starts them.
 */
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "workloads/common.h"

static struct board { /* shared with all workers, in whatever process */
	pthread_barrier_t all_here;
	atomic_uint done;
	_Atomic uint64_t begin_ns, last_begin_ns;
	_Atomic int64_t memory_kib; /* of all workers */
	int64_t before_kib;	    /* of the process that starts them */
} * board;

struct worker {
	uint64_t rounds;
	bool crashes;
	bool done; /* lies in the memory of its process, and dies with it */
};

/* Threads have their memory in common: one of them tells. */
static void begin(bool is_process)
{
	uint64_t now_ns = clock_ns();
	bool is_one;

	if (now_ns > atomic_load(&board->last_begin_ns))
		atomic_store(&board->last_begin_ns, now_ns);
	is_one = pthread_barrier_wait(&board->all_here) != 0;
	if (is_process)
		atomic_fetch_add(&board->memory_kib, memory_kib(true));
	else if (is_one)
		atomic_fetch_add(&board->memory_kib,
				 (int64_t)memory_kib(false) -
					 board->before_kib);
}

static void work(struct worker *worker)
{
	volatile int *volatile nowhere = NULL;

	if (worker->crashes)
		*nowhere = 1; /* NOLINT(clang-analyzer-core.NullDereference) */
	worker->done = churn(worker->rounds, 1) != 0;
}

static void *thread_run(void *arg)
{
	begin(false);
	work(arg);
	return NULL;
}

static void in_threads(struct worker *workers, unsigned n)
{
	pthread_t *threads = must_alloc(n, sizeof(*threads));

	for (unsigned i = 0; i < n; i++)
		threads[i] = thread_start("worker", thread_run, &workers[i]);
	for (unsigned i = 0; i < n; i++)
		thread_join(threads[i]);
	for (unsigned i = 0; i < n; i++)
		atomic_fetch_add(&board->done, workers[i].done);
	free(threads);
}

static void in_processes(struct worker *workers, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		pid_t pid = fork();

		if (pid < 0)
			die("fork", errno);
		if (pid == 0) {
			begin(true);
			work(&workers[i]);
			atomic_fetch_add(&board->done, workers[i].done);
			_exit(0);
		}
	}
	while (wait(NULL) > 0)
		continue;
}

/* Does it in a child, since that may not survive; returns its status. */
static int keep(const struct run *run, void (*how)(struct worker *, unsigned),
		bool crash)
{
	static const struct rlimit no_core = { 0, 0 };
	struct worker *workers = must_alloc(run->threads, sizeof(*workers));
	int status = 0;
	pid_t pid;

	for (unsigned i = 0; i < run->threads; i++)
		workers[i] = (struct worker){
			.rounds = scaled_count(run, 1000000ULL * run->tasks),
			.crashes = crash && i == 0,
		};
	setrlimit(RLIMIT_CORE, &no_core);
	pid = fork();
	if (pid < 0)
		die("fork", errno);
	if (pid == 0) {
		board->before_kib = (int64_t)memory_kib(false);
		atomic_store(&board->begin_ns, clock_ns());
		how(workers, run->threads);
		_exit(0);
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	free(workers);
	return status;
}

static struct board *board_new(unsigned workers)
{
	struct board *made = mmap(NULL, sizeof(*made), PROT_READ | PROT_WRITE,
				  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pthread_barrierattr_t shared;

	if (made == MAP_FAILED)
		die("memory", errno);
	pthread_barrierattr_init(&shared);
	pthread_barrierattr_setpshared(&shared, PTHREAD_PROCESS_SHARED);
	pthread_barrier_init(&made->all_here, &shared, workers);
	pthread_barrierattr_destroy(&shared);
	return made;
}

static bool watch(const struct run *run, void (*how)(struct worker *, unsigned),
		  bool crash)
{
	int status;

	board = board_new(run->threads);
	status = keep(run, how, crash);
	tell_real("start_up_us",
		  (double)(board->last_begin_ns - board->begin_ns) / 1e3);
	tell_real("memory_kib_each", (double)board->memory_kib / run->threads);
	tell_count("survivors", board->done);
	tell_count("killed", WIFSIGNALED(status));
	return board->done == run->threads;
}

static bool threads(const struct run *run)
{
	return watch(run, in_threads, false);
}

static bool processes(const struct run *run)
{
	return watch(run, in_processes, false);
}

static bool thread_crash(const struct run *run)
{
	return watch(run, in_threads, true);
}

static bool process_crash(const struct run *run)
{
	return watch(run, in_processes, true);
}

static const struct variant variants[] = {
	{ "threads", "workers are threads of one process", threads },
	{ "processes", "workers are processes", processes },
	{ "thread-crash", "threads, and one of them crashes", thread_crash },
	{ "process-crash", "processes, and one crashes", process_crash },
	{ NULL, NULL, NULL },
};

int main(int argc, char **argv)
{
	static const struct workload thread_vs_process = {
		.name = "thread-vs-process",
		.what = "Workers in threads or processes; who survives a crash.",
		.threads = 8,
		.tasks = 10,
		.variants = variants,
	};

	return workload_main(&thread_vs_process, argc, argv);
}
