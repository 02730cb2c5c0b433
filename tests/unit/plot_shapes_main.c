/* usage: plotshapes FOLDER FORMAT [SHAPE [KINDS]]   draws reports made up. */
#include <glib.h>
#include <stdio.h>
#include <string.h>

#include "plots/plot.h"
#include "tests/unit/plot_shapes.h"

int main(int argc, char **argv)
{
	struct err err = { "" };
	int failed = 0;

	if (argc < 3)
		return 2;
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
