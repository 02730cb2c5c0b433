/* `holdup plot`: from a recording to pictures. */
#include "plots/commands.h"

#include <argp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analysis/load.h"
#include "analysis/select.h"
#include "plots/plot.h"
#include "tracing/base/exits.h"
#include "tracing/base/opts.h"

enum { MAX_DIRS = 6 };

enum key {
	KEY_FROM = 256,
	KEY_TO,
	KEY_LOCK,
	KEY_THREAD,
	KEY_TOP,
	KEY_SORT,
	KEY_LIST,
	KEY_SWEEP,
};

struct arguments {
	struct plot_options options;
	const char *dirs[MAX_DIRS];
	size_t n_dirs;
	const char *sweep;
	bool list;
};

static const struct argp_option options[] = {
	{ "output", 'o', "OUTDIR", 0,
	  "where to put pictures and their tables (default: holdup.plots)", 0 },
	{ "kind", 'k', "NAME[,NAME]", 0, "which pictures (default: all)", 0 },
	{ "format", 'f', "png|svg", 0, "png by default", 0 },
	{ "from", KEY_FROM, "TIME", 0, "leave out what was before: 1.5s, 20ms",
	  0 },
	{ "to", KEY_TO, "TIME", 0, "leave out what came later", 0 },
	{ "lock", KEY_LOCK, "LOCK", 0, "only locks with this id or text", 0 },
	{ "thread", KEY_THREAD, "THREAD", 0,
	  "only threads with this tid or text in their name", 0 },
	{ "top", KEY_TOP, "N", 0, "rows to draw at most", 0 },
	{ "sort", KEY_SORT, "start|wait|cpu|name", 0,
	  "order of the threads in a timeline (default: start)", 0 },
	{ "sweep", KEY_SWEEP, "FILE", 0,
	  "draw the table FILE of a sweep instead of a recording", 0 },
	{ "list", KEY_LIST, NULL, 0, "list the kinds of pictures", 0 },
	{ 0 },
};

static const char doc[] =
	"Draws pictures of a recording (DIR, default holdup.trace): who ran, "
	"waited and held which lock, and when. Several recordings are drawn "
	"side by side."
	"\vBeside each picture lies its table, and a line on how to draw it "
	"again from that.\n\n"
	"example: holdup plot --kind timeline,waits --from 1s --to 1.2s";

static int parse_sort(const char *text, enum plot_sort *sort, struct err *err)
{
	for (int i = 0; i < PLOT_SORT_N; i++)
		if (!strcmp(text, plot_sort_names[i])) {
			*sort = (enum plot_sort)i;
			return 0;
		}
	return err_set(err,
		       "'%s' is no order of threads: start, wait, cpu, name",
		       text);
}

static error_t parse_text(struct arguments *a, int key, const char *text)
{
	struct err err = { "" };
	uint64_t n = 0;
	int bad = 0;

	if (key == KEY_FROM)
		bad = opts_ns(text, &a->options.from_ns, &err);
	else if (key == KEY_TO)
		bad = opts_ns(text, &a->options.to_ns, &err);
	else if (key == KEY_TOP)
		bad = opts_u64(text, &n, &err);
	else if (key == 'k')
		bad = plot_check_kinds(text, &err);
	else if (key == KEY_SORT)
		bad = parse_sort(text, &a->options.sort, &err);
	else if (strcmp(text, "png") != 0 && strcmp(text, "svg") != 0)
		bad = err_set(&err, "'%s' is neither png nor svg", text);
	if (key == KEY_TOP && !bad && !n)
		bad = err_set(&err, "--top 0 would draw nothing");
	if (key == KEY_TOP)
		a->options.top = (size_t)n;
	if (key == 'k')
		a->options.kinds = text;
	if (key == 'f')
		a->options.format = text;
	if (!bad)
		return 0;
	fprintf(stderr, "holdup plot: %s\n", err.text);
	return EINVAL;
}

static error_t parse(int key, char *text, struct argp_state *state)
{
	struct arguments *a = state->input;

	switch (key) {
	case 'o':
		a->options.folder = text;
		return 0;
	case KEY_LOCK:
		a->options.lock = text;
		return 0;
	case KEY_THREAD:
		a->options.thread = text;
		return 0;
	case KEY_SWEEP:
		a->sweep = text;
		return 0;
	case KEY_LIST:
		a->list = true;
		return 0;
	case KEY_FROM:
	case KEY_TO:
	case KEY_TOP:
	case KEY_SORT:
	case 'k':
	case 'f':
		if (parse_text(a, key, text))
			exit(EXIT_USAGE);
		return 0;
	case ARGP_KEY_ARG:
		if (a->n_dirs == MAX_DIRS)
			argp_error(state, "at most %d recordings", MAX_DIRS);
		a->dirs[a->n_dirs++] = text;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static void show_progress(void *data, double ratio)
{
	(void)data;
	fprintf(stderr, "\rreading: %3.0f %%", ratio * 100);
	if (ratio >= 1)
		fputs("\r\033[K", stderr);
}

static int fail(const struct err *err)
{
	fprintf(stderr, "holdup plot: %s\n", err->text);
	return EXIT_CANNOT;
}

static int draw(struct report *const *reports, size_t n,
		const struct plot_options *how, struct err *err)
{
	return n == 1 ? plot_draw(reports[0], how, err)
		      : plot_compare((const struct report *const *)reports, n,
				     how, err);
}

/* A window that begins after the end has nothing to draw. */
static int check_window(const struct report *report, const char *dir,
			uint64_t from_ns, struct err *err)
{
	if (!from_ns || report->run.duration_ns)
		return 0;
	return err_set(err, "'%s' ends before --from", dir);
}

static int load_and_draw(const struct arguments *a)
{
	struct load_options load = { .from_ns = a->options.from_ns,
				     .to_ns = a->options.to_ns,
				     .bins = PLOT_BINS,
				     .waits = PLOT_WAITS,
				     .progress = isatty(STDERR_FILENO)
							 ? show_progress
							 : NULL };
	struct report *reports[MAX_DIRS] = { NULL };
	struct err err = { "" };
	size_t n = 0;
	int status = EXIT_DONE;

	for (; n < a->n_dirs && !status; n++) {
		reports[n] = load_report(a->dirs[n], &load, &err);
		status = reports[n] ? EXIT_DONE : EXIT_CANNOT;
		if (!status && check_window(reports[n], a->dirs[n],
					    a->options.from_ns, &err))
			status = EXIT_USAGE;
	}
	if (!status && n == 1 &&
	    select_check(reports[0], a->options.lock, a->options.thread, &err))
		status = EXIT_USAGE;
	else if (!status && draw(reports, n, &a->options, &err))
		status = EXIT_CANNOT;
	if (status)
		fail(&err);
	for (size_t i = 0; i < n; i++)
		report_free(reports[i]);
	return status;
}

/* What does not go together. */
static int check_use(const struct arguments *a, struct err *err)
{
	const char *kinds = a->options.kinds;

	if (a->options.to_ns && a->options.to_ns <= a->options.from_ns)
		return err_set(err, "--to is not after --from");
	if (a->sweep && a->n_dirs)
		return err_set(err, "--sweep takes no recording");
	if (a->n_dirs > 1 && kinds && strcmp(kinds, "compare") != 0)
		return err_set(err, "several recordings are drawn as "
				    "'compare' only");
	if (a->n_dirs < 2 && kinds && !strcmp(kinds, "compare"))
		return err_set(err, "'compare' takes several recordings");
	if (!a->sweep && kinds && !strcmp(kinds, "sweep"))
		return err_set(err, "'sweep' takes --sweep FILE");
	return 0;
}

int plot_main(int argc, char **argv)
{
	static const struct argp argp = { options, parse, "[DIR...]", doc,
					  NULL,	   NULL,  NULL };
	struct arguments a = { .options = { .folder = "holdup.plots",
					    .out = stdout } };
	struct err err = { "" };
	char name[] = "holdup plot";

	argv[0] = name;
	argp_err_exit_status = EXIT_USAGE;
	argp_parse(&argp, argc, argv, 0, NULL, &a);
	if (a.list) {
		plot_list_kinds(stdout);
		return EXIT_DONE;
	}
	if (check_use(&a, &err)) {
		fprintf(stderr, "holdup plot: %s\n", err.text);
		return EXIT_USAGE;
	}
	if (a.sweep)
		return plot_sweep(a.sweep, &a.options, &err) ? fail(&err)
							     : EXIT_DONE;
	if (!a.n_dirs)
		a.dirs[a.n_dirs++] = "holdup.trace";
	return load_and_draw(&a);
}
