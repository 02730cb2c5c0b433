#include "tracing/recorder/calibrate.h"

#include <glib.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tracing/base/exits.h"
#include "tracing/base/paths.h"
#include "tracing/recorder/board_read.h"
#include "tracing/recorder/clock.h"
#include "tracing/recorder/preload.h"

#define NAME	     "calibration"
#define BATCHES	     20 /* the fastest counts: the others were disturbed */
#define PAIRS	     1000
#define BUFFER_BYTES (4u << 20) /* room for all of them */

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static uint64_t batch_ns(void)
{
	uint64_t begin = clock_ns();

	for (int i = 0; i < PAIRS; i++) {
		pthread_mutex_lock(&mutex);
		pthread_mutex_unlock(&mutex);
	}
	return clock_ns() - begin;
}

static void *do_nothing(void *data)
{
	return data;
}

/* With a second thread once, as a process that is worth recording has. */
int calibrate_loop(void)
{
	uint64_t best = UINT64_MAX;
	pthread_t thread;

	if (pthread_create(&thread, NULL, do_nothing, NULL))
		return EXIT_CANNOT;
	pthread_join(thread, NULL);
	for (int i = 0; i < BATCHES; i++) {
		uint64_t ns = batch_ns();

		best = MIN(best, ns);
	}
	printf("%.3f\n", (double)best / PAIRS);
	return EXIT_DONE;
}

/* ns for each pair in a process with `env`; 0: it failed. */
static double run_loop(char **env)
{
	char *argv[] = { paths_self(), g_strdup("record"),
			 g_strdup("--calibration-loop"), NULL };
	char **all = g_get_environ();
	char *out = NULL;
	int status = 0;
	double ns = 0;

	for (; env && *env; env++) {
		char *value = strchr(*env, '=');
		char *name = g_strndup(*env, (gsize)(value - *env));

		all = g_environ_setenv(all, name, value + 1, TRUE);
		g_free(name);
	}
	if (g_spawn_sync("/", argv, all, G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL,
			 &out, NULL, &status, NULL) &&
	    !status)
		ns = g_ascii_strtod(out, NULL);
	g_free(out);
	g_strfreev(all);
	free(argv[0]);
	g_free(argv[1]);
	g_free(argv[2]);
	return ns;
}

/* The same with the interposer in. */
static double run_recorded(const struct rundir *run, bool detail_all)
{
	char *dir = g_build_filename(
		run->path, detail_all ? "calibration-1" : "calibration-0",
		NULL);
	struct boards *boards =
		mkdir(dir, 0700) ? NULL : boards_new(dir, detail_all, 0, NULL);
	/* A daemon that is seen in two places would be told all twice. */
	char **env = preload_environment(run->is_hidden ? dir : run->path, dir,
					 detail_all, 0);
	double ns = boards ? run_loop(env) : 0;

	boards_free(boards);
	g_strfreev(env);
	g_free(dir);
	return ns;
}

static void measure(const struct rundir *run, struct session *session,
		    struct calibration *out)
{
	/* As root the daemon sees of the run directory this part only. */
	char *place = run->is_hidden ? g_strdup("/run/lttng/" NAME)
				     : g_build_filename(run->path, NAME, NULL);
	const struct session_options options = {
		.name = NAME,
		.out = place,
		.buffer_bytes = BUFFER_BYTES,
	};
	double bare = run_loop(NULL);
	double counted = run_recorded(run, false);
	double told = 0;

	if (!session_start(session, &options, NULL)) {
		told = run_recorded(run, true);
		session_drop(session, NAME);
	}
	if (bare > 0 && counted > 0)
		out->pair_ns = MAX(counted - bare, 0.001);
	if (counted > 0 && told > counted)
		out->event_ns = told - counted;
	g_free(place);
}

/* What must be the same for an earlier measurement to hold. */
static char *cache_key(void)
{
	char *library = paths_lib("libholdup.so");
	struct stat st = { .st_size = 0 };
	char boot[37];
	char *key;

	clock_boot_id(boot);
	stat(library, &st);
	key = g_strdup_printf("%s-%lld.%09ld-%lld", boot,
			      (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec,
			      (long long)st.st_size);
	free(library);
	return key;
}

static bool read_cache(const char *path, const char *key,
		       struct calibration *out)
{
	char *text = NULL;
	char **words = NULL;
	bool found = false;

	if (g_file_get_contents(path, &text, NULL, NULL))
		words = g_strsplit(g_strchomp(text), " ", -1);
	if (words && g_strv_length(words) == 3 && !strcmp(words[0], key)) {
		out->pair_ns = g_ascii_strtod(words[1], NULL);
		out->event_ns = g_ascii_strtod(words[2], NULL);
		found = out->pair_ns > 0 && out->event_ns > 0;
	}
	g_strfreev(words);
	g_free(text);
	return found;
}

/* That it cannot be kept costs the next recording some time, no more. */
static void write_cache(const char *dir, const char *path, const char *key,
			const struct calibration *cost)
{
	char *text = g_strdup_printf("%s %.3f %.3f\n", key, cost->pair_ns,
				     cost->event_ns);

	if (!g_mkdir_with_parents(dir, 0755))
		g_file_set_contents(path, text, -1, NULL);
	g_free(text);
}

void calibrate(const struct rundir *run, struct session *session,
	       struct calibration *out)
{
	char *dir = g_build_filename(g_get_user_cache_dir(), "holdup", NULL);
	char *path = g_build_filename(dir, "calibration", NULL);
	char *key = cache_key();

	*out = (struct calibration){ 0, 0 };
	if (!read_cache(path, key, out)) {
		measure(run, session, out);
		if (out->pair_ns > 0 && out->event_ns > 0)
			write_cache(dir, path, key, out);
	}
	g_free(key);
	g_free(path);
	g_free(dir);
}
