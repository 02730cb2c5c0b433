/*
 * Cooperative multitasking: a task switches only where it says so.
 *
 * A ticker and some workers share one kernel thread. `yield`: every worker
 * gives way between its steps, and the ticker gets its turn; `hog`: one worker
 * never does, and all others stand still until it has finished.
 */
#include <stdlib.h>

#include "workloads/common.h"
#include "workloads/coro.h"

static struct {
	unsigned steps, workers_left;
	uint64_t step_ns;
	bool hog;
	uint64_t last_tick_ns, longest_gap_ns;
	unsigned done_steps, ticks;
	unsigned last_steps, most_steps; /* done between two ticks */
} world; /* one kernel thread: nothing to protect */

static void ticker(void *data)
{
	(void)data;
	world.last_tick_ns = clock_ns();
	while (world.workers_left > 0) {
		uint64_t now_ns;

		coro_yield();
		now_ns = clock_ns();
		if (now_ns - world.last_tick_ns > world.longest_gap_ns)
			world.longest_gap_ns = now_ns - world.last_tick_ns;
		world.last_tick_ns = now_ns;
		if (world.done_steps - world.last_steps > world.most_steps)
			world.most_steps = world.done_steps - world.last_steps;
		world.last_steps = world.done_steps;
		world.ticks++;
	}
}

static void worker(void *data)
{
	bool hogs = data != NULL;

	for (unsigned i = 0; i < world.steps; i++) {
		spend_cpu(world.step_ns);
		world.done_steps++;
		if (!hogs)
			coro_yield();
	}
	world.workers_left--;
}

static bool cooperate(const struct run *run, bool hog)
{
	struct coros *coros = coros_new(run->threads + 1, 65536);

	world.steps = run->tasks;
	world.step_ns = scaled_ns(run, MS);
	world.workers_left = run->threads;
	coro_spawn(coros, ticker, NULL);
	for (unsigned i = 0; i < run->threads; i++)
		coro_spawn(coros, worker, hog && i == 0 ? &world : NULL);
	coros_run(coros, 1);
	tell_count("steps", world.done_steps);
	tell_count("ticks", world.ticks);
	tell_count("switches", coros_switches(coros));
	tell_real("longest_gap_ms", (double)world.longest_gap_ns / 1e6);
	tell_count("most_steps_between_ticks", world.most_steps);
	coros_free(coros);
	return world.done_steps == run->threads * run->tasks;
}

static bool yielding(const struct run *run)
{
	return cooperate(run, false);
}

static bool hogging(const struct run *run)
{
	return cooperate(run, true);
}

static const struct variant variants[] = {
	{ "yield", "every worker gives way after each step", yielding },
	{ "hog", "one worker never gives way", hogging },
	{ NULL, NULL, NULL },
};

int main(int argc, char **argv)
{
	static const struct workload workload = {
		.name = "cooperate",
		.what = "Coroutines that give way, and one that does not.",
		.threads = 3,
		.tasks = 50,
		.variants = variants,
	};

	return workload_main(&workload, argc, argv);
}
