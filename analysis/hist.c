#include "analysis/hist.h"

#include <glib.h>
#include <math.h>
#include <string.h>

#define LINEAR_BITS 6 /* HIST_BINS is 1 << LINEAR_BITS */

struct bin {
	unsigned int block, index;
};

static struct bin bin_of(uint64_t ns)
{
	unsigned int power;

	if (ns < HIST_BINS)
		return (struct bin){ 0, (unsigned int)ns };
	power = 63 - (unsigned int)__builtin_clzll(ns);
	return (struct bin){
		power - LINEAR_BITS + 1,
		(unsigned int)(ns >> (power - LINEAR_BITS)) - HIST_BINS,
	};
}

static uint64_t low_of(unsigned int block, unsigned int index)
{
	if (block == 0)
		return index;
	return (uint64_t)(HIST_BINS + index) << (block - 1);
}

static uint64_t middle_of(unsigned int block, unsigned int index)
{
	uint64_t width = block ? 1ull << (block - 1) : 1;

	return low_of(block, index) + (width - 1) / 2;
}

static uint32_t *block_of(struct hist *hist, unsigned int block)
{
	if (!hist->place[block]) {
		hist->blocks = g_realloc_n(hist->blocks, hist->n_blocks + 1u,
					   sizeof(*hist->blocks));
		memset(hist->blocks[hist->n_blocks], 0, sizeof(*hist->blocks));
		hist->place[block] = ++hist->n_blocks;
	}
	return hist->blocks[hist->place[block] - 1];
}

static void bin_add(uint32_t *bin, uint32_t n)
{
	*bin = *bin > UINT32_MAX - n ? UINT32_MAX : *bin + n;
}

void hist_add(struct hist *hist, uint64_t ns, uint32_t weight)
{
	struct bin bin = bin_of(ns);

	bin_add(&block_of(hist, bin.block)[bin.index], weight);
	hist->count += weight;
	hist->total += ns * weight;
	if (ns > hist->max)
		hist->max = ns;
}

void hist_merge(struct hist *to, const struct hist *from)
{
	for (unsigned int b = 0; b < HIST_BLOCKS; b++) {
		uint32_t *bins;

		if (!from->place[b])
			continue;
		bins = block_of(to, b);
		for (unsigned int i = 0; i < HIST_BINS; i++)
			bin_add(&bins[i], from->blocks[from->place[b] - 1][i]);
	}
	to->count += from->count;
	to->total += from->total;
	if (from->max > to->max)
		to->max = from->max;
}

uint64_t hist_percentile(const struct hist *hist, double share)
{
	uint64_t rank = (uint64_t)ceil(share * (double)hist->count);
	uint64_t seen = 0;

	if (rank >= hist->count)
		return hist->max;
	if (rank < 1)
		rank = 1;
	for (unsigned int b = 0; b < HIST_BLOCKS; b++) {
		const uint32_t *bins;

		if (!hist->place[b])
			continue;
		bins = hist->blocks[hist->place[b] - 1];
		for (unsigned int i = 0; i < HIST_BINS; i++) {
			uint64_t ns = middle_of(b, i);

			seen += bins[i];
			if (seen >= rank)
				return ns < hist->max ? ns : hist->max;
		}
	}
	return hist->max;
}

static void dist_bins(const struct hist *hist, struct dist *dist,
		      struct arena *arena)
{
	size_t most = (size_t)hist->n_blocks * HIST_BINS;

	dist->bin_low_ns = arena_array(arena, most, sizeof(uint64_t));
	dist->bin_count = arena_array(arena, most, sizeof(uint64_t));
	for (unsigned int b = 0; b < HIST_BLOCKS; b++) {
		if (!hist->place[b])
			continue;
		for (unsigned int i = 0; i < HIST_BINS; i++) {
			uint32_t n = hist->blocks[hist->place[b] - 1][i];

			if (!n)
				continue;
			dist->bin_low_ns[dist->n_bins] = low_of(b, i);
			dist->bin_count[dist->n_bins++] = n;
		}
	}
}

void hist_dist(const struct hist *hist, struct dist *dist, struct arena *arena)
{
	*dist = (struct dist){
		.count = hist->count,
		.total = hist->total,
		.max = hist->max,
	};
	if (!hist->count)
		return;
	dist->mean = hist->total / hist->count;
	dist->p50 = hist_percentile(hist, 0.50);
	dist->p90 = hist_percentile(hist, 0.90);
	dist->p99 = hist_percentile(hist, 0.99);
	dist_bins(hist, dist, arena);
}

void hist_clear(struct hist *hist)
{
	g_free(hist->blocks);
	memset(hist, 0, sizeof(*hist));
}
