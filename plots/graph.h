/*
 * Places the nodes and edges of a directed graph, all in px from the top left:
 * by graphviz's dot where it is installed, else, or if asked to, on a circle.
 */
#ifndef PLOTS_GRAPH_H
#define PLOTS_GRAPH_H

#include <stdbool.h>
#include <stddef.h>

struct graph_point {
	double x, y;
};

struct graph_node {
	double width, height; /* given */
	double x, y;	      /* its middle: found */
};

struct graph_edge {
	int from, to;	 /* given: nodes */
	size_t n_points; /* found: 2 at least, from edge to edge */
	struct graph_point *points;
};

struct graph {
	size_t n_nodes, n_edges;
	struct graph_node *nodes; /* the caller's */
	struct graph_edge *edges; /* the caller's, their points the graph's */
	bool is_ring;		  /* given: draw it on a circle */
	double gap;		  /* given: between ranks, where dot places */
	double height;		  /* found */
	double scale;		  /* found: by how much sizes were changed */
};

/* Finds all places within `width` px; `margin` px are left around. */
void graph_place(struct graph *graph, double width, double margin);

/* Frees the points. */
void graph_clear(struct graph *graph);

#endif
