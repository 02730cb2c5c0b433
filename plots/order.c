/* The lock-order graph: which lock was taken while which was held. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "plots/graph.h"
#include "plots/kinds.h"
#include "plots/layout.h"

enum {
	NODES = 36, /* locks drawn at most */
	EDGES = 120,
	NAME = 30,
};

enum look { ORDER, HARMLESS, INVERSION };

struct picture {
	struct table *table;
	const struct report *report;
	const struct plot_options *options;
	struct graph graph;
	enum look looks[EDGES];
	const struct order_edge *told[EDGES];
	int locks[NODES];  /* one for each node: the first of its group */
	bool alone[NODES]; /* stands for itself, not for its group */
	bool inverted[NODES];
	size_t n_left_out;
};

static bool same_group(const struct report *r, int a, int b)
{
	return r->n_groups && r->locks[a].group >= 0 &&
	       r->locks[a].group == r->locks[b].group;
}

/*
 * The node of a lock, made if there is room; -1: none left. Locks of one label
 * share a node, but for those of an inversion: there each counts.
 */
static int node_of(struct picture *p, int lock, bool alone)
{
	size_t n = p->graph.n_nodes;

	for (size_t i = 0; i < n; i++)
		if (p->alone[i] && p->locks[i] == lock)
			return (int)i;
	for (size_t i = 0; i < n && !alone; i++)
		if (!p->alone[i] && (p->locks[i] == lock ||
				     same_group(p->report, p->locks[i], lock)))
			return (int)i;
	if (n == NODES)
		return -1;
	p->locks[n] = lock;
	p->alone[n] = alone;
	return (int)p->graph.n_nodes++;
}

static void add_edge(struct picture *p, const struct order_edge *e,
		     enum look look)
{
	size_t n = p->graph.n_edges;
	bool alone = look == INVERSION;
	int first, second;

	first = node_of(p, e->first, alone);
	second = node_of(p, e->second, alone);
	/* From a bucket to its neighbour: a group has no arrow to itself. */
	if (first >= 0 && first == second)
		return;
	for (size_t i = 0; i < n; i++)
		if (p->graph.edges[i].from == first &&
		    p->graph.edges[i].to == second) {
			p->looks[i] = MAX(p->looks[i], look);
			return;
		}
	if (first < 0 || second < 0 || n == EDGES) {
		p->n_left_out++;
		return;
	}
	p->graph.edges[n].from = first;
	p->graph.edges[n].to = second;
	p->looks[n] = look;
	p->told[n] = e;
	p->graph.n_edges++;
}

/* The label of a node; owned by the caller. */
static char *name_of(const struct picture *p, size_t node)
{
	const struct report *r = p->report;
	const struct lock *l = &r->locks[p->locks[node]];
	struct report view = *r;

	if (p->alone[node] || !r->n_groups || l->group < 0)
		return layout_lock(r, (size_t)p->locks[node], NAME);
	view.locks = r->groups;
	return layout_lock(&view, (size_t)l->group, NAME);
}

static enum look look_of(const struct order_row *row)
{
	if (!row->inversion)
		return ORDER;
	return row->one_thread || row->guard >= 0 ? HARMLESS : INVERSION;
}

static bool is_wanted(const struct picture *p, const struct order_edge *e)
{
	return layout_lock_wanted(p->report, (size_t)e->first, p->options) ||
	       layout_lock_wanted(p->report, (size_t)e->second, p->options);
}

/* Inversions first, so that they are the ones that find room. */
static void gather(struct picture *p)
{
	for (int look = INVERSION; look >= ORDER; look--)
		for (size_t i = 0; i < p->report->n_order; i++) {
			const struct order_row *row = &p->report->order[i];

			for (size_t j = 0; j < row->n_edges; j++)
				if (look_of(row) == (enum look)look &&
				    is_wanted(p, &row->edges[j]))
					add_edge(p, &row->edges[j],
						 (enum look)look);
		}
	for (size_t i = 0; i < p->graph.n_edges; i++)
		if (p->looks[i] == INVERSION)
			p->inverted[p->graph.edges[i].from] =
				p->inverted[p->graph.edges[i].to] = true;
}

static void write_nodes(struct picture *p)
{
	table_block(p->table, "nodes", "x y width height inverted id label");
	for (size_t i = 0; i < p->graph.n_nodes; i++) {
		const struct graph_node *node = &p->graph.nodes[i];
		const struct lock *l = &p->report->locks[p->locks[i]];
		char *name = name_of(p, i);

		table_real(p->table, node->x);
		table_real(p->table, node->y);
		table_real(p->table, node->width);
		table_real(p->table, node->height);
		table_i64(p->table, p->inverted[i]);
		table_text(p->table, l->id);
		table_text(p->table, name);
		g_free(name);
	}
}

/* How far words stand from an edge: beyond it, seen from its way back. */
static double beside(const struct picture *p, size_t edge)
{
	const struct graph_edge *e = &p->graph.edges[edge];

	for (size_t i = 0; i < p->graph.n_edges; i++) {
		const struct graph_edge *back = &p->graph.edges[i];

		if (back->from == e->to && back->to == e->from)
			return e->points[e->n_points / 2].y <
					       back->points[back->n_points / 2]
						       .y
				       ? -14
				       : 14;
	}
	return 0;
}

static void write_edges(struct picture *p)
{
	table_block(
		p->table, "edges",
		"look x y place_y from_x from_y tip_x tip_y first second place");
	for (size_t i = 0; i < p->graph.n_edges; i++) {
		const struct graph_edge *e = &p->graph.edges[i];
		const struct report *r = p->report;
		int site = p->told[i]->second_site;
		char *place =
			layout_shorten(site >= 0 && p->looks[i] == INVERSION
					       ? r->sites[site].text
					       : "",
				       28);

		table_i64(p->table, p->looks[i]);
		table_real(p->table, e->points[e->n_points / 2].x);
		table_real(p->table, e->points[e->n_points / 2].y);
		table_real(p->table,
			   e->points[e->n_points / 2].y + beside(p, i));
		table_real(p->table, e->points[e->n_points - 2].x);
		table_real(p->table, e->points[e->n_points - 2].y);
		table_real(p->table, e->points[e->n_points - 1].x);
		table_real(p->table, e->points[e->n_points - 1].y);
		table_text(p->table, r->locks[p->locks[e->from]].id);
		table_text(p->table, r->locks[p->locks[e->to]].id);
		table_text(p->table, place);
		g_free(place);
	}
}

static void write_curves(struct picture *p)
{
	table_block(p->table, "curves", "edge look x y");
	for (size_t i = 0; i < p->graph.n_edges; i++) {
		const struct graph_edge *e = &p->graph.edges[i];

		table_gap(p->table);
		for (size_t j = 0; j < e->n_points; j++) {
			table_u64(p->table, i);
			table_i64(p->table, p->looks[i]);
			table_real(p->table, e->points[j].x);
			table_real(p->table, e->points[j].y);
		}
	}
}

/* A ring of threads that wait for each other looks like one. */
static bool is_ring(const struct picture *p)
{
	for (size_t i = 0; i < p->graph.n_nodes; i++)
		if (!p->inverted[i])
			return false;
	return p->graph.n_nodes > 2 && p->graph.n_nodes <= 8;
}

static void write_all(struct picture *p)
{
	size_t inversions = 0;

	for (size_t i = 0; i < p->graph.n_nodes; i++) {
		char *name = layout_shorten(p->report->locks[p->locks[i]].label,
					    NAME);

		p->graph.nodes[i].width =
			24 + 9.8 * (double)g_utf8_strlen(name, -1);
		p->graph.nodes[i].height = 34;
		g_free(name);
	}
	p->graph.is_ring = is_ring(p);
	p->graph.gap = p->graph.n_nodes <= 10 ? 230 : 100;
	graph_place(&p->graph, LAYOUT_WIDTH - 80, 24);
	for (size_t i = 0; i < p->report->n_order; i++)
		inversions += look_of(&p->report->order[i]) == INVERSION;
	layout_head(p->table, p->report, "Order of locks",
		    (unsigned)(LAYOUT_TOP + p->graph.height + 60));
	table_set(p->table, "top", "%d", LAYOUT_TOP);
	table_set(p->table, "letters", "%.1f", MAX(5, 11 * p->graph.scale));
	table_set(p->table, "hint",
		  "An arrow leads from a lock to one that was taken while it "
		  "was held. %zu inversion%s%s.",
		  inversions, inversions == 1 ? "" : "s",
		  inversions ? ": two threads can wait for each other for ever"
			     : "");
	if (p->n_left_out)
		table_set(p->table, "left_out",
			  "%zu more pairs of locks are not drawn",
			  p->n_left_out);
	write_nodes(p);
	write_edges(p);
	write_curves(p);
}

void order_write(struct table *table, const struct report *report,
		 const struct plot_options *options)
{
	struct picture *p = g_new0(struct picture, 1);
	struct graph_node nodes[NODES] = { 0 };
	struct graph_edge edges[EDGES] = { 0 };

	p->table = table;
	p->report = report;
	p->options = options;
	p->graph.nodes = nodes;
	p->graph.edges = edges;
	gather(p);
	if (p->graph.n_edges) {
		write_all(p);
	} else {
		layout_head(table, report, "Order of locks", 480);
		table_set(table, "empty",
			  "No thread took a lock while it held another.");
	}
	graph_clear(&p->graph);
	g_free(p);
}
