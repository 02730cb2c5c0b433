#include "analysis/race/second.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <string.h>

#include "analysis/race/program.h"
#include "analysis/race/run.h"

#define MAX_PLACES 2

/* One <error> while it is read; its stacks in the order of the report. */
struct reader {
	struct second *second;
	bool in_error;
	GString *text; /* of the innermost element */
	char *kind;
	char *function, *file, *line, *object; /* of the frame */
	bool has_place; /* of the stack: its first line of the program */
	GPtrArray *places;
};

static void on_start(GMarkupParseContext *context, const char *name,
		     const char **keys, const char **values, gpointer data,
		     GError **error)
{
	struct reader *r = data;

	(void)context;
	(void)keys;
	(void)values;
	(void)error;
	g_string_truncate(r->text, 0);
	if (!strcmp(name, "error")) {
		r->in_error = true;
		g_ptr_array_set_size(r->places, 0);
	} else if (!strcmp(name, "stack")) {
		r->has_place = false;
	}
}

static void on_text(GMarkupParseContext *context, const char *text, gsize n,
		    gpointer data, GError **error)
{
	(void)context;
	(void)error;
	g_string_append_len(((struct reader *)data)->text, text, (gssize)n);
}

static void keep(char **where, const struct reader *r)
{
	g_free(*where);
	*where = g_strdup(r->text->str);
}

static void end_frame(struct reader *r)
{
	bool is_own = r->function && r->file && r->object &&
		      !strstr(r->object, "vgpreload_");

	if (r->in_error && is_own && !r->has_place &&
	    r->places->len < MAX_PLACES) {
		g_ptr_array_add(r->places,
				g_strdup_printf("%s (%s:%s)", r->function,
						r->file,
						r->line ? r->line : "?"));
		r->has_place = true;
	}
	g_clear_pointer(&r->function, g_free);
	g_clear_pointer(&r->file, g_free);
	g_clear_pointer(&r->line, g_free);
	g_clear_pointer(&r->object, g_free);
}

static gint compare_texts(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void end_error(struct reader *r)
{
	GString *text = g_string_new(r->kind ? r->kind : "error");

	g_ptr_array_sort(r->places, compare_texts);
	for (guint i = 0; i < r->places->len; i++)
		g_string_append_printf(text, "%s %s", i ? "," : " in",
				       (char *)r->places->pdata[i]);
	if (!g_ptr_array_find_with_equal_func(r->second->texts, text->str,
					      g_str_equal, NULL)) {
		g_ptr_array_add(r->second->texts, g_strdup(text->str));
		r->second->errors++;
	}
	g_string_free(text, TRUE);
	r->in_error = false;
}

static void on_end(GMarkupParseContext *context, const char *name,
		   gpointer data, GError **error)
{
	struct reader *r = data;

	(void)context;
	(void)error;
	if (!strcmp(name, "kind"))
		keep(&r->kind, r);
	else if (!strcmp(name, "fn"))
		keep(&r->function, r);
	else if (!strcmp(name, "file"))
		keep(&r->file, r);
	else if (!strcmp(name, "line"))
		keep(&r->line, r);
	else if (!strcmp(name, "obj"))
		keep(&r->object, r);
	else if (!strcmp(name, "frame"))
		end_frame(r);
	else if (!strcmp(name, "error"))
		end_error(r);
}

void second_parse(struct second *second, const char *xml)
{
	static const GMarkupParser parser = { .start_element = on_start,
					      .end_element = on_end,
					      .text = on_text };
	struct reader r = {
		.second = second,
		.text = g_string_new(NULL),
		.places = g_ptr_array_new_with_free_func(g_free),
	};
	GMarkupParseContext *context =
		g_markup_parse_context_new(&parser, 0, &r, NULL);

	if (!second->texts)
		second->texts = g_ptr_array_new_with_free_func(g_free);
	/* An error here is the end of what can be read. */
	if (g_markup_parse_context_parse(context, xml, -1, NULL))
		g_markup_parse_context_end_parse(context, NULL);
	g_markup_parse_context_free(context);
	g_clear_pointer(&r.kind, g_free);
	r.in_error = false;
	end_frame(&r);
	g_string_free(r.text, TRUE);
	g_ptr_array_free(r.places, TRUE);
}

void second_clear(struct second *second)
{
	if (second->texts)
		g_ptr_array_free(second->texts, TRUE);
	second->texts = NULL;
}

static char **valgrind_arguments(const char *tool, const char *dir,
				 char *const *argv)
{
	GPtrArray *made = g_ptr_array_new();

	g_ptr_array_add(made, g_strdup("valgrind"));
	g_ptr_array_add(made, g_strdup_printf("--tool=%s", tool));
	g_ptr_array_add(made, g_strdup("--xml=yes"));
	g_ptr_array_add(made, g_strdup("--child-silent-after-fork=yes"));
	g_ptr_array_add(made, g_strdup_printf("--xml-file=%s/{seed}/xml", dir));
	for (; *argv; argv++)
		g_ptr_array_add(made, g_strdup(*argv));
	g_ptr_array_add(made, NULL);
	return (char **)g_ptr_array_free(made, FALSE);
}

/* Waits for its end or cuts it off. */
static bool wait_for(const struct run *run, uint64_t time_limit_ns)
{
	struct pollfd fd = { .fd = run->pidfd, .events = POLLIN };
	uint64_t left_ms = time_limit_ns / 1000000;

	return poll(&fd, 1, (int)MIN(left_ms, (uint64_t)G_MAXINT)) != 0;
}

static int run_one(struct second *second, const struct run_setup *setup,
		   const char *dir, uint64_t seed, uint64_t time_limit_ns,
		   struct err *err)
{
	struct plan plan = { .seed = seed };
	char *run_dir =
		g_strdup_printf("%s/%llu", dir, (unsigned long long)seed);
	char *file = g_build_filename(run_dir, "xml", NULL);
	char *errors = g_build_filename(run_dir, "stderr", NULL);
	struct run run = { .pid = 0 };
	char *xml = NULL;
	int result;

	sched_getaffinity(0, sizeof(plan.cpus), &plan.cpus);
	result = run_start(&run, setup, &plan, run_dir, false, err);
	if (!result) {
		second->hung += !wait_for(&run, time_limit_ns);
		second->runs++;
		run_end(&run);
		g_free(run.dir);
	}
	if (!result && g_file_get_contents(file, &xml, NULL, NULL))
		second_parse(second, xml);
	else if (!result)
		result = err_set(err, "valgrind wrote no report of '%s'",
				 setup->argv[5]);
	g_unlink(file);
	g_unlink(errors);
	g_rmdir(run_dir);
	g_free(xml);
	g_free(errors);
	g_free(file);
	g_free(run_dir);
	return result;
}

int second_run(struct second *second, const char *tool, char *const *argv,
	       uint64_t runs, uint64_t time_limit_ns, struct err *err)
{
	char *valgrind = program_find("valgrind", err);
	char *program = valgrind ? program_find(argv[0], err) : NULL;
	char *dir = g_dir_make_tmp("holdup-race-XXXXXX", NULL);
	enum program_build build = PROGRAM_PLAIN;
	struct run_setup setup = { .path = valgrind };
	char **arguments = NULL;
	int result = -1;

	second->tool = tool;
	if (!program)
		goto out;
	if (!dir) {
		err_errno(err, errno, "cannot make a scratch directory");
		goto out;
	}
	if (program_build(program, &build, err))
		goto out;
	if (build == PROGRAM_TSAN) {
		err_set(err,
			"'%s' is built with ThreadSanitizer: valgrind needs "
			"the plain build (--plain)",
			argv[0]);
		goto out;
	}
	arguments = valgrind_arguments(tool, dir, argv);
	setup.argv = arguments;
	result = 0;
	for (uint64_t run = 0; run < runs && !result; run++)
		result = run_one(second, &setup, dir, run, time_limit_ns, err);
out:
	g_strfreev(arguments);
	if (dir)
		g_rmdir(dir);
	g_free(dir);
	g_free(program);
	g_free(valgrind);
	return result;
}
