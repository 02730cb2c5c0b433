/*
 * An application waits on its database; it could do other work meanwhile.
 *
 * It sends queries over sockets and has other work of its own to do.
 * `one` waits for each answer on one connection; `several` has a thread for
 * each of several connections; `async` keeps all connections busy from one
 * thread, which does the other work between the answers.
 */
#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "workloads/common.h"
#include "workloads/database.h"

static struct {
	struct database *database;
	atomic_uint next, good;
	unsigned queries;
	uint64_t work_ns; /* other work, for each query */
	struct flight *asked;
} app;

/* Work that does not need the answer. */
static void other_work(void)
{
	spend_cpu(app.work_ns);
}

static void ask(int fd)
{
	flight_enter(app.asked);
	database_ask(app.database, fd);
}

/* 1 if it is the right one. */
static unsigned answer(int fd)
{
	bool right = database_answer(app.database, fd);

	flight_leave(app.asked);
	return right;
}

static void *connection_run(void *arg)
{
	int fd = database_connect(app.database);

	while (atomic_fetch_add(&app.next, 1) < app.queries) {
		ask(fd);
		atomic_fetch_add(&app.good, answer(fd));
		other_work();
	}
	close(fd);
	return arg;
}

static void by_threads(unsigned n)
{
	pthread_t *threads = must_alloc(n, sizeof(*threads));

	for (unsigned i = 0; i < n; i++)
		threads[i] = thread_start("client", connection_run, NULL);
	for (unsigned i = 0; i < n; i++)
		thread_join(threads[i]);
	free(threads);
}

/* Answers come in any order; each connection asks again at once. */
static void by_poll(unsigned n)
{
	struct pollfd *fds = must_alloc(n, sizeof(*fds));
	unsigned asked = 0, answered = 0, worked = 0;

	for (unsigned i = 0; i < n; i++) {
		fds[i].fd = database_connect(app.database);
		fds[i].events = asked < app.queries ? POLLIN : 0;
		if (asked++ < app.queries)
			ask(fds[i].fd);
	}
	while (answered < app.queries) {
		/* While answers are on their way, there is time to work. */
		if (worked < app.queries) {
			other_work();
			worked++;
		}
		if (poll(fds, n, worked < app.queries ? 0 : -1) < 0)
			die("poll", errno);
		for (unsigned i = 0; i < n; i++) {
			if (!(fds[i].revents & POLLIN))
				continue;
			answered++;
			app.good += answer(fds[i].fd);
			if (asked++ < app.queries)
				ask(fds[i].fd);
		}
	}
	for (; worked < app.queries; worked++)
		other_work();
	for (unsigned i = 0; i < n; i++)
		close(fds[i].fd);
	free(fds);
}

static bool query(const struct run *run, void (*how)(unsigned), unsigned n)
{
	enum database_kind kind = (enum database_kind)knob(run, "database");
	uint64_t begin_ns;

	app.queries = run->tasks;
	app.work_ns = scaled_ns(run, 5 * MS);
	app.database = database_start(kind, scaled_ns(run, 40 * MS));
	app.asked = flight_new();
	begin_ns = clock_ns();
	how(n);
	tell_real("querying_s", (double)(clock_ns() - begin_ns) / 1e9);
	database_stop(app.database);
	tell_text("database", database_name(kind));
	tell_count("answers", app.good);
	tell_count("at_once", flight_most(app.asked));
	return app.good == run->tasks;
}

static bool one(const struct run *run)
{
	return query(run, by_threads, 1);
}

static bool several(const struct run *run)
{
	return query(run, by_threads, run->threads);
}

static bool async(const struct run *run)
{
	return query(run, by_poll, run->threads);
}

static const struct variant variants[] = {
	{ "one", "one connection, one query at a time", one },
	{ "several", "a thread for each of several connections", several },
	{ "async", "several connections in one thread", async },
	{ NULL, NULL, NULL },
};

static const struct knob knobs[] = {
	{ "database", DATABASE_SQLITE, "0: SQLite, 1: Redis" },
	{ NULL, 0, NULL },
};

int main(int argc, char **argv)
{
	static const struct workload query_wait = {
		.name = "query-wait",
		.what = "An application that waits for its database.",
		.threads = 4,
		.tasks = 20,
		.variants = variants,
		.knobs = knobs,
	};

	return workload_main(&query_wait, argc, argv);
}
