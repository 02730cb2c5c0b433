/*
 * Three ways to make threads: a function, an object with a run operation, an
 * executor. All of them end in pthread_create() with a start routine.
 */
#include <stdatomic.h>
#include <stdlib.h>

#include "workloads/common.h"
#include "workloads/executor.h"

static atomic_uint greetings;

/* 1. A function and its argument. */
static void *greet(void *arg)
{
	atomic_fetch_add(&greetings, 1);
	return arg;
}

static bool tell_all(const struct run *run)
{
	tell_count("greetings", greetings);
	return greetings == run->threads;
}

static bool function(const struct run *run)
{
	pthread_t *threads = must_alloc(run->threads, sizeof(*threads));

	for (unsigned i = 0; i < run->threads; i++)
		threads[i] = thread_start("function", greet, NULL);
	for (unsigned i = 0; i < run->threads; i++)
		thread_join(threads[i]);
	free(threads);
	return tell_all(run);
}

/* 2. An object that knows how to run, and the thread that it runs in. */
struct runnable {
	void (*run)(struct runnable *self);
	pthread_t thread;
};

struct greeter {
	struct runnable runnable;
	unsigned greeted;
};

static void *runnable_main(void *arg)
{
	struct runnable *self = arg;

	self->run(self);
	return NULL;
}

static void runnable_start(struct runnable *self)
{
	self->thread = thread_start("object", runnable_main, self);
}

static void greeter_run(struct runnable *self)
{
	struct greeter *greeter = (struct greeter *)self;

	greeter->greeted++;
	greet(NULL);
}

static bool object(const struct run *run)
{
	struct greeter *greeters = must_alloc(run->threads, sizeof(*greeters));

	for (unsigned i = 0; i < run->threads; i++) {
		greeters[i].runnable.run = greeter_run;
		runnable_start(&greeters[i].runnable);
	}
	for (unsigned i = 0; i < run->threads; i++)
		thread_join(greeters[i].runnable.thread);
	free(greeters);
	return tell_all(run);
}

/* 3. An executor, which makes its threads itself. */
static uint64_t greet_task(uint64_t number)
{
	greet(NULL);
	return number;
}

static bool executor(const struct run *run)
{
	struct executor *pool = executor_new(EXECUTOR_THREADS, run->threads);

	for (unsigned i = 0; i < run->threads; i++)
		executor_submit(pool, greet_task, i);
	executor_free(pool);
	return tell_all(run);
}

static const struct variant variants[] = {
	{ "function", "pthread_create() with a function", function },
	{ "object", "an object with a run operation", object },
	{ "executor", "a task for an executor", executor },
	{ NULL, NULL, NULL },
};

int main(int argc, char **argv)
{
	static const struct workload three_creations = {
		.name = "three-creations",
		.what = "Three ways to make threads.",
		.threads = 3,
		.tasks = 1,
		.variants = variants,
	};

	return workload_main(&three_creations, argc, argv);
}
