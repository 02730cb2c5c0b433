#include "plots/graph.h"

#include <glib.h>
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

/* By how much a box may be lower than its letters ask for. */
#define FLATTEST 1.7

enum {
	PER_INCH = 72,
	PER_SPLINE = 8, /* points drawn of each Bezier piece */
	LOWEST = 240,
	CROWD = 10, /* nodes that stand closer together */
	HIGHEST = 900,
};

/* The graph in dot's language: numbers only, no text of ours gets there. */
static char *to_dot(const struct graph *graph)
{
	GString *out = g_string_new("digraph { rankdir=LR; "
				    "node [shape=box, fixedsize=true, "
				    "label=\"\"];\n");

	g_string_append_printf(out, "nodesep=%.2f;\n",
			       graph->n_nodes > CROWD ? 0.15 : 0.5);
	g_string_append_printf(out, "ranksep=%.2f;\n", graph->gap / PER_INCH);
	for (size_t i = 0; i < graph->n_nodes; i++)
		g_string_append_printf(out, "n%zu [width=%.3f, height=%.3f];\n",
				       i, graph->nodes[i].width / PER_INCH,
				       graph->nodes[i].height / PER_INCH);
	for (size_t i = 0; i < graph->n_edges; i++)
		g_string_append_printf(out, "n%d -> n%d [arrowhead=none];\n",
				       graph->edges[i].from,
				       graph->edges[i].to);
	g_string_append(out, "}\n");
	return g_string_free(out, FALSE);
}

/* What dot says in its format `plain`; NULL if there is no dot. */
static char *run_dot(const char *input)
{
	char dot[] = "dot", plain[] = "-Tplain";
	char *argv[] = { dot, plain, NULL, NULL };
	char *path = NULL, *out = NULL;
	int status = 0;
	int fd = g_file_open_tmp("holdup-XXXXXX.dot", &path, NULL);

	if (fd < 0)
		return NULL;
	g_close(fd, NULL);
	argv[2] = path;
	if (g_file_set_contents(path, input, -1, NULL) &&
	    (!g_spawn_sync(NULL, argv, NULL,
			   G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL,
			   NULL, NULL, &out, NULL, &status, NULL) ||
	     status)) {
		g_free(out);
		out = NULL;
	}
	g_unlink(path);
	g_free(path);
	return out;
}

static double number(char **words, size_t i)
{
	return g_ascii_strtod(words[i], NULL);
}

/* A curve of dot: one point, then three for each piece. */
static void read_curve(struct graph_edge *edge, char **words, size_t n)
{
	size_t pieces = (n - 1) / 3;

	edge->points = g_new(struct graph_point, pieces * PER_SPLINE + 1);
	edge->n_points = 0;
	edge->points[edge->n_points++] =
		(struct graph_point){ number(words, 4), number(words, 5) };
	for (size_t piece = 0; piece < pieces; piece++) {
		double c[8];

		for (size_t i = 0; i < 8; i++)
			c[i] = number(words, 4 + piece * 6 + i);
		for (int i = 1; i <= PER_SPLINE; i++) {
			double t = (double)i / PER_SPLINE, u = 1 - t;
			double a = u * u * u, b = 3 * u * u * t;
			double d = 3 * u * t * t, e = t * t * t;

			edge->points[edge->n_points++] = (struct graph_point){
				a * c[0] + b * c[2] + d * c[4] + e * c[6],
				a * c[1] + b * c[3] + d * c[5] + e * c[7]
			};
		}
	}
}

static int node_number(const char *word)
{
	return (int)g_ascii_strtoll(word + 1, NULL, 10);
}

static void read_edge(struct graph *graph, char **words, size_t n_words)
{
	size_t n = (size_t)number(words, 3);

	if (n < 4 || n_words < 4 + 2 * n)
		return;
	for (size_t i = 0; i < graph->n_edges; i++) {
		struct graph_edge *e = &graph->edges[i];

		if (!e->points && e->from == node_number(words[1]) &&
		    e->to == node_number(words[2])) {
			read_curve(e, words, n);
			return;
		}
	}
}

/* Fills in inches from the bottom left; returns the size. */
static struct graph_point read_plain(struct graph *graph, const char *text)
{
	struct graph_point size = { 1, 1 };
	char **lines = g_strsplit(text, "\n", -1);

	for (char **line = lines; *line; line++) {
		char **words = g_strsplit(*line, " ", -1);
		size_t n = g_strv_length(words);

		if (n >= 4 && !strcmp(words[0], "graph")) {
			size.x = number(words, 2);
			size.y = number(words, 3);
		} else if (n >= 6 && !strcmp(words[0], "node") &&
			   node_number(words[1]) >= 0 &&
			   (size_t)node_number(words[1]) < graph->n_nodes) {
			struct graph_node *node =
				&graph->nodes[node_number(words[1])];

			node->x = number(words, 2);
			node->y = number(words, 3);
		} else if (n >= 8 && !strcmp(words[0], "edge")) {
			read_edge(graph, words, n);
		}
		g_strfreev(words);
	}
	g_strfreev(lines);
	return size;
}

/*
 * From inches to px: as large as fits, each way by itself (many locks of one
 * rank make a graph high, and their names would shrink), in the middle.
 */
static void scale(struct graph *graph, struct graph_point size, double width,
		  double margin)
{
	double across = MIN((width - 2 * margin) / size.x, PER_INCH);
	double down = MIN((HIGHEST - 2 * margin) / size.y, PER_INCH);
	double left = (width - size.x * across) / 2;
	double top;

	/* Boxes are twice as high as their letters, and may be flattened. */
	graph->scale = MIN(across, down * FLATTEST) / PER_INCH;
	graph->height = MAX(LOWEST, size.y * down + 2 * margin);
	top = (graph->height - size.y * down) / 2;
	for (size_t i = 0; i < graph->n_nodes; i++) {
		struct graph_node *n = &graph->nodes[i];

		n->x = left + n->x * across;
		n->y = top + (size.y - n->y) * down;
		n->width *= across / PER_INCH;
		n->height *= down / PER_INCH;
	}
	for (size_t i = 0; i < graph->n_edges; i++)
		for (size_t j = 0; j < graph->edges[i].n_points; j++) {
			struct graph_point *p = &graph->edges[i].points[j];

			p->x = left + p->x * across;
			p->y = top + (size.y - p->y) * down;
		}
}

/* How much of the way lies within a box of this extent. */
static double within(double extent, double way)
{
	return fabs(way) > 1 ? extent / 2 / fabs(way) : 1;
}

static bool has_way_back(const struct graph *graph, const struct graph_edge *e)
{
	for (size_t i = 0; i < graph->n_edges; i++)
		if (graph->edges[i].from == e->to &&
		    graph->edges[i].to == e->from)
			return true;
	return false;
}

/* Straight from border to border of two boxes, beside its way back. */
static void draw_straight(const struct graph *graph, struct graph_edge *e)
{
	const struct graph_node *a = &graph->nodes[e->from];
	const struct graph_node *b = &graph->nodes[e->to];
	double dx = b->x - a->x, dy = b->y - a->y;
	double length = fmax(hypot(dx, dy), 1);
	double aside = has_way_back(graph, e) ? 8 / length : 0;
	double cut_a =
		fmin(0.45, fmin(within(a->width, dx), within(a->height, dy)));
	double cut_b =
		fmin(0.45, fmin(within(b->width, dx), within(b->height, dy)));
	const double at[] = { cut_a, (1 + cut_a - cut_b) / 2, 1 - cut_b };

	e->points = g_new(struct graph_point, 3);
	e->n_points = 3;
	for (int i = 0; i < 3; i++)
		e->points[i] =
			(struct graph_point){ a->x + dx * at[i] - dy * aside,
					      a->y + dy * at[i] + dx * aside };
}

static void place_on_circle(struct graph *graph, double width, double margin)
{
	double radius = MAX(150, MIN(340, 34.0 * (double)graph->n_nodes));

	graph->scale = 1;
	graph->height = 2 * radius + 2 * margin + 60;
	for (size_t i = 0; i < graph->n_nodes; i++) {
		double angle = 2 * G_PI * (double)i / (double)graph->n_nodes;

		graph->nodes[i].x = width / 2 - cos(angle) * radius * 2.4;
		graph->nodes[i].y = graph->height / 2 - sin(angle) * radius;
	}
}

void graph_place(struct graph *graph, double width, double margin)
{
	char *input = to_dot(graph);
	char *output = graph->is_ring ? NULL : run_dot(input);

	if (output)
		scale(graph, read_plain(graph, output), width, margin);
	else
		place_on_circle(graph, width, margin);
	for (size_t i = 0; i < graph->n_edges; i++)
		if (!graph->edges[i].points)
			draw_straight(graph, &graph->edges[i]);
	g_free(output);
	g_free(input);
}

void graph_clear(struct graph *graph)
{
	for (size_t i = 0; i < graph->n_edges; i++)
		g_free(graph->edges[i].points);
	graph->n_edges = 0;
}
