/* usage: plotshapes FOLDER FORMAT [SHAPE [KINDS]]   draws reports made up. */
#include <glib.h>
#include <stdio.h>
#include <string.h>

#include "plots/plot.h"
#include "tests/unit/plot_shapes.h"

static int told(int result, const struct err *err)
{
	if (result)
		fprintf(stderr, "%s\n", err->text);
	return result ? 1 : 0;
}

static int compare(const char *folder, const char *format)
{
	struct plot_options options = { .folder = folder,
					.format = format,
					.out = stdout };
	struct report *reports[] = { shape_make("demo"), shape_make("hang") };
	struct err err = { "" };
	int result = plot_compare((const struct report *const *)reports, 2,
				  &options, &err);

	report_free(reports[0]);
	report_free(reports[1]);
	return told(result, &err);
}

static int sweep(const char *folder, const char *format, const char *path)
{
	struct plot_options options = { .folder = folder,
					.format = format,
					.out = stdout };
	struct err err = { "" };

	return told(plot_sweep(path, &options, &err), &err);
}

int main(int argc, char **argv)
{
	struct err err = { "" };
	int failed = 0;

	if (argc < 3)
		return 2;
	if (argc > 3 && !strcmp(argv[3], "compare"))
		return compare(argv[1], argv[2]);
	if (argc > 4 && !strcmp(argv[3], "sweep"))
		return sweep(argv[1], argv[2], argv[4]);
	for (size_t i = 0; i < n_shapes; i++) {
		char *folder = g_build_filename(argv[1], shapes[i].name, NULL);
		struct plot_options options = { .folder = folder,
						.format = argv[2],
						.out = stdout };
		struct report *report;

		if (argc > 4)
			options.kinds = argv[4];
		if (argc < 4 || !strcmp(argv[3], shapes[i].name) ||
		    !strcmp(argv[3], "all")) {
			report = shapes[i].make();
			if (plot_draw(report, &options, &err)) {
				fprintf(stderr, "%s: %s\n", shapes[i].name,
					err.text);
				failed = 1;
			}
			report_free(report);
		}
		g_free(folder);
	}
	return failed;
}
