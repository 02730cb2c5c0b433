/*
 * A slow operation under a lock makes everyone queue.
 *
 * Workers serve orders and write each of them into a log that must be on disk
 * before the order counts as done. `inside` writes and syncs while it holds the
 * ledger's lock; `outside` only reserves a place in the file under the lock;
 * `writer` hands the records to one thread, which writes whatever has gathered
 * with a single sync.
 */
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "workloads/common.h"

#define RECORD_BYTES  64
#define RECORD_NUMBER 6 /* where in a record its number begins */

static struct {
	pthread_mutex_t lock;
	int fd;
	off_t end; /* protected by lock; `writer`: the writer's alone */
} ledger = { .lock = PTHREAD_MUTEX_INITIALIZER };

static unsigned orders; /* constant while the workers run */
static atomic_uint next_order;

static struct {
	pthread_mutex_t lock;
	pthread_cond_t filled, synced;
	char *pending; /* protected by lock, as all below */
	unsigned n, max_batch;
	uint64_t batch, on_disk; /* batches opened and synced */
	bool closed;
} queue = { .lock = PTHREAD_MUTEX_INITIALIZER,
	    .filled = PTHREAD_COND_INITIALIZER,
	    .synced = PTHREAD_COND_INITIALIZER };

static void sync_to_disk(void)
{
	if (fsync(ledger.fd))
		die("fsync", errno);
}

static void write_at(const char *bytes, size_t size, off_t place)
{
	if (pwrite(ledger.fd, bytes, size, place) != (ssize_t)size)
		die("write", errno);
}

/* Makes the order's record: some work, done outside all locks. */
static void serve(unsigned order, char record[RECORD_BYTES])
{
	memset(record, ' ', RECORD_BYTES);
	snprintf(record, RECORD_BYTES, "order %u", order);
	record[strlen(record)] = ' ';
	record[RECORD_BYTES - 1] = '\n';
	spend_cpu(20000);
}

static bool take_order(unsigned *order)
{
	*order = atomic_fetch_add(&next_order, 1);
	return *order < orders;
}

static void append_inside(const char *record)
{
	pthread_mutex_lock(&ledger.lock);
	write_at(record, RECORD_BYTES, ledger.end);
	ledger.end += RECORD_BYTES;
	sync_to_disk();
	pthread_mutex_unlock(&ledger.lock);
}

static void append_outside(const char *record)
{
	off_t place;

	pthread_mutex_lock(&ledger.lock);
	place = ledger.end;
	ledger.end += RECORD_BYTES;
	pthread_mutex_unlock(&ledger.lock);
	write_at(record, RECORD_BYTES, place);
	sync_to_disk();
}

static void append_by_writer(const char *record)
{
	uint64_t mine;

	pthread_mutex_lock(&queue.lock);
	memcpy(queue.pending + (size_t)queue.n * RECORD_BYTES, record,
	       RECORD_BYTES);
	queue.n++;
	mine = queue.batch;
	pthread_cond_signal(&queue.filled);
	while (queue.on_disk <= mine)
		pthread_cond_wait(&queue.synced, &queue.lock);
	pthread_mutex_unlock(&queue.lock);
}

/* Takes what has gathered; returns the number of records, 0 at the end. */
static unsigned take_batch(char *batch)
{
	unsigned n;

	pthread_mutex_lock(&queue.lock);
	while (queue.n == 0 && !queue.closed)
		pthread_cond_wait(&queue.filled, &queue.lock);
	n = queue.n;
	memcpy(batch, queue.pending, (size_t)n * RECORD_BYTES);
	queue.n = 0;
	queue.batch++;
	if (n > queue.max_batch)
		queue.max_batch = n;
	pthread_mutex_unlock(&queue.lock);
	return n;
}

static void *writer(void *arg)
{
	char *batch = arg;
	unsigned n;

	while ((n = take_batch(batch)) > 0) {
		write_at(batch, (size_t)n * RECORD_BYTES, ledger.end);
		ledger.end += (off_t)n * RECORD_BYTES;
		sync_to_disk();
		pthread_mutex_lock(&queue.lock);
		queue.on_disk = queue.batch;
		pthread_cond_broadcast(&queue.synced);
		pthread_mutex_unlock(&queue.lock);
	}
	return NULL;
}

typedef void append_fn(const char *record);

static void *worker(void *arg)
{
	append_fn *const *append = arg;
	char record[RECORD_BYTES];
	unsigned order;

	while (take_order(&order)) {
		serve(order, record);
		(*append)(record);
	}
	return NULL;
}

/* Every order is in the file, once. */
static bool log_is_complete(void)
{
	bool *seen = must_alloc(orders, sizeof(*seen));
	char record[RECORD_BYTES + 1] = "";
	unsigned found = 0;

	for (off_t at = 0;
	     pread(ledger.fd, record, RECORD_BYTES, at) == RECORD_BYTES;
	     at += RECORD_BYTES) {
		unsigned long order = strtoul(record + RECORD_NUMBER, NULL, 10);

		if (order < orders && !seen[order]) {
			seen[order] = true;
			found++;
		}
	}
	free(seen);
	tell_count("orders_on_disk", found);
	return found == orders &&
	       lseek(ledger.fd, 0, SEEK_END) == (off_t)orders * RECORD_BYTES;
}

static bool serve_all(const struct run *run, append_fn *append)
{
	pthread_t *threads = must_alloc(run->threads, sizeof(*threads));

	orders = (unsigned)scaled_count(run, run->tasks);
	ledger.fd = scratch_file("ledger.log");
	for (unsigned i = 0; i < run->threads; i++)
		threads[i] = thread_start("worker", worker, &append);
	for (unsigned i = 0; i < run->threads; i++)
		thread_join(threads[i]);
	free(threads);
	tell_count("orders", orders);
	return log_is_complete();
}

static bool inside(const struct run *run)
{
	return serve_all(run, append_inside);
}

static bool outside(const struct run *run)
{
	return serve_all(run, append_outside);
}

static bool by_writer(const struct run *run)
{
	char *batch = must_alloc(run->threads, RECORD_BYTES);
	pthread_t thread;
	bool complete;

	queue.pending = must_alloc(run->threads, RECORD_BYTES);
	thread = thread_start("writer", writer, batch);
	complete = serve_all(run, append_by_writer);
	pthread_mutex_lock(&queue.lock);
	queue.closed = true;
	pthread_cond_signal(&queue.filled);
	pthread_mutex_unlock(&queue.lock);
	thread_join(thread);
	tell_count("largest_batch", queue.max_batch);
	free(queue.pending);
	free(batch);
	return complete;
}

static const struct variant variants[] = {
	{ "inside", "write and fsync under the ledger's lock", inside },
	{ "outside", "reserve a place under the lock, write outside it",
	  outside },
	{ "writer", "one writer thread syncs whole batches", by_writer },
	{ NULL, NULL, NULL },
};

int main(int argc, char **argv)
{
	static const struct workload convoy = {
		.name = "convoy",
		.what = "Log writers with the disk inside or outside a lock.",
		.threads = 8,
		.tasks = 2000,
		.variants = variants,
	};

	return workload_main(&convoy, argc, argv);
}
