/* holdup report: prints what a recording says. */
#include <argp.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "analysis/commands.h"
#include "analysis/load.h"
#include "analysis/render.h"
#include "analysis/select.h"
#include "tracing/base/exits.h"
#include "tracing/base/opts.h"
#include "tracing/base/output.h"

#define WIDTH	  80
#define WIDTH_MAX 200

enum option_key {
	OPTION_ONLY = 256,
	OPTION_FORMAT,
	OPTION_SORT,
	OPTION_LOCK,
	OPTION_THREAD,
	OPTION_FROM,
	OPTION_TO,
	OPTION_TOP,
	OPTION_EACH,
};

static const struct argp_option options[] = {
	{ "only", OPTION_ONLY, "SECTION[,SECTION]", 0,
	  "print these sections only: summary, findings, unfinished, locks, "
	  "waits, threads, phases, sites, blame, holds, utilization, io, path, "
	  "order, whatif, overhead, losses",
	  0 },
	{ "format", OPTION_FORMAT, "text|json|html", 0, "text is the default",
	  0 },
	{ "output", 'o', "FILE", 0, "write to FILE", 0 },
	{ "sort", OPTION_SORT, "KEY", 0,
	  "sort locks by cost (the default), wait, hold, acquisitions, "
	  "contended, max or name",
	  0 },
	{ "lock", OPTION_LOCK, "TEXT", 0, "only locks whose name contains TEXT",
	  0 },
	{ "thread", OPTION_THREAD, "TEXT", 0,
	  "only the thread with this id, or names that contain TEXT", 0 },
	{ "from", OPTION_FROM, "TIME", 0,
	  "leave out what is before TIME (20ms, 1.5s) of the recording", 0 },
	{ "to", OPTION_TO, "TIME", 0, "leave out what is after TIME", 0 },
	{ "top", OPTION_TOP, "N", 0, "N rows in every table", 0 },
	{ "each", OPTION_EACH, NULL, 0,
	  "a row for every lock, also of those that share a name", 0 },
	{ 0 },
};

enum format {
	FORMAT_TEXT,
	FORMAT_JSON,
	FORMAT_HTML,
	FORMAT_N,
};

static const char *const format_names[FORMAT_N] = {
	[FORMAT_TEXT] = "text",
	[FORMAT_JSON] = "json",
	[FORMAT_HTML] = "html",
};

struct arguments {
	const char *dir, *output;
	enum format format;
	struct render_options render;
	struct load_options load;
};

/* The index of `word` in `words`, or -1. */
static int choice(const char *word, const char *const *words, int n)
{
	for (int i = 0; i < n; i++)
		if (!strcmp(word, words[i]))
			return i;
	return -1;
}

static int parse_words(int key, const char *arg, struct arguments *to,
		       struct err *err)
{
	int n;

	if (key == OPTION_FORMAT) {
		n = choice(arg, format_names, FORMAT_N);
		if (n < 0)
			return err_set(err, "'%s' is not text, json or html",
				       arg);
		to->format = (enum format)n;
		return 0;
	}
	n = choice(arg, render_sort_names, SORT_N);
	if (n < 0)
		return err_set(err, "cannot sort by '%s'", arg);
	to->render.sort = (enum render_sort)n;
	return 0;
}

static int parse_top(const char *arg, struct arguments *to, struct err *err)
{
	uint64_t n = 0;

	if (opts_u64(arg, &n, err))
		return -1;
	if (!n || n > UINT32_MAX)
		return err_set(err, "'%s' rows are none or too many", arg);
	to->render.top = (uint32_t)n;
	return 0;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct arguments *to = state->input;
	struct err err = { "" };
	int ret = 0;

	switch (key) {
	case OPTION_ONLY:
		to->render.only = arg;
		ret = render_check(&to->render, &err);
		break;
	case OPTION_FORMAT:
	case OPTION_SORT:
		ret = parse_words(key, arg, to, &err);
		break;
	case 'o':
		to->output = arg;
		break;
	case OPTION_LOCK:
		to->render.lock = arg;
		break;
	case OPTION_THREAD:
		to->render.thread = arg;
		break;
	case OPTION_FROM:
		ret = opts_ns(arg, &to->load.from_ns, &err);
		break;
	case OPTION_TO:
		ret = opts_ns(arg, &to->load.to_ns, &err);
		break;
	case OPTION_TOP:
		ret = parse_top(arg, to, &err);
		break;
	case OPTION_EACH:
		to->load.each = true;
		break;
	case ARGP_KEY_ARG:
		if (state->arg_num > 0)
			argp_error(state, "one recording at a time, not '%s'",
				   arg);
		to->dir = arg;
		break;
	case ARGP_KEY_END:
		if (to->load.to_ns && to->load.to_ns <= to->load.from_ns)
			argp_error(state, "--to is not after --from");
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	if (ret)
		argp_error(state, "%s", err.text);
	return 0;
}

static const char doc[] =
	"Says what holds a recorded program up: which lock, wait or switch "
	"costs it time, who holds up whom and why.\v"
	"DIR is holdup.trace unless given. Exit status: 0 done, 2 usage, 3 not "
	"a trace.\n\n"
	"examples:\n"
	"  holdup report\n"
	"  holdup report --only locks --sort hold --top 50 run7\n"
	"  holdup report --format html -o report.html\n"
	"  holdup report --format json | jq '.findings[0]'";

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "[DIR]",
	.doc = doc,
};

static int page_width(const char *output)
{
	struct winsize size;

	if (output || !isatty(STDOUT_FILENO) ||
	    ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || size.ws_col < 40)
		return WIDTH;
	return size.ws_col < WIDTH_MAX ? size.ws_col : WIDTH_MAX;
}

static void show_progress(void *data, double ratio)
{
	int *shown = data;
	int percent = (int)(ratio * 100);

	if (percent == *shown)
		return;
	*shown = percent;
	fprintf(stderr, "\rreading %3d %%", percent);
	fflush(stderr);
}

static int write_report(const struct report *report,
			const struct arguments *arguments, struct err *err)
{
	FILE *out = output_open(arguments->output, err);

	if (!out)
		return -1;
	if (arguments->format == FORMAT_JSON)
		render_json(report, out);
	else if (arguments->format == FORMAT_HTML)
		render_html(report, &arguments->render, out);
	else
		render_text(report, &arguments->render, out);
	return output_close(out, arguments->output, err);
}

int report_main(int argc, char **argv)
{
	struct arguments arguments = { .dir = "holdup.trace" };
	struct err err = { "" };
	struct report *report;
	char name[] = "holdup report";
	int shown = -1, ret = EXIT_DONE;

	argv[0] = name;
	argp_err_exit_status = EXIT_USAGE;
	argp_parse(&argp, argc, argv, 0, NULL, &arguments);
	arguments.render.width = page_width(arguments.output);
	if (isatty(STDERR_FILENO)) {
		arguments.load.progress = show_progress;
		arguments.load.data = &shown;
	}
	report = load_report(arguments.dir, &arguments.load, &err);
	if (shown >= 0)
		fputs("\r\033[K", stderr);
	if (report && select_check(report, arguments.render.lock,
				   arguments.render.thread, &err))
		ret = EXIT_USAGE;
	else if (!report || write_report(report, &arguments, &err))
		ret = EXIT_CANNOT;
	if (ret)
		fprintf(stderr, "holdup report: %s\n", err.text);
	report_free(report);
	return ret;
}
