/*
 * Saving a file must not freeze the editor.
 *
 * The user interface ticks; now and then the text is saved, written and synced
 * in many pieces as a slow disk would do it. `same` saves in the thread that
 * ticks; `io-thread` hands the text to a thread of its own.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "workloads/common.h"

#define TEXT_BYTES 65536

static struct {
	pthread_mutex_t lock;
	pthread_cond_t asked;
	char *text; /* protected by lock, as all below: to be saved, or NULL
		     */
	bool closing;
	unsigned saved;
} desk = { .lock = PTHREAD_MUTEX_INITIALIZER,
	   .asked = PTHREAD_COND_INITIALIZER };

static uint64_t disk_ns; /* how slow the disk is, beside its own time */

static int letter_fd; /* the file */

static void save(const char *text)
{
	if (pwrite(letter_fd, text, TEXT_BYTES, 0) != TEXT_BYTES ||
	    fsync(letter_fd))
		die("save", errno);
	slow_read(disk_ns);
	pthread_mutex_lock(&desk.lock);
	desk.saved++;
	pthread_mutex_unlock(&desk.lock);
}

static void *saver(void *arg)
{
	pthread_mutex_lock(&desk.lock);
	for (;;) {
		char *text;

		while (!desk.text && !desk.closing)
			pthread_cond_wait(&desk.asked, &desk.lock);
		text = desk.text;
		if (!text)
			break;
		desk.text = NULL;
		pthread_mutex_unlock(&desk.lock);
		save(text);
		free(text);
		pthread_mutex_lock(&desk.lock);
	}
	pthread_mutex_unlock(&desk.lock);
	return arg;
}

static void ask_to_save(const char *text)
{
	char *copy = must_alloc(1, TEXT_BYTES);

	memcpy(copy, text, TEXT_BYTES);
	pthread_mutex_lock(&desk.lock);
	free(desk.text); /* an older text that nobody has begun to save */
	desk.text = copy;
	pthread_cond_signal(&desk.asked);
	pthread_mutex_unlock(&desk.lock);
}

/* What the text is made of at a tick. */
static int letter_of(unsigned tick)
{
	return 'a' + (int)(tick % 26);
}

struct interface { /* of the user */
	unsigned ticks;
	uint64_t tick_ns;
	void (*save_text)(const char *text);
	uint64_t gap_ns; /* the longest time between two ticks */
};

static void *interface_run(void *arg)
{
	struct interface *interface = arg;
	uint64_t last_ns = clock_ns();
	char *text = must_alloc(1, TEXT_BYTES);

	for (unsigned i = 1; i <= interface->ticks; i++) {
		uint64_t now_ns;

		pause_ns(interface->tick_ns);
		memset(text, letter_of(i), TEXT_BYTES);
		if (i % 20 == 10)
			interface->save_text(text);
		now_ns = clock_ns();
		if (now_ns - last_ns > interface->gap_ns)
			interface->gap_ns = now_ns - last_ns;
		last_ns = now_ns;
	}
	free(text);
	return NULL;
}

/* Returns the longest time between two ticks. */
static uint64_t edit(const struct run *run, void (*save_text)(const char *))
{
	struct interface interface = { .ticks = run->tasks,
				       .tick_ns = scaled_ns(run, 10 * MS),
				       .save_text = save_text };

	thread_join(thread_start("interface", interface_run, &interface));
	return interface.gap_ns;
}

/* What is on disk is what was asked to be saved last. */
static bool is_saved(const char *text)
{
	char *found = must_alloc(1, TEXT_BYTES);
	bool same = pread(letter_fd, found, TEXT_BYTES, 0) == TEXT_BYTES &&
		    !memcmp(found, text, TEXT_BYTES);

	free(found);
	return same;
}

static bool tell_gap(const struct run *run, uint64_t gap_ns)
{
	char *last = must_alloc(1, TEXT_BYTES);
	unsigned asked = (run->tasks + 10) / 20;
	bool same;

	memset(last, letter_of(20 * asked - 10), TEXT_BYTES);
	same = asked == 0 || is_saved(last);
	free(last);
	tell_count("ticks", run->tasks);
	tell_count("asked", asked);
	tell_count("saved", desk.saved);
	tell_real("longest_gap_ms", (double)gap_ns / 1e6);
	return same;
}

static bool same(const struct run *run)
{
	disk_ns = scaled_ns(run, 100 * MS);
	letter_fd = scratch_file("letter.txt");
	return tell_gap(run, edit(run, save));
}

static bool io_thread(const struct run *run)
{
	pthread_t thread;
	uint64_t gap_ns;

	disk_ns = scaled_ns(run, 100 * MS);
	letter_fd = scratch_file("letter.txt");
	thread = thread_start("saver", saver, NULL);
	gap_ns = edit(run, ask_to_save);
	pthread_mutex_lock(&desk.lock);
	desk.closing = true;
	pthread_cond_signal(&desk.asked);
	pthread_mutex_unlock(&desk.lock);
	thread_join(thread);
	return tell_gap(run, gap_ns);
}

static const struct variant variants[] = {
	{ "same", "save in the thread that ticks", same },
	{ "io-thread", "save in a thread of its own", io_thread },
	{ NULL, NULL, NULL },
};

int main(int argc, char **argv)
{
	static const struct workload editor = {
		.name = "editor",
		.what = "A ticking user interface that saves a file.",
		.threads = 1,
		.tasks = 100,
		.variants = variants,
	};

	return workload_main(&editor, argc, argv);
}
