/*
 * usage: damage [-s SEED] [-n TIMES] [-f FILE] DIR
 *
 * Reads the trace in DIR again and again, each time with one of its files
 * damaged: cut, bits flipped, a number made huge, a piece doubled or left out.
 * Each reading runs in a process of its own; crashes, hangs, and events out of
 * order are told with the seed that makes them again (-s SEED -n 1). With
 * -f only files whose path holds FILE are damaged.
 */
#include <ftw.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "analysis/read.h"

#define SECONDS_MAX 20

struct file {
	char *path; /* below the trace */
	char *data;
	gsize bytes;
};

/* Memory is refused as it is without sanitizers, where there is a limit. */
/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp): the
 * name is the sanitizer's. */
const char *__asan_default_options(void);

const char *__asan_default_options(void)
{
	return "allocator_may_return_null=1:max_allocation_size_mb=1024";
}
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */

static GArray *files;
static size_t top_bytes;

static uint64_t random_state;

static uint64_t next_random(uint64_t below)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return below ? (random_state >> 11) % below : 0;
}

static int load_one(const char *path, const struct stat *status, int type,
		    struct FTW *where)
{
	struct file file = { .data = NULL };

	(void)status;
	(void)where;
	if (type != FTW_F ||
	    !g_file_get_contents(path, &file.data, &file.bytes, NULL))
		return 0;
	file.path = g_strdup(path + top_bytes);
	g_array_append_val(files, file);
	return 0;
}

static int remove_one(const char *path, const struct stat *status, int type,
		      struct FTW *where)
{
	(void)status;
	(void)type;
	(void)where;
	return remove(path);
}

/* Damages a copy of `data`, in place or into fewer or more bytes. */
static GString *damage(const struct file *file)
{
	GString *copy = g_string_new_len(file->data, (gssize)file->bytes);
	static const uint64_t huge[] = { UINT64_MAX, INT64_MAX,	 1ull << 62,
					 1ull << 40, UINT32_MAX, 0 };
	gsize at = (gsize)next_random(copy->len);
	gsize n = (gsize)next_random(copy->len - at + 1);

	switch (next_random(6)) {
	case 0:
		g_string_truncate(copy, at);
		break;
	case 1:
	case 2:
		for (uint64_t i = next_random(8) + 1; i-- && copy->len;)
			((uint8_t *)copy->str)[next_random(copy->len)] ^=
				(uint8_t)(1u << next_random(8));
		break;
	case 3:
		n = MIN(copy->len - at, 1u << next_random(4));
		memcpy(copy->str + at, &huge[next_random(6)], n);
		break;
	case 4:
		g_string_erase(copy, (gssize)at,
			       (gssize)MIN(n, next_random(64)));
		break;
	default:
		n = MIN(n, 256);
		g_string_insert_len(copy, (gssize)at, file->data + at,
				    (gssize)n);
		break;
	}
	return copy;
}

static void write_trace(const char *to, const char *only)
{
	size_t victim, tries = 0;

	do
		victim = (size_t)next_random(files->len);
	while (only && ++tries < 1000 &&
	       !strstr(g_array_index(files, struct file, victim).path, only));
	for (guint i = 0; i < files->len; i++) {
		const struct file *file = &g_array_index(files, struct file, i);
		g_autofree char *path = g_build_filename(to, file->path, NULL);
		g_autofree char *dir = g_path_get_dirname(path);
		GString *bad = NULL;

		g_mkdir_with_parents(dir, 0700);
		if (i == victim)
			bad = damage(file);
		g_file_set_contents(
			path, bad ? bad->str : file->data,
			bad ? (gssize)bad->len : (gssize)file->bytes, NULL);
		if (bad)
			g_string_free(bad, TRUE);
	}
}

struct check {
	uint64_t last_ns, events;
	size_t sum;
};

/* Touches all that an event borrows, for the sanitizers. */
static void on_event(void *data, const struct event *event)
{
	struct check *check = data;

	if (event->ts_ns < check->last_ns)
		_exit(99);
	check->last_ns = event->ts_ns;
	check->events++;
	if (event->type == EVENT_LOCK_WAIT)
		for (size_t i = 0; i < event->u.lock.n_stack; i++)
			check->sum += event->u.lock.stack[i];
	if (event->type == EVENT_SWITCH && event->u.sched.prev_comm)
		check->sum += strlen(event->u.sched.prev_comm);
}

static int read_once(const char *dir)
{
	struct check check = { 0 };
	struct read_stats stats;
	struct err err = { "" };
	int result;

	alarm(SECONDS_MAX);
	result = read_trace(dir, NULL, on_event, &check, &stats, &err);
	if (result && (!err.text[0] || strchr(err.text, '\n')))
		_exit(98);
	/* Babeltrace dies by signals; an exit is of a sanitizer, or of ours. */
	for (size_t i = 0; i < stats.n_notes; i++)
		if (strstr(stats.notes[i], "dies of it (exit"))
			_exit(97);
	read_stats_clear(&stats);
	return 0;
}

static bool try_seed(uint64_t seed, const char *scratch, const char *only)
{
	g_autofree char *dir = g_build_filename(scratch, "trace", NULL);
	int status;
	pid_t pid;

	random_state = seed * 0x9e3779b97f4a7c15u + 88172645463325252u;
	for (int i = 0; i < 8; i++)
		next_random(0);
	write_trace(dir, only);
	pid = fork();
	if (!pid)
		exit(read_once(dir));
	waitpid(pid, &status, 0);
	if (!g_getenv("KEEP"))
		nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	if (!status)
		return true;
	printf("seed %" PRIu64 ": %s %d\n", seed,
	       WIFSIGNALED(status) ? "signal" : "exit",
	       WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	fflush(stdout);
	return false;
}

int main(int argc, char **argv)
{
	g_autofree char *scratch = g_dir_make_tmp("holdup-damage-XXXXXX", NULL);
	uint64_t seed = 1, n = 1000, bad = 0;
	const char *only = NULL;
	int option;

	while ((option = getopt(argc, argv, "s:n:f:")) != -1)
		if (option == 's')
			seed = strtoull(optarg, NULL, 10);
		else if (option == 'n')
			n = strtoull(optarg, NULL, 10);
		else if (option == 'f')
			only = optarg;
		else
			return 2;
	if (optind + 1 != argc)
		return 2;
	g_setenv("TMPDIR", scratch, TRUE);
	files = g_array_new(FALSE, FALSE, sizeof(struct file));
	top_bytes = strlen(argv[optind]) + 1;
	nftw(argv[optind], load_one, 16, FTW_PHYS);
	for (uint64_t i = 0; i < n; i++)
		bad += !try_seed(seed + i, scratch, only);
	if (!g_getenv("KEEP"))
		nftw(scratch, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	printf("%" PRIu64 " readings, %" PRIu64 " bad\n", n, bad);
	return bad != 0;
}
