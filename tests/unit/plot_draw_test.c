/* Pictures as gnuplot makes them: plot_draw() fails on any word of gnuplot. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib.h>
#include <png.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "plots/plot.h"
#include "tests/scratch.h"
#include "tests/unit/plot_shapes.h"
#include "tests/unit/plot_tsv.h"
#include "tracing/base/paths.h"

static const char *const kinds[] = { "timeline",    "locks",	 "waits",
				     "heat",	    "matrix",	 "utilization",
				     "concurrency", "breakdown", "path",
				     "overhead",    "order" };

#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

struct image {
	unsigned width, height;
	uint8_t *rgb;
};

static struct image read_png(const char *path)
{
	png_image png = { .version = PNG_IMAGE_VERSION };
	struct image image;

	if (!png_image_begin_read_from_file(&png, path))
		fail_msg("%s: %s", path, png.message);
	png.format = PNG_FORMAT_RGB;
	image.rgb = g_malloc((gsize)png.width * png.height * 3);
	assert_true(png_image_finish_read(&png, NULL, image.rgb, 0, NULL));
	image.width = png.width;
	image.height = png.height;
	return image;
}

static size_t count_px(const struct image *image, unsigned rgb)
{
	size_t n = 0;

	for (size_t i = 0; i < (size_t)image->width * image->height; i++) {
		const uint8_t *p = image->rgb + i * 3;

		n += (unsigned)(p[0] << 16 | p[1] << 8 | p[2]) == rgb;
	}
	return n;
}

static unsigned state_colour(int state)
{
	char *path = paths_share("plots/style.gp");
	char *text, *at;
	unsigned colour;

	assert_true(g_file_get_contents(path, &text, NULL, NULL));
	at = strstr(text, "palette_states = \"");
	assert_non_null(at);
	colour = (unsigned)strtoul(strchr(at, '"') + 1 + (size_t)state * 9,
				   NULL, 16);
	g_free(text);
	free(path);
	return colour;
}

/* Letters have greys at their edges. */
static bool is_grey(unsigned rgb)
{
	return (rgb >> 16) == (rgb & 255);
}

static void draw(void *state, const char *shape, const char *format,
		 const char *chosen)
{
	struct plot_options options = { .folder = scratch_path(state, shape),
					.format = format,
					.kinds = chosen };
	struct report *report = shape_make(shape);
	struct err err = { "" };

	if (plot_draw(report, &options, &err))
		fail_msg("%s: %s", shape, err.text);
	report_free(report);
}

/* Size as the table says, and more than a title on it. */
static void check_png(const char *folder, const char *kind)
{
	char *tsv_path = g_strdup_printf("%s/%s.tsv", folder, kind);
	char *png_path = g_strdup_printf("%s/%s.png", folder, kind);
	struct tsv *tsv = tsv_read(tsv_path);
	struct image image = read_png(png_path);
	size_t all = (size_t)image.width * image.height;

	assert_int_equal(image.width,
			 strtoul(tsv_meta(tsv, "width"), NULL, 10));
	assert_int_equal(image.height,
			 strtoul(tsv_meta(tsv, "height"), NULL, 10));
	assert_true(count_px(&image, 0xFFFFFF) < all - 1000);
	tsv_free(tsv);
	g_free(image.rgb);
	g_free(tsv_path);
	g_free(png_path);
}

static void every_kind_draws_every_shape_without_a_warning(void **state)
{
	for (size_t i = 0; i < n_shapes; i++) {
		draw(*state, shapes[i].name, "png", NULL);
		for (size_t k = 0; k < N_KINDS; k++)
			check_png(scratch_path(*state, shapes[i].name),
				  kinds[k]);
	}
}

static void degenerate_reports_get_a_picture_that_says_so(void **state)
{
	struct plot_options options = { .folder = scratch_path(*state, "d"),
					.tables_only = true };

	for (size_t i = 0; i < 2; i++) {
		struct report *report = shape_make(i ? "zero" : "empty");

		assert_int_equal(plot_draw(report, &options, NULL), 0);
		for (size_t k = 0; k < N_KINDS; k++) {
			char *path = g_strdup_printf("%s/%s.tsv",
						     options.folder, kinds[k]);
			struct tsv *tsv = tsv_read(path);

			if (!i)
				assert_non_null(tsv_meta(tsv, "empty"));
			tsv_free(tsv);
			g_free(path);
		}
		report_free(report);
	}
}

static void colours_are_those_of_the_states_that_occur(void **state)
{
	static const char *const drawn[] = { "timeline", "utilization" };
	struct report *report = shape_make("hang");

	draw(*state, "hang", "png", "timeline,utilization");
	for (size_t k = 0; k < 2; k++) {
		char *path = g_strdup_printf(
			"%s/%s.png", scratch_path(*state, "hang"), drawn[k]);
		struct image image = read_png(path);

		for (int s = 0; s < STATE_N; s++) {
			uint64_t ns = 0;

			for (size_t t = 0; t < report->n_threads; t++)
				ns += report->threads[t].state_ns[s];
			if (ns)
				assert_true(count_px(&image, state_colour(s)) >
					    100);
			else if (!is_grey(state_colour(s)))
				assert_int_equal(
					count_px(&image, state_colour(s)), 0);
		}
		g_free(image.rgb);
		g_free(path);
	}
	report_free(report);
}

static void svg_is_well_formed_and_says_its_title(void **state)
{
	char *text;

	draw(*state, "locks", "svg", NULL);
	for (size_t k = 0; k < N_KINDS; k++) {
		char *path = g_strdup_printf(
			"%s/%s.svg", scratch_path(*state, "locks"), kinds[k]);

		assert_true(g_file_get_contents(path, &text, NULL, NULL));
		assert_non_null(strstr(text, "<svg"));
		assert_non_null(strstr(text, "</svg>"));
		assert_non_null(strstr(text, "orders 8"));
		g_free(text);
		g_free(path);
	}
}

static void sweeps_and_comparisons_draw_without_a_warning(void **state)
{
	static const char *const tables[] = {
		"x\ty\n",
		"x\ty\n1\t1\n",
		"# log: xy\nseries\tx\ty\tlow\thigh\tkind\n"
		"a\t1\t0\t0\t2\t\na\t64\t1e6\t1\t2e6\t\nb\t1\t2\t\t\tlaw\n",
		"# bars: yes\nseries\tx\ty\tlabel\na\t0\t1\tone\nb\t0\t2\tone\n"
		"a\t1\t3\ttwo % @{x}\n",
	};
	struct plot_options options = { .folder = scratch_path(*state, "s") };
	const char *in = scratch_path(*state, "in.tsv");
	struct err err = { "" };

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		assert_true(g_file_set_contents(in, tables[i], -1, NULL));
		if (plot_sweep(in, &options, &err))
			fail_msg("table %zu: %s", i, err.text);
		check_png(options.folder, "sweep");
	}
	for (size_t i = 1; i < n_shapes; i++) {
		struct report *reports[] = { shape_make(shapes[i].name),
					     shape_make("empty") };

		if (plot_compare((const struct report *const *)reports, 2,
				 &options, &err))
			fail_msg("%s: %s", shapes[i].name, err.text);
		check_png(options.folder, "compare");
		report_free(reports[0]);
		report_free(reports[1]);
	}
}

/* The line that is printed does what it says. */
static void the_line_to_redraw_by_hand_works(void **state)
{
	const char *told = scratch_path(*state, "told");
	struct plot_options options = { .folder = scratch_path(*state,
							       "a 'b' $c"),
					.kinds = "path",
					.out = fopen(told, "we") };
	struct report *report = shape_make("demo");
	char *text, *line, *picture;

	assert_int_equal(plot_draw(report, &options, NULL), 0);
	fclose(options.out);
	assert_true(g_file_get_contents(told, &text, NULL, NULL));
	line = strstr(text, "\n  redraw: ");
	assert_non_null(line);
	*line = '\0';
	picture = g_strdup(text);
	assert_int_equal(access(picture, F_OK), 0);
	assert_int_equal(unlink(picture), 0);
	/* NOLINTNEXTLINE(cert-env33-c): a shell is what the line is for */
	assert_int_equal(system(line + strlen("\n  redraw: ")), 0);
	assert_int_equal(access(picture, F_OK), 0);
	g_free(picture);
	g_free(text);
	report_free(report);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(every_kind_draws_every_shape_without_a_warning),
		scratch_test(degenerate_reports_get_a_picture_that_says_so),
		scratch_test(colours_are_those_of_the_states_that_occur),
		scratch_test(svg_is_well_formed_and_says_its_title),
		scratch_test(sweeps_and_comparisons_draw_without_a_warning),
		scratch_test(the_line_to_redraw_by_hand_works),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
