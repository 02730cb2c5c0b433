/*
 * What k of n runs say about how often a race shows.
 *
 * The interval is the exact one of Clopper and Pearson ("The use of confidence
 * or fiducial limits illustrated in the case of the binomial", Biometrika 26,
 * 1934): it never covers less than it says, which Wilson's does, and runs are
 * few. Never in n runs bounds the chance at 1 - alpha^(1/n): the "rule of
 * three" (Hanley and Lippman-Hand, JAMA 249, 1983) for alpha = 0.05.
 */
#ifndef ANALYSIS_RACE_STATS_H
#define ANALYSIS_RACE_STATS_H

#include <stdint.h>

/*
 * One-sided bounds: the chance is not below (above) the result but with
 * probability `alpha`. Both ends at alpha / 2 make the interval at 1 - alpha.
 */
double stats_lower(uint64_t seen, uint64_t runs, double alpha);
double stats_upper(uint64_t seen, uint64_t runs, double alpha);

/*
 * Runs without a sighting that it takes to say "gone" at `confidence`, after
 * `seen` of `runs` before; UINT64_MAX if nothing was seen.
 *
 * The rule: half of alpha = 1 - confidence is spent on the lower bound p of
 * the chance before, half on a miss, (1 - p)^m <= alpha / 2. If the race were
 * still there as it was, one of the two errors would have to have happened,
 * which has a probability of alpha at most (union bound).
 */
uint64_t stats_needed(uint64_t seen, uint64_t runs, double confidence);

/*
 * Probability, at most, of `clean` runs without a sighting if the race were
 * still there, given what was seen before: the least alpha for which
 * stats_needed() is at most `clean`. 1 if nothing was seen.
 */
double stats_miss(uint64_t seen, uint64_t runs, uint64_t clean);

#endif
