/*
 * A destination that is set first and used later: two writers share it, and
 * both lines land in the file that was set last.
 *
 * `racy` sets the shared name, is slow, then writes to whatever the name is by
 * then; `lock` makes setting and writing one critical section; `local` gives
 * each writer its own name, so that nothing is shared.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "workloads/common.h"

static struct {
	pthread_mutex_t lock;
	char name[32]; /* protected by lock, but in `racy` */
} destination = { .lock = PTHREAD_MUTEX_INITIALIZER };

struct writer {
	unsigned number;
	uint64_t slow_ns;
	pthread_barrier_t *start;
	void (*write)(const struct writer *writer);
};

static void name_for(unsigned number, char name[32])
{
	snprintf(name, 32, "output_%u.txt", number);
}

static void append_line(const char *name, unsigned number)
{
	int fd = scratch_open(name, O_WRONLY | O_APPEND);

	dprintf(fd, "line of writer %u\n", number);
	close(fd);
}

static void set_and_write(const struct writer *writer)
{
	name_for(writer->number, destination.name);
	pause_ns(writer->slow_ns);
	append_line(destination.name, writer->number);
}

static void write_racy(const struct writer *writer)
{
	set_and_write(writer);
}

static void write_locked(const struct writer *writer)
{
	pthread_mutex_lock(&destination.lock);
	set_and_write(writer);
	pthread_mutex_unlock(&destination.lock);
}

static void write_local(const struct writer *writer)
{
	char name[32];

	name_for(writer->number, name);
	pause_ns(writer->slow_ns);
	append_line(name, writer->number);
}

static void *writer_run(void *arg)
{
	const struct writer *writer = arg;

	pthread_barrier_wait(writer->start);
	writer->write(writer);
	return NULL;
}

/* The number of lines in a file, 0 if it does not exist. */
static unsigned lines_in(unsigned number)
{
	char path[256], name[32], line[80];
	unsigned n = 0;
	FILE *file;

	name_for(number, name);
	snprintf(path, sizeof(path), "%s/%s", scratch_dir(), name);
	file = fopen(path, "r");
	while (file && fgets(line, sizeof(line), file))
		n++;
	if (file)
		fclose(file);
	return n;
}

static bool write_files(const struct run *run,
			void (*write)(const struct writer *))
{
	pthread_t *threads = must_alloc(run->threads, sizeof(*threads));
	struct writer *writers = must_alloc(run->threads, sizeof(*writers));
	pthread_barrier_t start;
	unsigned good = 0;
	unsigned most = 0;

	scratch_dir();
	pthread_barrier_init(&start, NULL, run->threads);
	for (unsigned i = 0; i < run->threads; i++) {
		writers[i] =
			(struct writer){ .number = i + 1,
					 .slow_ns = scaled_ns(run, 50 * MS),
					 .start = &start,
					 .write = write };
		threads[i] = thread_start("writer", writer_run, &writers[i]);
	}
	for (unsigned i = 0; i < run->threads; i++)
		thread_join(threads[i]);
	pthread_barrier_destroy(&start);
	for (unsigned i = 1; i <= run->threads; i++) {
		unsigned n = lines_in(i);

		good += n == 1;
		most = n > most ? n : most;
	}
	free(writers);
	free(threads);
	tell_count("files_with_one_line", good);
	tell_count("most_lines_in_a_file", most);
	return good == run->threads;
}

static bool racy(const struct run *run)
{
	return write_files(run, write_racy);
}

static bool lock(const struct run *run)
{
	return write_files(run, write_locked);
}

static bool local(const struct run *run)
{
	return write_files(run, write_local);
}

static const struct variant variants[] = {
	{ "racy", "set the shared name, then write to it", racy },
	{ "lock", "set and write under one lock", lock },
	{ "local", "a name of its own for each writer", local },
	{ NULL, NULL, NULL },
};

int main(int argc, char **argv)
{
	static const struct workload dest_file = {
		.name = "dest-file",
		.what = "Writers that share the name of their file.",
		.threads = 2,
		.tasks = 2,
		.variants = variants,
	};

	return workload_main(&dest_file, argc, argv);
}
