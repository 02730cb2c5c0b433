#include "analysis/race/plan.h"

#include <stddef.h>

struct shaking {
	uint32_t chance, max_us;
};

/* From not at all to few long and many short delays. */
static const struct shaking shakings[] = {
	{ 0, 0 }, { 2, 100 }, { 16, 2000 }, { 1, 20 }, { 4, 500 }, { 64, 5000 },
};

static const int nices[] = { 0, 0, 5, 19 };

#define BUDGET_US 500000
#define COUNT(a)  (sizeof(a) / sizeof((a)[0]))

static uint64_t mix(uint64_t x) /* splitmix64 */
{
	x += 0x9e3779b97f4a7c15ULL;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
	return x ^ (x >> 31);
}

/* The `n`th CPU of `set`. */
static int nth(const cpu_set_t *set, int n)
{
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET((size_t)cpu, set) && n-- == 0)
			return cpu;
	return 0;
}

void plan_make(struct plan *plan, uint64_t seed, const cpu_set_t *allowed)
{
	int n = CPU_COUNT(allowed);
	uint64_t random = mix(seed);
	int first = (int)((random >> 8) % (uint64_t)n);
	/* Neighbouring seeds differ in kind, not by luck alone. */
	const struct shaking *shaking = &shakings[seed % COUNT(shakings)];

	*plan = (struct plan){
		.seed = seed,
		.n_cpus = 1 + (int)(random % (uint64_t)n),
		.nice = nices[(random >> 32) % COUNT(nices)],
		.chance = shaking->chance,
		.max_us = shaking->max_us,
		.budget_us = BUDGET_US,
	};
	if (!shaking->chance) {
		/* A run as the program would have it. */
		plan->n_cpus = n;
		plan->nice = 0;
	}
	CPU_ZERO(&plan->cpus);
	for (int i = 0; i < plan->n_cpus; i++)
		CPU_SET((size_t)nth(allowed, (first + i) % n), &plan->cpus);
}
