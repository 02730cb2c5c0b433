/* How good a replay is, and what it says of a change. */
#include <glib.h>
#include <math.h>
#include <string.h>

#include "analysis/replay.h"

#define OVERLAPS_FEW 16 /* less say nothing about a device */

static double error_of(const struct replay *replay, uint64_t ns)
{
	double error = (double)ns / (double)MAX(replay->recorded_ns, 1) - 1;

	return error;
}

static double size_of(double error)
{
	return error < 0 ? -error : error;
}

size_t replay_steps(const struct replay *replay)
{
	size_t steps = 0;

	for (size_t i = 0; i < replay->n_threads; i++)
		steps += replay->scripts[i].n;
	return steps;
}

void replay_learn(struct replay *replay)
{
	enum replay_sharing best = REPLAY_BATCHES;
	double least = 0;

	if (replay->sync_overlaps < OVERLAPS_FEW)
		return;
	for (int i = 0; i < REPLAY_NSHARINGS; i++) {
		struct replay_change as = { .kind = REPLAY_SHARING,
					    .n = (uint32_t)i };
		double error = size_of(
			error_of(replay, replay_run(replay, &as, 1).ns));

		if (i && error >= least)
			continue;
		least = error;
		best = (enum replay_sharing)i;
	}
	replay->sharing = best;
	replay->learned = true;
}

void replay_learn_untold(struct replay *replay)
{
	double without =
		size_of(error_of(replay, replay_run(replay, NULL, 0).ns));

	replay->plays_untold = true;
	if (size_of(error_of(replay, replay_run(replay, NULL, 0).ns)) > without)
		replay->plays_untold = false;
}

static uint64_t with_sharing(const struct replay *replay,
			     const struct replay_change *changes, size_t n,
			     enum replay_sharing sharing)
{
	struct replay_change all[REPLAY_CHANGES_MOST + 1];

	if (n)
		memcpy(all, changes, n * sizeof(*all));
	all[n] = (struct replay_change){ .kind = REPLAY_SHARING,
					 .n = (uint32_t)sharing };
	return replay_run(replay, all, n + 1).ns;
}

static bool is_sharing_open(const struct replay *replay)
{
	return replay->sync_calls && !replay->learned;
}

struct replay_base replay_base(const struct replay *replay)
{
	struct replay_result result = replay_run(replay, NULL, 0);
	double error = error_of(replay, result.ns);
	struct replay_base base = {
		.ns = MAX(result.ns, 1),
		.error = error,
		.forced = result.forced,
		.trusted = size_of(error) <= REPLAY_OFF_MOST,
	};

	for (int i = 0; i < REPLAY_NSHARINGS && is_sharing_open(replay); i++)
		base.shared_ns[i] = MAX(
			with_sharing(replay, NULL, 0, (enum replay_sharing)i),
			1);
	return base;
}

/* `ns` as the run with the changes, if `unchanged_ns` is the one without. */
static uint64_t scaled(uint64_t unchanged_ns, uint64_t run_ns, uint64_t ns)
{
	double scaled = (double)run_ns * (double)ns / (double)unchanged_ns;

	return scaled < 0x1p64 ? (uint64_t)scaled : UINT64_MAX;
}

struct replay_prediction replay_predict(const struct replay *replay,
					const struct replay_base *base,
					const struct replay_change *changes,
					size_t n, uint64_t run_ns)
{
	struct replay_result result = replay_run(replay, changes, n);
	struct replay_prediction p = {
		.ns = scaled(base->ns, run_ns, result.ns),
		.forced = result.forced,
	};

	p.low_ns = p.high_ns = p.ns;
	if (!is_sharing_open(replay))
		return p;
	for (int i = REPLAY_FREELY; i < REPLAY_NSHARINGS; i++) {
		uint64_t ns = scaled(base->shared_ns[i], run_ns,
				     with_sharing(replay, changes, n,
						  (enum replay_sharing)i));

		p.low_ns = MIN(p.low_ns, ns);
		p.high_ns = MAX(p.high_ns, ns);
	}
	/* Nothing tells which: the same factor from the best and the worst. */
	if (p.high_ns > p.low_ns)
		p.ns = (uint64_t)sqrt((double)p.low_ns * (double)p.high_ns);
	return p;
}
