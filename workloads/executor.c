#include "workloads/executor_parts.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "tracing/holdup.h"
#include "workloads/common.h"

/* Queued and not taken back at most: less than what fits into a pipe. */
#define MOST_IN_FLIGHT 256

struct executor {
	const struct workers_kind *kind;
	struct workers *workers;
	size_t n, room; /* submitted; allocated below */
	size_t n_done;
	struct outcome *outcomes;
	bool *is_done;
};

struct done order_run(const struct order *order, unsigned worker)
{
	struct done done = { .ticket = order->ticket };

	done.outcome.worker = worker;
	holdup_task_begin(order->ticket + 1, "task");
	done.outcome.begin_ns = clock_ns();
	done.outcome.result = order->task(order->argument);
	done.outcome.end_ns = clock_ns();
	holdup_task_end(order->ticket + 1);
	return done;
}

struct executor *executor_new(enum executor_kind kind, unsigned workers)
{
	static const struct workers_kind *const kinds[] = {
		[EXECUTOR_THREADS] = &workers_threads,
		[EXECUTOR_PROCESSES] = &workers_processes,
	};
	struct executor *executor = must_alloc(1, sizeof(*executor));

	executor->kind = kinds[kind];
	executor->workers = executor->kind->start(workers);
	return executor;
}

static void take_one(struct executor *executor)
{
	struct done done = executor->kind->take(executor->workers);

	executor->outcomes[done.ticket] = done.outcome;
	executor->is_done[done.ticket] = true;
	executor->n_done++;
}

static void make_room(struct executor *executor)
{
	size_t room = executor->room ? 2 * executor->room : 64;
	struct outcome *outcomes = must_alloc(room, sizeof(*outcomes));
	bool *is_done = must_alloc(room, sizeof(*is_done));

	if (executor->n) {
		memcpy(outcomes, executor->outcomes,
		       executor->n * sizeof(*outcomes));
		memcpy(is_done, executor->is_done,
		       executor->n * sizeof(*is_done));
	}
	free(executor->outcomes);
	free(executor->is_done);
	executor->outcomes = outcomes;
	executor->is_done = is_done;
	executor->room = room;
}

size_t executor_submit(struct executor *executor, task_fn *task,
		       uint64_t argument)
{
	struct order order = { executor->n, task, argument };

	if (executor->n == executor->room)
		make_room(executor);
	if (executor->n - executor->n_done >= MOST_IN_FLIGHT)
		take_one(executor);
	executor->n++;
	executor->kind->give(executor->workers, &order);
	return order.ticket;
}

const struct outcome *executor_result(struct executor *executor, size_t ticket)
{
	while (!executor->is_done[ticket])
		take_one(executor);
	return &executor->outcomes[ticket];
}

void executor_free(struct executor *executor)
{
	if (!executor)
		return;
	while (executor->n_done < executor->n)
		take_one(executor);
	executor->kind->end(executor->workers);
	free(executor->outcomes);
	free(executor->is_done);
	free(executor);
}

unsigned outcomes_at_once(const struct outcome *outcomes, size_t n)
{
	unsigned most = 0;

	/* The most are running at the begin of one of them. */
	for (size_t i = 0; i < n; i++) {
		uint64_t at_ns = outcomes[i].begin_ns;
		unsigned now = 0;

		for (size_t j = 0; j < n; j++)
			now += outcomes[j].begin_ns <= at_ns &&
			       at_ns < outcomes[j].end_ns;
		most = now > most ? now : most;
	}
	return most;
}

void parallel_map(enum executor_kind kind, unsigned jobs, task_fn *task,
		  const uint64_t *arguments, size_t n, struct outcome *outcomes)
{
	struct executor *executor = executor_new(kind, jobs);

	for (size_t i = 0; i < n; i++)
		executor_submit(executor, task, arguments[i]);
	for (size_t i = 0; i < n; i++)
		outcomes[i] = *executor_result(executor, i);
	executor_free(executor);
}
