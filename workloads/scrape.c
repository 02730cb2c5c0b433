/*
 * I/O-bound work waits: fetch a page (10 ms of CPU), wait for it (80 ms), save
 * it (10 ms of CPU); ten pages, in four ways.
 *
 * A page comes over a descriptor that can be read 80 ms after it was asked for.
 */
#include <stdlib.h>
#include <unistd.h>

#include "workloads/common.h"
#include "workloads/executor.h"
#include "workloads/loop.h"

static struct { /* set before the threads start */
	uint64_t fetch_ns, wait_ns, save_ns;
} cost;

static struct flight *waiting; /* for their pages */

static uint64_t scrape_page(uint64_t page)
{
	spend_cpu(cost.fetch_ns);
	flight_enter(waiting);
	slow_read(cost.wait_ns);
	flight_leave(waiting);
	spend_cpu(cost.save_ns);
	return page + 1;
}

static void prepare(const struct run *run)
{
	waiting = flight_new();
	cost.fetch_ns = scaled_ns(run, 10 * MS);
	cost.wait_ns = scaled_ns(run, 80 * MS);
	cost.save_ns = scaled_ns(run, 10 * MS);
}

static bool tell_pages(const struct run *run, unsigned saved)
{
	tell_count("pages", saved);
	tell_count("at_once", flight_most(waiting));
	return saved == run->tasks;
}

static bool sequential(const struct run *run)
{
	unsigned saved = 0;

	prepare(run);
	for (unsigned i = 0; i < run->tasks; i++)
		saved += scrape_page(i) == i + 1;
	return tell_pages(run, saved);
}

static bool by_executor(const struct run *run, enum executor_kind kind)
{
	struct executor *executor;
	unsigned saved = 0;

	prepare(run);
	executor = executor_new(kind, run->threads);
	for (unsigned i = 0; i < run->tasks; i++)
		executor_submit(executor, scrape_page, i);
	for (unsigned i = 0; i < run->tasks; i++)
		saved += executor_result(executor, i)->result == i + 1;
	executor_free(executor);
	return tell_pages(run, saved);
}

static bool threads(const struct run *run)
{
	return by_executor(run, EXECUTOR_THREADS);
}

static bool processes(const struct run *run)
{
	return by_executor(run, EXECUTOR_PROCESSES);
}

struct page { /* one that is on its way to the event loop */
	int fd;
	unsigned *saved;
};

static void page_came(struct loop *loop, void *data)
{
	struct page *page = data;

	(void)loop;
	close(page->fd);
	flight_leave(waiting);
	spend_cpu(cost.save_ns);
	++*page->saved;
}

static bool async(const struct run *run)
{
	struct page *pages = must_alloc(run->tasks, sizeof(*pages));
	struct loop *loop = loop_new();
	unsigned saved = 0;

	prepare(run);
	for (unsigned i = 0; i < run->tasks; i++) {
		spend_cpu(cost.fetch_ns);
		pages[i] = (struct page){ timer_fd(cost.wait_ns), &saved };
		flight_enter(waiting);
		loop_readable(loop, pages[i].fd, page_came, &pages[i]);
	}
	loop_run(loop);
	loop_free(loop);
	free(pages);
	return tell_pages(run, saved);
}

static const struct variant variants[] = {
	{ "sequential", "one page after the other", sequential },
	{ "threads", "a pool of threads", threads },
	{ "processes", "a pool of processes", processes },
	{ "async", "one thread with an event loop", async },
	{ NULL, NULL, NULL },
};

int main(int argc, char **argv)
{
	static const struct workload scrape = {
		.name = "scrape",
		.what = "Pages that are fetched, waited for and saved.",
		.threads = 10,
		.tasks = 10,
		.variants = variants,
	};

	return workload_main(&scrape, argc, argv);
}
