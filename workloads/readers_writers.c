/*
 * Many readers, few writers.
 *
 * Readers look at a table whose two halves must always agree; a writer changes
 * both. `mutex` lets in one at a time; `rwlock` lets readers overlap, and new
 * ones pass a writer that waits; with `writer-first` they do not; `copy` has
 * readers take a reference to the current table and the writer replace it by a
 * changed copy.
 */
#include <stdatomic.h>
#include <stdlib.h>

#include "workloads/common.h"

struct table {
	uint64_t left, right; /* always equal */
	atomic_uint users;    /* of `copy` */
};

static struct {
	pthread_mutex_t mutex;
	pthread_rwlock_t rwlock;
	struct table table;    /* protected by one of the two */
	struct table *current; /* protected by mutex: the one to read */
} store = { .mutex = PTHREAD_MUTEX_INITIALIZER,
	    .rwlock = PTHREAD_RWLOCK_INITIALIZER };

static struct {
	struct flight *readers;
	atomic_uint torn;
	atomic_ullong reads, writes;
	_Atomic uint64_t longest_write_ns;
} seen;

static uint64_t read_ns; /* set before the threads start */

/* Looks at both halves, with some time between. */
static void look(const struct table *table)
{
	uint64_t left = table->left;

	flight_enter(seen.readers);
	pause_ns(read_ns);
	if (left != table->right)
		atomic_fetch_add(&seen.torn, 1);
	flight_leave(seen.readers);
	atomic_fetch_add(&seen.reads, 1);
}

static void change(struct table *table)
{
	table->left++;
	table->right++;
}

static void read_mutex(void)
{
	pthread_mutex_lock(&store.mutex);
	look(&store.table);
	pthread_mutex_unlock(&store.mutex);
}

static void write_mutex(void)
{
	pthread_mutex_lock(&store.mutex);
	change(&store.table);
	pthread_mutex_unlock(&store.mutex);
}

static void read_rwlock(void)
{
	pthread_rwlock_rdlock(&store.rwlock);
	look(&store.table);
	pthread_rwlock_unlock(&store.rwlock);
}

static void write_rwlock(void)
{
	pthread_rwlock_wrlock(&store.rwlock);
	change(&store.table);
	pthread_rwlock_unlock(&store.rwlock);
}

static struct table *table_take(void)
{
	struct table *table;

	pthread_mutex_lock(&store.mutex);
	table = store.current;
	atomic_fetch_add(&table->users, 1);
	pthread_mutex_unlock(&store.mutex);
	return table;
}

static void table_give_back(struct table *table)
{
	if (atomic_fetch_sub(&table->users, 1) == 1)
		free(table);
}

static void read_copy(void)
{
	struct table *table = table_take();

	look(table);
	table_give_back(table);
}

/* The one writer: nobody else replaces `current`, so it may read it freely. */
static void write_copy(void)
{
	struct table *changed = must_alloc(1, sizeof(*changed));
	struct table *old = store.current;

	changed->left = old->left;
	changed->right = old->right;
	change(changed);
	atomic_store(&changed->users, 1); /* `current` itself is a user */
	pthread_mutex_lock(&store.mutex);
	store.current = changed;
	pthread_mutex_unlock(&store.mutex);
	table_give_back(old);
}

struct role {
	void (*act)(void);
	unsigned times;
	uint64_t rest_ns;
};

static void *reader_run(void *arg)
{
	const struct role *role = arg;

	for (unsigned i = 0; i < role->times; i++)
		role->act();
	return NULL;
}

static void *writer_run(void *arg)
{
	const struct role *role = arg;

	for (unsigned i = 0; i < role->times; i++) {
		uint64_t begin_ns = clock_ns(), took_ns;

		role->act();
		took_ns = clock_ns() - begin_ns;
		if (took_ns > atomic_load(&seen.longest_write_ns))
			atomic_store(&seen.longest_write_ns, took_ns);
		atomic_fetch_add(&seen.writes, 1);
		pause_ns(role->rest_ns);
	}
	return NULL;
}

static bool share(const struct run *run, void (*read)(void),
		  void (*write)(void))
{
	pthread_t *readers = must_alloc(run->threads, sizeof(*readers));
	struct role reader = { read, run->tasks, 0 };
	struct role writer = { write, run->tasks / 10 + 1, MS };
	uint64_t begin_ns = clock_ns(), reading_ns;
	pthread_t writing;

	read_ns = scaled_ns(run, MS);
	seen.readers = flight_new();
	store.current = must_alloc(1, sizeof(*store.current));
	store.current->users = 1;
	for (unsigned i = 0; i < run->threads; i++)
		readers[i] = thread_start("reader", reader_run, &reader);
	writing = thread_start("writer", writer_run, &writer);
	for (unsigned i = 0; i < run->threads; i++)
		thread_join(readers[i]);
	reading_ns = clock_ns() - begin_ns;
	thread_join(writing);
	table_give_back(store.current);
	free(readers);
	tell_count("reads", seen.reads);
	tell_count("writes", seen.writes);
	tell_count("torn", seen.torn);
	tell_count("most_readers", flight_most(seen.readers));
	tell_real("longest_write_ms", (double)seen.longest_write_ns / 1e6);
	/* of the time that the readers took */
	tell_real("longest_write_share",
		  (double)seen.longest_write_ns / (double)reading_ns);
	return seen.torn == 0 &&
	       seen.reads == (uint64_t)run->threads * run->tasks;
}

static bool mutex(const struct run *run)
{
	return share(run, read_mutex, write_mutex);
}

static bool rwlock(const struct run *run)
{
	return share(run, read_rwlock, write_rwlock);
}

/* The usual kind lets readers in as long as any reads, and a writer starves. */
static bool writer_first(const struct run *run)
{
	pthread_rwlockattr_t attributes;

	pthread_rwlockattr_init(&attributes);
	pthread_rwlockattr_setkind_np(
		&attributes, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	pthread_rwlock_init(&store.rwlock, &attributes);
	pthread_rwlockattr_destroy(&attributes);
	return share(run, read_rwlock, write_rwlock);
}

static bool copy(const struct run *run)
{
	return share(run, read_copy, write_copy);
}

static const struct variant variants[] = {
	{ "mutex", "a mutex for readers and writers", mutex },
	{ "rwlock", "a rwlock: readers overlap", rwlock },
	{ "writer-first", "a rwlock that a waiting writer gets", writer_first },
	{ "copy", "readers keep what they began with", copy },
	{ NULL, NULL, NULL },
};

int main(int argc, char **argv)
{
	static const struct workload readers_writers = {
		.name = "readers-writers",
		.what = "Many readers and one writer of a table.",
		.threads = 6,
		.tasks = 50,
		.variants = variants,
	};

	return workload_main(&readers_writers, argc, argv);
}
