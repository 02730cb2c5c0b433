#include "analysis/race/campaign.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "analysis/race/hang.h"
#include "tracing/base/paths.h"

/* Of a program with reports, if the user asked for it. */
#define TSAN_STATUS 66
#define MAX_JOBS    64
/* Random addresses of more bits than this collide with its shadow memory. */
#define MAX_RANDOM_BITS 28
#define MOST_SAID	120 /* characters of a line of the program */

static volatile sig_atomic_t is_interrupted;

static void on_interrupt(int number)
{
	(void)number;
	is_interrupted = 1;
}

static char *find_symbolizer(void)
{
	static const char *const names[] = { "llvm-symbolizer",
					     "llvm-symbolizer-19",
					     "llvm-symbolizer-14" };

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		char *path = g_find_program_in_path(names[i]);

		if (path)
			return path;
	}
	return NULL;
}

static bool needs_fixed_addresses(void)
{
	char *text = NULL;
	bool needs = false;

	if (g_file_get_contents("/proc/sys/vm/mmap_rnd_bits", &text, NULL,
				NULL))
		needs = g_ascii_strtoull(text, NULL, 10) > MAX_RANDOM_BITS;
	g_free(text);
	return needs;
}

static int make_dir(struct campaign *c, struct err *err)
{
	GError *error = NULL;

	if (c->options.logs) {
		c->keeps_dir = true;
		c->dir = g_canonicalize_filename(c->options.logs, NULL);
		return g_mkdir_with_parents(c->dir, 0777)
			       ? err_errno(err, errno, "cannot make '%s'",
					   c->dir)
			       : 0;
	}
	c->dir = g_dir_make_tmp("holdup-race-XXXXXX", &error);
	if (!c->dir) {
		err_set(err, "%s", error->message);
		g_error_free(error);
		return -1;
	}
	return 0;
}

static char *find_shake(void)
{
	char *path = paths_lib("libholdup-shake.so");
	char *found =
		g_file_test(path, G_FILE_TEST_EXISTS) ? g_strdup(path) : NULL;

	free(path);
	return found;
}

static int check_build(const struct campaign *c, struct err *err)
{
	if (c->build != PROGRAM_PLAIN)
		return 0;
	return err_set(err,
		       "'%s' is not built with ThreadSanitizer: compile and "
		       "link it with -fsanitize=thread -g -O1",
		       c->argv[0]);
}

/* The runtime would end each run at once, without a word. */
static int check_suppressions(const struct campaign_options *options,
			      struct err *err)
{
	const char *path = options->suppressions;

	return path && access(path, R_OK)
		       ? err_errno(err, errno, "cannot read '%s'", path)
		       : 0;
}

static char **copy_arguments(char *const *argv)
{
	GPtrArray *copy = g_ptr_array_new();

	for (; *argv; argv++)
		g_ptr_array_add(copy, g_strdup(*argv));
	g_ptr_array_add(copy, NULL);
	return (char **)g_ptr_array_free(copy, FALSE);
}

struct campaign *campaign_new(char *const *argv,
			      const struct campaign_options *options,
			      struct err *err)
{
	struct campaign *c = g_new0(struct campaign, 1);

	c->argv = copy_arguments(argv);
	c->options = *options;
	c->fatal = "";
	c->path = program_find(argv[0], err);
	if (!c->path || program_build(c->path, &c->build, err) ||
	    check_build(c, err) || check_suppressions(options, err) ||
	    make_dir(c, err)) {
		campaign_free(c);
		return NULL;
	}
	c->pool = race_pool_new();
	c->rows = rows_new();
	c->symbols = program_symbols_new(c->path);
	c->shake = find_shake();
	c->symbolizer = find_symbolizer();
	return c;
}

/* Removes a directory of plain files. */
static void remove_dir(const char *path)
{
	GDir *dir = g_dir_open(path, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		char *file = g_build_filename(path, name, NULL);

		g_unlink(file);
		g_free(file);
	}
	if (dir)
		g_dir_close(dir);
	g_rmdir(path);
}

void campaign_free(struct campaign *c)
{
	if (!c)
		return;
	if (c->dir && !c->keeps_dir)
		remove_dir(c->dir);
	program_symbols_free(c->symbols);
	rows_free(c->rows);
	race_pool_free(c->pool);
	g_strfreev(c->argv);
	g_free(c->path);
	g_free(c->dir);
	g_free(c->shake);
	g_free(c->symbolizer);
	g_free(c);
}

bool campaign_is_over(const struct campaign *c)
{
	return c->interrupted ||
	       (c->options.hangs && c->hung >= c->options.hangs);
}

/* All logs of a run; each process of the program wrote one. */
static void read_logs(struct campaign *c, const char *path,
		      struct race_parsed *parsed)
{
	struct race_names names = program_names(c->symbols);
	GDir *dir = g_dir_open(path, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		char *file = g_build_filename(path, name, NULL);
		char *text = NULL;

		if (g_file_get_contents(file, &text, NULL, NULL))
			race_parse(parsed, text, &names, c->pool);
		g_free(text);
		g_free(file);
	}
	if (dir)
		g_dir_close(dir);
}

/* The last line that it wrote to its standard error, shortened; NULL: none. */
static const char *last_words(struct campaign *c, const char *dir)
{
	char *path = g_build_filename(dir, "stderr", NULL);
	FILE *file = fopen(path, "re");
	char end[MOST_SAID + 1] = "";
	const char *kept = NULL;
	char *line, *valid;
	size_t n = 0;

	g_free(path);
	if (!file)
		return NULL;
	/* It may have written very much. */
	if (fseek(file, -MOST_SAID, SEEK_END))
		rewind(file);
	n = fread(end, 1, MOST_SAID, file);
	fclose(file);
	end[n] = '\0';
	g_strchomp(end);
	line = strrchr(end, '\n');
	valid = g_utf8_make_valid(line ? line + 1 : end, -1);
	if (*valid)
		kept = race_pool_text(c->pool, valid);
	g_free(valid);
	return kept;
}

/* A row for an end that is not as it should be, keyed by its number. */
static void add_sign(struct campaign *c, const struct run *run,
		     enum race_kind kind, const char *title, int number)
{
	char text[32];
	struct race_report report = { .kind = kind, .title = title };

	g_snprintf(text, sizeof(text), "%d", number);
	report.variable = race_pool_text(c->pool, text);
	report.said = last_words(c, run->dir);
	rows_add_report(c->rows,
			race_pool_copy(c->pool, &report, sizeof(report)),
			run->index, run->plan.seed, c->pool);
}

static void count_status(struct campaign *c, const struct run *run, int status,
			 const struct race_parsed *parsed)
{
	bool is_told = parsed->reports && parsed->reports->len;

	if (run->hung)
		return;
	if (WIFSIGNALED(status)) {
		c->signal = c->killed++ ? c->signal : WTERMSIG(status);
		add_sign(c, run, RACE_CRASH, "killed by a signal",
			 WTERMSIG(status));
	} else if (WIFEXITED(status) && WEXITSTATUS(status) != 0 &&
		   !(is_told && WEXITSTATUS(status) == TSAN_STATUS)) {
		c->status = c->failed++ ? c->status : WEXITSTATUS(status);
		add_sign(c, run, RACE_STATUS, "end with a status",
			 WEXITSTATUS(status));
	}
}

static void finish(struct campaign *c, struct run *run)
{
	struct race_parsed parsed = { .reports = NULL };
	struct race_report *hang =
		run->hung ? hang_report(run->pid, c->symbols, c->pool) : NULL;
	int status = run_end(run);

	read_logs(c, run->dir, &parsed);
	rows_add(c->rows, &parsed, run->index, run->plan.seed, c->pool);
	if (hang)
		rows_add_report(c->rows, hang, run->index, run->plan.seed,
				c->pool);
	c->runs++;
	c->hung += run->hung;
	c->has_runtime |= parsed.has_runtime;
	if (parsed.fatal && *parsed.fatal && !*c->fatal)
		c->fatal = parsed.fatal;
	count_status(c, run, status, &parsed);
	if (!c->keeps_dir)
		remove_dir(run->dir);
	race_parsed_clear(&parsed);
	g_clear_pointer(&run->dir, g_free);
	if (c->options.progress)
		c->options.progress(c->options.data, c->runs,
				    c->rows->rows->len);
}

static int begin(struct campaign *c, struct run *run, struct err *err)
{
	struct run_setup setup = {
		.path = c->path,
		.argv = c->argv,
		.shake = c->shake,
		.suppressions = c->options.suppressions,
		.symbolizer = c->symbolizer,
		.fixed_addresses = needs_fixed_addresses(),
	};
	uint64_t seed = c->options.first_seed + c->started;
	char *dir =
		g_strdup_printf("%s/%llu", c->dir, (unsigned long long)seed);
	cpu_set_t allowed;
	struct plan plan;
	int result;

	CPU_ZERO(&allowed);
	if (sched_getaffinity(0, sizeof(allowed), &allowed) ||
	    !CPU_COUNT(&allowed))
		CPU_SET(0, &allowed);
	plan_make(&plan, seed, &allowed);
	run->index = c->started++;
	result = run_start(run, &setup, &plan, dir,
			   c->build == PROGRAM_SCRIPT && run->index == 0, err);
	g_free(dir);
	return result;
}

/* Until the next run is over, in ms; runs beyond their limit are marked. */
static int time_left_ms(const struct campaign *c, struct run *runs, int n)
{
	uint64_t now = (uint64_t)g_get_monotonic_time() * 1000;
	uint64_t least = 1000000000;

	for (int i = 0; i < n; i++) {
		uint64_t used = now - runs[i].begin_ns;

		if (!runs[i].pid)
			continue;
		if (used >= c->options.time_limit_ns) {
			runs[i].hung = true;
			return 0;
		}
		least = MIN(least, c->options.time_limit_ns - used);
	}
	return (int)(least / 1000000) + 1;
}

/* Waits until a run ends or is to be cut off, and finishes all such. */
static void reap(struct campaign *c, struct run *runs, int n)
{
	struct pollfd fds[MAX_JOBS];
	int timeout_ms = time_left_ms(c, runs, n);

	for (int i = 0; i < n; i++)
		fds[i] = (struct pollfd){
			.fd = runs[i].pid ? runs[i].pidfd : -1,
			.events = POLLIN,
		};
	if (poll(fds, (nfds_t)n, timeout_ms) < 0)
		return;
	for (int i = 0; i < n; i++) {
		if (!runs[i].pid)
			continue;
		if (fds[i].revents)
			runs[i].hung = false;
		if (fds[i].revents || runs[i].hung)
			finish(c, &runs[i]);
	}
}

static int n_running(const struct run *runs, int n)
{
	int running = 0;

	for (int i = 0; i < n; i++)
		running += runs[i].pid > 0;
	return running;
}

static int fill(struct campaign *c, struct run *runs, int n, uint64_t target,
		struct err *err)
{
	for (int i = 0; i < n; i++)
		if (!runs[i].pid && c->started < target &&
		    !campaign_is_over(c) && begin(c, &runs[i], err))
			return -1;
	return 0;
}

static int n_jobs(const struct campaign *c)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	int jobs = c->options.jobs ? c->options.jobs : (int)cpus;

	/* The first run of a script shows whether there is a runtime. */
	if (c->build == PROGRAM_SCRIPT && !c->runs)
		return 1;
	return MAX(1, MIN(jobs, MAX_JOBS));
}

int campaign_run(struct campaign *c, uint64_t more, struct err *err)
{
	struct run runs[MAX_JOBS] = { { .pid = 0 } };
	struct sigaction on = { .sa_handler = on_interrupt }, was_int, was_term;
	uint64_t target = c->started + more;
	int n = n_jobs(c), result;

	sigaction(SIGINT, &on, &was_int);
	sigaction(SIGTERM, &on, &was_term);
	while (!(result = fill(c, runs, n, target, err)) &&
	       n_running(runs, n) && !c->interrupted) {
		reap(c, runs, n);
		c->interrupted = is_interrupted;
	}
	for (int i = 0; i < n; i++) {
		run_end(&runs[i]);
		if (runs[i].dir && !c->keeps_dir)
			remove_dir(runs[i].dir);
		g_free(runs[i].dir);
	}
	sigaction(SIGINT, &was_int, NULL);
	sigaction(SIGTERM, &was_term, NULL);
	return result;
}
