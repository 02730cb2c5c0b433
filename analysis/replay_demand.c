#include "analysis/replay_demand.h"

#include <glib.h>
#include <stdbool.h>

#include "analysis/model_store.h"

struct edge { /* until the next one */
	uint64_t ns;
	double ready, not_running;	 /* share of the time from here on */
	double ready_ns, not_running_ns; /* up to here */
};

struct demand {
	struct edge *edges;
	size_t n;
	double slowdown, crowded;
	uint64_t foreign_slice_ns;
};

struct lack {			    /* of CPUs in a crowd */
	double since, sum, squares; /* length of its stretches */
	double crowded, got;	    /* CPU time that there was, that they had */
	double ran, ran_in_crowd;   /* that they used, in all and in a crowd */
};

struct now { /* how many there are */
	int32_t cpus, ready, running, idle;
};

static bool is_crowd(const struct now *n)
{
	return n->ready + n->running > n->cpus;
}

/* CPUs that they have or could have. */
static int32_t theirs(const struct now *n)
{
	return MIN(n->running + n->idle, n->cpus);
}

static void now_add(struct now *n, enum demand_kind kind, int32_t by)
{
	if (kind == DEMAND_READY)
		n->ready += by;
	else if (kind == DEMAND_RUNNING)
		n->running += by;
	else
		n->idle += by;
}

static struct edge edge_of(const struct now *n)
{
	struct edge edge = { .ns = 0 };
	int32_t too_many = n->ready + n->running - theirs(n);

	if (is_crowd(n) && n->ready)
		edge.ready = MIN((double)too_many / n->ready, 1);
	if (n->running > n->cpus)
		edge.not_running = 1 - (double)n->cpus / n->running;
	return edge;
}

/* So it was for `ns`. */
static void lack_add(struct lack *lack, const struct now *n, double ns)
{
	bool lacks = is_crowd(n) && theirs(n) < n->cpus;

	lack->ran += ns * n->running;
	lack->ran_in_crowd += is_crowd(n) ? ns * n->running : 0;
	if (is_crowd(n)) {
		lack->crowded += ns * n->cpus;
		lack->got += ns * theirs(n);
	}
	if (lacks) {
		lack->since += ns;
		return;
	}
	lack->sum += lack->since;
	lack->squares += lack->since * lack->since;
	lack->since = 0;
}

struct demand *demand_new(const struct demand_span *spans, size_t n,
			  uint32_t cpus)
{
	struct demand *demand = g_new0(struct demand, 1);
	struct timed *at = g_new(struct timed, 2 * n + 1);
	struct now now = { .cpus = (int32_t)cpus };
	struct lack lack = { .since = 0 };

	for (size_t i = 0; i < n; i++) {
		int32_t kind = spans[i].kind;

		at[2 * i] = (struct timed){ spans[i].begin, 1, kind };
		at[2 * i + 1] = (struct timed){ spans[i].end, -1, kind };
	}
	demand->n = 2 * n;
	demand->edges = g_new(struct edge, demand->n + 1);
	timed_sort(at, demand->n);
	for (size_t i = 0; i < demand->n; i++) {
		struct edge *edge = &demand->edges[i];
		double ns = i ? (double)(at[i].ns - at[i - 1].ns) : 0;

		if (ns > 0)
			lack_add(&lack, &now, ns);
		now_add(&now, (enum demand_kind)at[i].second, at[i].first);
		*edge = edge_of(&now);
		edge->ns = at[i].ns;
		if (!i)
			continue;
		edge->ready_ns = edge[-1].ready_ns + edge[-1].ready * ns;
		edge->not_running_ns =
			edge[-1].not_running_ns + edge[-1].not_running * ns;
	}
	g_free(at);
	lack_add(&lack, &(struct now){ .cpus = (int32_t)cpus }, 0);
	demand->slowdown = lack.got > 0 ? MAX(lack.crowded / lack.got, 1) : 1;
	if (lack.ran > 0)
		demand->crowded = lack.ran_in_crowd / lack.ran;
	if (lack.sum > 0)
		demand->foreign_slice_ns = (uint64_t)(lack.squares / lack.sum);
	return demand;
}

uint64_t demand_foreign_slice(const struct demand *demand)
{
	return demand->foreign_slice_ns;
}

double demand_slowdown(const struct demand *demand)
{
	return demand->slowdown;
}

double demand_crowded(const struct demand *demand)
{
	return demand->crowded;
}

void demand_free(struct demand *demand)
{
	if (!demand)
		return;
	g_free(demand->edges);
	g_free(demand);
}

/* The last edge at `ns` or before, NULL if there is none. */
static const struct edge *edge_at(const struct demand *demand, uint64_t ns)
{
	size_t low = 0, high = demand->n;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (demand->edges[middle].ns <= ns)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? &demand->edges[low - 1] : NULL;
}

static double ready_until(const struct demand *demand, uint64_t ns)
{
	const struct edge *e = edge_at(demand, ns);

	return e ? e->ready_ns + e->ready * (double)(ns - e->ns) : 0;
}

static double not_running_until(const struct demand *demand, uint64_t ns)
{
	const struct edge *e = edge_at(demand, ns);

	return e ? e->not_running_ns + e->not_running * (double)(ns - e->ns)
		 : 0;
}

static uint64_t part_of(double ns, uint64_t from, uint64_t to)
{
	return MIN((uint64_t)MAX(ns + 0.5, 0), to - from);
}

uint64_t demand_ready(const struct demand *demand, uint64_t from, uint64_t to)
{
	return part_of(ready_until(demand, to) - ready_until(demand, from),
		       from, to);
}

uint64_t demand_not_running(const struct demand *demand, uint64_t from,
			    uint64_t to)
{
	return part_of(not_running_until(demand, to) -
			       not_running_until(demand, from),
		       from, to);
}
