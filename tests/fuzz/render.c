#include "tests/fuzz/render.h"

#include <stdio.h>

#include "analysis/render.h"

void fuzz_render(const struct report *report)
{
	static FILE *nowhere;
	struct render_options options = { .width = 80 };

	if (!nowhere)
		nowhere = fopen("/dev/null", "we");
	render_text(report, &options, nowhere);
	render_json(report, nowhere);
	render_html(report, &options, nowhere);
}
