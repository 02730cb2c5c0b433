/* holdup lesson: options, order of work, exit status. */
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tracing/base/exits.h"
#include "tracing/base/opts.h"
#include "workloads/commands.h"
#include "workloads/lesson.h"
#include "workloads/lesson_words.h"

enum {
	KEY_LIST = 0x100,
	KEY_ALL,
	KEY_RUNS,
	KEY_NO_PLOTS,
	KEY_SWAPPED,
};

struct asked {
	struct lesson_options options;
	GPtrArray *lessons; /* const struct lesson * */
	bool list, all;
	bool swapped; /* for tests: the verdicts that no load can spoil */
};

static const struct argp_option options[] = {
	{ "list", KEY_LIST, NULL, 0, "list the lessons and their claims", 0 },
	{ "all", KEY_ALL, NULL, 0, "all of them", 0 },
	{ "scale", 's', "S", 0,
	  "multiply the durations of the texts (1: as there)", 0 },
	{ "output", 'o', "DIR", 0,
	  "where recordings and pictures go (holdup.lessons)", 0 },
	{ "runs", KEY_RUNS, "N", 0, "runs of each variant (5)", 0 },
	{ "no-plots", KEY_NO_PLOTS, NULL, 0, "draw no pictures", 0 },
	{ "swapped", KEY_SWAPPED, NULL, OPTION_HIDDEN, NULL, 0 },
	{ 0 },
};

static const char doc[] =
	"Run the experiment behind a claim about concurrency, and judge it."
	"\vThe verdict comes from the measurement alone; a difference within "
	"the spread\nof the runs decides nothing. More than one lesson makes a "
	"page, DIR/index.html.\nExit status: 0 no claim failed, 1 one does not "
	"hold, 2 usage, 3 could not.\n\n"
	"example: holdup lesson gil\n"
	"         holdup lesson --all -o class";

static void add_lesson(struct asked *asked, const char *id,
		       struct argp_state *state)
{
	const struct lesson *lesson = lesson_find(id);

	if (!lesson)
		argp_error(state, "no lesson '%s'; try --list", id);
	g_ptr_array_add(asked->lessons, (struct lesson *)(uintptr_t)lesson);
}

static unsigned runs_of(const char *text, struct argp_state *state)
{
	struct err err = { "" };
	uint64_t runs = 0;

	if (opts_u64(text, &runs, &err))
		argp_error(state, "--runs: %s", err.text);
	if (runs < 1 || runs > SAMPLE_MOST)
		argp_error(state, "--runs: '%s' is not between 1 and %d", text,
			   SAMPLE_MOST);
	return (unsigned)runs;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct asked *asked = state->input;
	struct err err = { "" };

	switch (key) {
	case KEY_LIST:
		asked->list = true;
		return 0;
	case KEY_ALL:
		asked->all = true;
		return 0;
	case KEY_RUNS:
		asked->options.runs = runs_of(arg, state);
		return 0;
	case KEY_NO_PLOTS:
		asked->options.no_plots = true;
		return 0;
	case KEY_SWAPPED:
		asked->swapped = true;
		return 0;
	case 's':
		if (opts_factor(arg, &asked->options.scale, &err) ||
		    asked->options.scale <= 0)
			argp_error(state,
				   "--scale: '%s' is not a number above 0",
				   arg);
		return 0;
	case 'o':
		asked->options.out = arg;
		return 0;
	case ARGP_KEY_ARG:
		add_lesson(asked, arg, state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static void progress(const char *lesson, const char *what)
{
	fprintf(stderr, "\r\033[K%s: %s", lesson, what);
	fflush(stderr);
}

static void list_one(const struct lesson *lesson)
{
	char *head = g_strdup_printf("%-18s", lesson->id);

	words_wrap(stdout, head, lesson->claim);
	g_free(head);
}

static int list(void)
{
	for (size_t i = 0; lessons[i]; i++)
		list_one(lessons[i]);
	return fflush(stdout) ? EXIT_CANNOT : EXIT_DONE;
}

static void tell(const struct lesson_result *result, const struct asked *asked,
		 bool first)
{
	if (asked->options.progress)
		fputs("\r\033[K", stderr);
	if (!first)
		putchar('\n');
	lesson_write_text(result, stdout);
	if (asked->swapped) {
		printf("  firm     %s\n", words_verdict(result->firm));
		printf("  swapped  %s\n", words_verdict(result->swapped));
	}
	fflush(stdout);
}

static void tell_summary(const GPtrArray *results)
{
	unsigned counts[3] = { 0 };

	for (guint i = 0; i < results->len; i++)
		counts[((struct lesson_result *)results->pdata[i])->answer]++;
	printf("\n%u lessons: %u hold, %u do not, %u not decided\n",
	       results->len, counts[ANSWER_YES], counts[ANSWER_NO],
	       counts[ANSWER_UNDECIDED]);
}

/* Goes on with the others where one cannot be done. */
static int teach(const struct asked *asked, GPtrArray *results)
{
	bool cannot = false, no = false;

	for (guint i = 0; i < asked->lessons->len; i++) {
		struct err err = { "" };
		struct lesson_result *result = lesson_do(
			asked->lessons->pdata[i], &asked->options, &err);

		if (!result) {
			fprintf(stderr, "%sholdup: %s\n",
				asked->options.progress ? "\r\033[K" : "",
				err.text);
			cannot = true;
			continue;
		}
		tell(result, asked, results->len == 0);
		g_ptr_array_add(results, result);
		no |= result->answer == ANSWER_NO;
	}
	if (results->len > 1)
		tell_summary(results);
	return cannot ? EXIT_CANNOT : no ? EXIT_NO : EXIT_DONE;
}

/* A page for all that was taught, where there is more than one. */
static int write_page(const struct asked *asked, const GPtrArray *results,
		      struct err *err)
{
	char *path;
	int status;

	if (results->len < 2)
		return 0;
	path = g_strdup_printf("%s/index.html", asked->options.out);
	status =
		lesson_write_html((struct lesson_result *const *)results->pdata,
				  results->len, path, err);
	if (status == 0)
		printf("page: %s\n", path);
	g_free(path);
	return status;
}

static void free_result(gpointer result)
{
	lesson_result_free(result);
}

int lesson_main(int argc, char **argv)
{
	static const struct argp argp = { .options = options,
					  .parser = parse,
					  .args_doc = "[NAME...]",
					  .doc = doc };
	struct asked asked = { .options = { .runs = 5,
					    .out = "holdup.lessons" },
			       .lessons = g_ptr_array_new() };
	GPtrArray *results = g_ptr_array_new_with_free_func(free_result);
	static char name[] = "holdup lesson";
	struct err err = { "" };
	int status = EXIT_USAGE;

	argp_err_exit_status = EXIT_USAGE;
	argv[0] = name;
	if (argp_parse(&argp, argc, argv, 0, NULL, &asked))
		goto out;
	for (size_t i = 0; asked.all && lessons[i]; i++)
		g_ptr_array_add(asked.lessons,
				(struct lesson *)(uintptr_t)lessons[i]);
	if (isatty(STDERR_FILENO))
		asked.options.progress = progress;
	if (asked.list) {
		status = list();
	} else if (asked.lessons->len == 0) {
		fputs("holdup lesson: no lesson given; try --list\n", stderr);
	} else {
		status = teach(&asked, results);
		if (write_page(&asked, results, &err)) {
			fprintf(stderr, "holdup lesson: %s\n", err.text);
			status = EXIT_CANNOT;
		}
	}
out:
	g_ptr_array_free(results, TRUE);
	g_ptr_array_free(asked.lessons, TRUE);
	return status;
}
