/*
 * A pool of processes: they are forked first and then read their orders from
 * one pipe and write what is done into another. Orders and results are smaller
 * than PIPE_BUF, so each is written and read in one piece.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "workloads/common.h"
#include "workloads/executor_parts.h"

struct workers {
	unsigned n;
	pid_t *pids;
	int orders[2], results[2]; /* pipes: read end, write end */
};

/* Reads one piece; returns 0 at the end. */
static int read_piece(int fd, void *piece, size_t size)
{
	ssize_t n;

	do
		n = read(fd, piece, size);
	while (n < 0 && errno == EINTR);
	if (n != 0 && n != (ssize_t)size)
		die("pipe", n < 0 ? errno : EIO);
	return n > 0;
}

static void write_piece(int fd, const void *piece, size_t size)
{
	if (write(fd, piece, size) != (ssize_t)size)
		die("pipe", errno);
}

static _Noreturn void worker_run(struct workers *workers, unsigned index)
{
	struct order order;

	close(workers->orders[1]);
	close(workers->results[0]);
	while (read_piece(workers->orders[0], &order, sizeof(order))) {
		struct done done = order_run(&order, index);

		write_piece(workers->results[1], &done, sizeof(done));
	}
	_exit(0);
}

static struct workers *start(unsigned n)
{
	struct workers *workers = must_alloc(1, sizeof(*workers));

	workers->n = n;
	workers->pids = must_alloc(n, sizeof(*workers->pids));
	if (pipe(workers->orders) || pipe(workers->results))
		die("pipe", errno);
	for (unsigned i = 0; i < n; i++) {
		workers->pids[i] = fork();
		if (workers->pids[i] < 0)
			die("fork", errno);
		if (workers->pids[i] == 0)
			worker_run(workers, i);
	}
	close(workers->orders[0]);
	close(workers->results[1]);
	return workers;
}

static void give(struct workers *workers, const struct order *order)
{
	write_piece(workers->orders[1], order, sizeof(*order));
}

static struct done take(struct workers *workers)
{
	struct done done;

	if (!read_piece(workers->results[0], &done, sizeof(done)))
		die("all workers are gone", ECHILD);
	return done;
}

static void end(struct workers *workers)
{
	close(workers->orders[1]);
	for (unsigned i = 0; i < workers->n; i++)
		while (waitpid(workers->pids[i], NULL, 0) < 0 && errno == EINTR)
			continue;
	close(workers->results[0]);
	free(workers->pids);
	free(workers);
}

const struct workers_kind workers_processes = { start, give, take, end };
