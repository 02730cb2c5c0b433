/*
 * A global interpreter lock lets one thread run at a time.
 *
 * A small interpreter (interp.h) adds up 1..300,000,000, or waits for input,
 * in one or two threads, with and without the lock.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "workloads/common.h"
#include "workloads/interp.h"

#define LEAST 4000000 /* to add up: more than a time slice for each of two */

struct script {
	struct instruction code[8];
	struct gil *gil; /* NULL: without */
	uint64_t result;
	pthread_barrier_t *start; /* so that threads begin together */
};

/* for i in first .. last - 1: sum += i */
static void script_sum(struct script *script, uint64_t first, uint64_t last)
{
	const struct instruction code[8] = {
		{ OP_SET, 0, 0, 0 },	{ OP_SET, 1, 0, first },
		{ OP_SET, 2, 0, last }, { OP_ADD, 0, 1, 0 },
		{ OP_INC, 1, 0, 0 },	{ OP_JUMP_LESS, 1, 2, 3 },
		{ OP_END, 0, 0, 0 },	{ OP_END, 0, 0, 0 },
	};

	for (int i = 0; i < 8; i++)
		script->code[i] = code[i];
}

/* repeat n times: wait for input, count it */
static void script_input(struct script *script, uint64_t n, uint64_t ns)
{
	const struct instruction code[8] = {
		{ OP_SET, 0, 0, 0 },	   { OP_SET, 1, 0, n },
		{ OP_IO, 0, 0, ns },	   { OP_INC, 0, 0, 0 },
		{ OP_JUMP_LESS, 0, 1, 2 }, { OP_END, 0, 0, 0 },
		{ OP_END, 0, 0, 0 },	   { OP_END, 0, 0, 0 },
	};

	for (int i = 0; i < 8; i++)
		script->code[i] = code[i];
}

static void *script_run(void *arg)
{
	struct script *script = arg;

	script->result = interp_run(script->code, script->gil);
	return NULL;
}

static void *thread_run(void *arg)
{
	struct script *script = arg;

	pthread_barrier_wait(script->start);
	return script_run(script);
}

static uint64_t run_threads(struct script *scripts, unsigned n)
{
	pthread_t *threads = must_alloc(n, sizeof(*threads));
	pthread_barrier_t start;
	uint64_t sum = 0;

	pthread_barrier_init(&start, NULL, n);
	for (unsigned i = 0; i < n; i++) {
		scripts[i].start = &start;
		threads[i] = thread_start("python", thread_run, &scripts[i]);
	}
	for (unsigned i = 0; i < n; i++) {
		thread_join(threads[i]);
		sum += scripts[i].result;
	}
	pthread_barrier_destroy(&start);
	free(threads);
	return sum;
}

/* Each process has an interpreter, and a lock, of its own. */
static uint64_t run_processes(struct script *scripts, unsigned n)
{
	uint64_t sum = 0, part;
	int ends[2];

	if (pipe(ends))
		die("pipe", errno);
	for (unsigned i = 0; i < n; i++) {
		pid_t pid = fork();

		if (pid < 0)
			die("fork", errno);
		if (pid > 0)
			continue;
		script_run(&scripts[i]);
		_exit(write(ends[1], &scripts[i].result, sizeof(part)) !=
		      sizeof(part));
	}
	close(ends[1]);
	for (unsigned i = 0; i < n; i++) {
		if (read(ends[0], &part, sizeof(part)) != sizeof(part))
			die("pipe", errno);
		sum += part;
	}
	close(ends[0]);
	while (wait(NULL) > 0)
		continue;
	return sum;
}

static bool interpret(const struct run *run, unsigned n, bool locked, bool io,
		      uint64_t (*how)(struct script *, unsigned))
{
	struct script *scripts = must_alloc(n, sizeof(*scripts));
	uint64_t interval_ns = (uint64_t)(knob(run, "interval_ms") * 1e6);
	struct gil *gil = locked ? gil_new(interval_ns) : NULL;
	uint64_t summands = scaled_count(run, 1000ULL * run->tasks);
	uint64_t end = (summands > LEAST ? summands : LEAST) + 1, found;
	uint64_t inputs = 10ULL * run->threads;
	uint64_t expected = io	      ? inputs
			    : end % 2 ? (end - 1) / 2 * end
				      : end / 2 * (end - 1);

	for (unsigned i = 0; i < n; i++) {
		scripts[i].gil = gil;
		if (io)
			script_input(&scripts[i], inputs / n,
				     scaled_ns(run, 100 * MS));
		else
			script_sum(&scripts[i], end * i / n, end * (i + 1) / n);
	}
	found = how(scripts, n);
	tell_count("value", found);
	tell_count("requested_switches", gil ? gil_switches(gil) : 0);
	gil_free(gil);
	free(scripts);
	return found == expected;
}

static bool cpu_one(const struct run *run)
{
	return interpret(run, 1, true, false, run_threads);
}

static bool cpu_threads(const struct run *run)
{
	return interpret(run, run->threads, true, false, run_threads);
}

static bool cpu_free(const struct run *run)
{
	return interpret(run, run->threads, false, false, run_threads);
}

static bool cpu_processes(const struct run *run)
{
	return interpret(run, run->threads, true, false, run_processes);
}

static bool io_one(const struct run *run)
{
	return interpret(run, 1, true, true, run_threads);
}

static bool io_threads(const struct run *run)
{
	return interpret(run, run->threads, true, true, run_threads);
}

static const struct variant variants[] = {
	{ "cpu-one", "the sum in one thread", cpu_one },
	{ "cpu-threads", "the sum in two threads, one lock", cpu_threads },
	{ "cpu-processes", "the sum in two processes", cpu_processes },
	{ "cpu-free", "the sum in two threads, no lock", cpu_free },
	{ "io-one", "waits in one thread", io_one },
	{ "io-threads", "the same waits in two threads, one lock", io_threads },
	{ NULL, NULL, NULL },
};

static const struct knob knobs[] = {
	{ "interval_ms", 5, "switch interval of the lock" },
	{ NULL, 0, NULL },
};

int main(int argc, char **argv)
{
	static const struct workload workload = {
		.name = "gil",
		.what = "An interpreter with a global lock.",
		.threads = 2,
		.tasks = 300000, /* thousands of summands */
		.variants = variants,
		.knobs = knobs,
	};

	return workload_main(&workload, argc, argv);
}
