#include "plots/plot.h"

#include <errno.h>
#include <glib.h>
#include <string.h>
#include <unistd.h>

#include "plots/compare.h"
#include "plots/kinds.h"
#include "plots/sweep.h"
#include "plots/table.h"
#include "tracing/base/paths.h"

struct plot_kind {
	const char *name;
	const char *summary;
	plot_writer *write; /* NULL: not of one report */
};

static const struct plot_kind kinds[] = {
	{ "timeline", "threads over time, by state, and who let whom in",
	  timeline_write },
	{ "locks", "locks over time: their owner, and the queue before them",
	  locks_write },
	{ "waits", "how long waits and holds of each lock took", waits_write },
	{ "heat", "contention over time, lock by lock", heat_write },
	{ "matrix", "who waited for whom, by thread and by call site",
	  matrix_write },
	{ "utilization", "thread states, CPUs in use and wanted, over time",
	  utilization_write },
	{ "concurrency", "how many threads ran, and wanted to, at once",
	  concurrency_write },
	{ "breakdown", "what owners did while they held each lock",
	  breakdown_write },
	{ "path", "what the critical path is made of", path_write },
	{ "overhead", "what threads and locks cost, and what recording cost",
	  overhead_write },
	{ "order", "which lock was taken while which was held", order_write },
	{ "compare", "several recordings side by side (more than one DIR)",
	  NULL },
	{ "sweep", "a measure against a parameter (--sweep FILE)", NULL },
};

#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* Whether `name` is in the list "a,b,c"; NULL is the list of all. */
static bool is_listed(const char *list, const char *name)
{
	size_t length = strlen(name);

	if (!list)
		return true;
	for (const char *p = list; p;
	     p = strchr(p, ',') ? strchr(p, ',') + 1 : NULL)
		if (!strncmp(p, name, length) &&
		    (p[length] == ',' || !p[length]))
			return true;
	return false;
}

int plot_check_kinds(const char *list, struct err *err)
{
	char **names = g_strsplit(list, ",", -1);
	int result = *list ? 0 : err_set(err, "--kind '' names no picture");

	for (char **name = names; *name && !result; name++) {
		size_t i = 0;

		while (i < N_KINDS && strcmp(kinds[i].name, *name) != 0)
			i++;
		if (i == N_KINDS)
			result = err_set(err,
					 "no kind of picture is called '%s'; "
					 "see 'holdup plot --list'",
					 *name);
	}
	g_strfreev(names);
	return result;
}

void plot_list_kinds(FILE *out)
{
	for (size_t i = 0; i < N_KINDS; i++)
		fprintf(out, "%-12s %s\n", kinds[i].name, kinds[i].summary);
}

/* Says where the picture is, and how to draw it again. */
static void tell(char *const *argv, const char *picture, FILE *out)
{
	fprintf(out, "%s\n  redraw: gnuplot", picture);
	for (size_t i = 2; argv[i]; i++) {
		char *quoted = strpbrk(argv[i], " '\"\\$&;|<>()*?[]~`#")
				       ? g_shell_quote(argv[i])
				       : g_strdup(argv[i]);

		fprintf(out, " %s", quoted);
		g_free(quoted);
	}
	fputc('\n', out);
}

/* Words of gnuplot, in one line. */
static int complain(const char *name, char *said, struct err *err)
{
	g_strstrip(said);
	g_strdelimit(said, "\n\t", ' ');
	return err_set(err, "gnuplot cannot draw '%s': %s", name,
		       said[0] ? said : "it failed without a word");
}

/* Runs gnuplot with the script of `name` on `table`. */
static int run_gnuplot(const char *name, const char *table, const char *picture,
		       FILE *out, struct err *err)
{
	char *file = g_strconcat("plots/", name, ".gp", NULL);
	char *script = paths_share(file);
	GStrvBuilder *words = g_strv_builder_new();
	char **argv;
	/* In the C locale gnuplot complains of signs that it cannot write. */
	char **environment =
		g_environ_setenv(g_get_environ(), "LC_ALL", "C.UTF-8", TRUE);
	GError *error = NULL;
	char *said = NULL;
	int status = 0, result = 0;

	g_strv_builder_add_many(words, "gnuplot", "-d", "-c", script, table,
				picture, NULL);
	argv = g_strv_builder_end(words);
	if (!g_spawn_sync(NULL, argv, environment, G_SPAWN_SEARCH_PATH, NULL,
			  NULL, NULL, &said, &status, &error))
		result = err_set(err, "cannot run gnuplot: %s", error->message);
	else if (status || said[0])
		result = complain(name, said, err);
	else if (out)
		tell(argv, picture, out);
	if (result)
		unlink(picture);
	g_clear_error(&error);
	g_strfreev(argv);
	g_strfreev(environment);
	g_strv_builder_unref(words);
	g_free(said);
	g_free(script);
	g_free(file);
	return result;
}

/* FOLDER/NAME.EXTENSION, owned by the caller. */
static char *path_in(const struct plot_options *options, const char *name,
		     const char *extension)
{
	return g_strconcat(options->folder, "/", name, ".", extension, NULL);
}

static const char *format_of(const struct plot_options *options)
{
	return options->format ? options->format : "png";
}

static int make_folder(const struct plot_options *options, struct err *err)
{
	if (g_mkdir_with_parents(options->folder, 0777))
		return err_errno(err, errno, "cannot make '%s'",
				 options->folder);
	return 0;
}

static int finish(struct table *table, const char *name,
		  const struct plot_options *options, struct err *err)
{
	char *data = path_in(options, name, "tsv");
	char *picture = path_in(options, name, format_of(options));
	int result = table_write(table, data, err);

	if (!result && !options->tables_only)
		result = run_gnuplot(name, data, picture, options->out, err);
	g_free(picture);
	g_free(data);
	return result;
}

int plot_draw(const struct report *report, const struct plot_options *options,
	      struct err *err)
{
	int result = make_folder(options, err);

	for (size_t i = 0; i < N_KINDS && !result; i++) {
		struct table table;

		if (!kinds[i].write ||
		    !is_listed(options->kinds, kinds[i].name))
			continue;
		table_init(&table);
		kinds[i].write(&table, report, options);
		result = finish(&table, kinds[i].name, options, err);
		table_clear(&table);
	}
	return result;
}

int plot_compare(const struct report *const *reports, size_t n,
		 const struct plot_options *options, struct err *err)
{
	struct table table;
	int result = make_folder(options, err);

	table_init(&table);
	compare_write(&table, reports, n, options);
	if (!result)
		result = finish(&table, "compare", options, err);
	table_clear(&table);
	return result;
}

int plot_sweep(const char *path, const struct plot_options *options,
	       struct err *err)
{
	struct table table;
	int result = make_folder(options, err);

	table_init(&table);
	if (!result)
		result = sweep_write(&table, path, err);
	if (!result)
		result = finish(&table, "sweep", options, err);
	table_clear(&table);
	return result;
}
