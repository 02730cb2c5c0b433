/* Rules about one lock: what its owners do while others wait. */

#include "analysis/arena.h"
#include "analysis/findings_rules.h"
#include "analysis/measure.h"
#include "analysis/units.h"

/* From here on a part of the hold time is why others wait. */
#define PART_LEAST 0.25
/* Sections up to this are short: their price is the queue, not their work. */
#define SHORT_NS 20000ull
/* Acquisitions that met another owner; fewer are an accident. */
#define OFTEN_LEAST 100

/* The part of the holds that events told of; where none did, 0. */
static double part_of_hold(const struct lock *lock, uint64_t part_ns)
{
	uint64_t told = lock->hold.total > lock->hold_parts_ns[HOLD_UNRECORDED]
				? lock->hold.total -
					  lock->hold_parts_ns[HOLD_UNRECORDED]
				: 0;

	return measure_ratio(part_ns, told);
}

/*
 * Who blocks must be woken and get a CPU again: that time belongs to what it
 * blocked in, shared out by how often it did.
 */
static uint64_t woken_after(const struct lock *lock, enum hold_part part)
{
	uint64_t all = 0, mine = 0;

	for (size_t i = 0; i < lock->n_held_waits; i++) {
		const struct held_wait *at = &lock->held_waits[i];
		enum hold_part of = at->state == STATE_IO      ? HOLD_IO
				    : at->state == STATE_SLEEP ? HOLD_SLEEP
				    : at->state == STATE_LOCK  ? HOLD_LOCK
							       : HOLD_OTHER;

		if (at->state == STATE_PREEMPTED)
			continue; /* nobody need wake it */
		all += at->count;
		mine += of == part ? at->count : 0;
	}
	return measure_whole((double)lock->hold_parts_ns[HOLD_WOKEN] *
			     measure_ratio(mine, all));
}

/* The share of its holds that a lock's owner was blocked in this, or on its
 * way back from it. */
static double blocked_part(const struct lock *lock, enum hold_part part)
{
	return part_of_hold(lock, lock->hold_parts_ns[part] +
					  woken_after(lock, part));
}

/* ", or waits for a CPU after it": where that is much of it. */
static const char *or_woken(const struct lock *lock, enum hold_part part)
{
	return woken_after(lock, part) > lock->hold_parts_ns[part] / 4
		       ? ", or waits for a CPU after it"
		       : "";
}

/*
 * The share of the waits that is handoff. Of short sections only: where they
 * are long, it is the waiter's own way back to a CPU.
 */
static double handoff_part(const struct lock *lock)
{
	double part = measure_ratio(lock->handoff_ns, lock->wait.total);

	return lock->hold.mean < SHORT_NS ? MIN(part, 1) : 0;
}

bool finder_costs(const struct finder *finder, const struct lock *lock,
		  double part)
{
	return measure_is_held(lock) && lock->wait.total > 0 &&
	       !finder->explained[lock->group] &&
	       finder_lock_matters(finder, lock, part);
}

struct finding finder_part(const struct finder *finder, const struct lock *lock,
			   double part, const char *kind)
{
	double share = measure_path_share(finder->report, lock->path_ns);

	return (struct finding){
		.kind = kind,
		.cost_ns = measure_whole((double)lock->wait.total * part),
		.path_share = share >= 0 ? share * part : -1,
		.lock = finder_lock_index(finder, lock),
		.thread = -1,
	};
}

/* " at append (orders.c:77)" or "". */
static const char *place(const struct finder *finder, const char *word,
			 int site)
{
	const struct report *report = finder->report;

	if (site < 0)
		return "";
	return arena_printf(report->arena, " %s %s", word,
			    report->sites[site].text);
}

static const char *held(const struct finder *finder, const struct lock *lock)
{
	const struct report *report = finder->report;
	struct units_text share, mean, count;

	units_ns_prose(&mean, lock->hold.mean);
	if (lock->instances > 1)
		return arena_printf(
			report->arena,
			"%s (%s locks) are held for %s on average", lock->label,
			units_count(&count, lock->instances), mean.s);
	return arena_printf(
		report->arena, "%s is held %s of the time", lock->label,
		units_share(&share, measure_held_share(report, lock)));
}

static const char *io_words(const struct finder *finder,
			    const struct held_wait *at)
{
	const char *op = at->op < IO_NOPS ? io_op_names[at->op] : NULL;

	if (!op)
		return "I/O";
	/* Others name what they wait for already, or wait for many. */
	if ((at->op != IO_READ && at->op != IO_WRITE) ||
	    at->fd_kind == FD_UNKNOWN || at->fd_kind >= FD_NONE)
		return op;
	return arena_printf(finder->report->arena, "%s of a %s", op,
			    fd_kind_names[at->fd_kind]);
}

void find_io_under_lock(struct finder *finder)
{
	for (size_t i = 0; i < finder->report->n_groups; i++) {
		const struct lock *lock = &finder->report->groups[i];
		double part = blocked_part(lock, HOLD_IO);
		const struct held_wait *at = measure_held_wait(lock, STATE_IO);
		double cause = part * (1 - handoff_part(lock));
		struct finding finding;
		struct units_text share;

		if (part < PART_LEAST || !finder_costs(finder, lock, cause))
			continue;
		finding = finder_part(finder, lock, cause, "io-under-lock");
		finding.title = "I/O under a lock";
		finding.advice =
			"Do the I/O outside the lock: collect under it, write "
			"after it, or hand the data to one writer thread.";
		finder_add(finder, finding,
			   "%s; for %s of that its owner is in %s%s%s. %s.",
			   held(finder, lock), units_share(&share, part),
			   at ? io_words(finder, at) : "I/O",
			   at ? place(finder, "called by", at->site) : "",
			   or_woken(lock, HOLD_IO),
			   finder_waiting(finder, lock));
	}
}

void find_sleep_under_lock(struct finder *finder)
{
	for (size_t i = 0; i < finder->report->n_groups; i++) {
		const struct lock *lock = &finder->report->groups[i];
		double part = blocked_part(lock, HOLD_SLEEP);
		const struct held_wait *at =
			measure_held_wait(lock, STATE_SLEEP);
		double cause = part * (1 - handoff_part(lock));
		struct finding finding;
		struct units_text share;

		if (part < PART_LEAST || !finder_costs(finder, lock, cause))
			continue;
		finding = finder_part(finder, lock, cause, "sleep-under-lock");
		finding.title = "Sleep under a lock";
		finding.advice = "Release the lock before the sleep, or wait "
				 "on a condition, which releases it.";
		finder_add(finder, finding,
			   "%s; for %s of that its owner sleeps%s%s. %s.",
			   held(finder, lock), units_share(&share, part),
			   at ? place(finder, "in", at->site) : "",
			   or_woken(lock, HOLD_SLEEP),
			   finder_waiting(finder, lock));
	}
}

static void add_nested(struct finder *finder, const struct lock *lock,
		       double part, const struct held_wait *at)
{
	const struct report *report = finder->report;
	double cause = part * (1 - handoff_part(lock));
	struct finding finding =
		finder_part(finder, lock, cause, "nested-wait");
	const char *other = at && at->lock >= 0 ? report->locks[at->lock].label
						: "another lock or condition";
	struct units_text share;

	if (!finder_costs(finder, lock, cause))
		return;
	finding.title = "Waits for one lock while holding another";
	finding.advice = "Take the second lock before the first, or after its "
			 "release: whoever waits for the one waits for both.";
	finder_add(finder, finding,
		   "%s; for %s of that its owner waits for %s%s. %s.",
		   held(finder, lock), units_share(&share, part), other,
		   at ? place(finder, "at", at->site) : "",
		   finder_waiting(finder, lock));
}

void find_nested_wait(struct finder *finder)
{
	for (size_t i = 0; i < finder->report->n_groups; i++) {
		const struct lock *lock = &finder->report->groups[i];
		double locks = blocked_part(lock, HOLD_LOCK);
		double others = blocked_part(lock, HOLD_OTHER);
		const struct held_wait *cond =
			measure_held_wait(lock, STATE_COND);

		if (locks >= PART_LEAST)
			add_nested(finder, lock, locks,
				   measure_held_wait(lock, STATE_LOCK));
		else if (others >= PART_LEAST && cond)
			add_nested(finder, lock, others, cond);
	}
}

/* ", of which other programs take their share": where they do. */
static const char *others(const struct finder *finder)
{
	return measure_denied_share(finder->report) >= 0.2
		       ? ", which other programs use, too"
		       : "";
}

/* What it gave its CPU away in, and how much of the hold time that is. */
static const struct held_wait *yields(const struct lock *lock, double *part)
{
	uint64_t ns = 0;

	for (size_t i = 0; i < lock->n_held_waits; i++)
		if (lock->held_waits[i].state == STATE_PREEMPTED)
			ns += lock->held_waits[i].ns;
	*part = part_of_hold(lock, ns);
	return measure_held_wait(lock, STATE_PREEMPTED);
}

static void add_yields(struct finder *finder, const struct lock *lock,
		       struct finding finding, double part,
		       const struct held_wait *at)
{
	struct units_text share;

	finding.title = "Owners of a lock give their CPU away";
	finding.advice = "Release the lock before the thread yields; to wait "
			 "for something, use a condition.";
	finder_add(finder, finding,
		   "%s; for %s of that its owner has given its CPU to others "
		   "by sched_yield%s. %s.",
		   held(finder, lock), units_share(&share, part),
		   place(finder, "called by", at->site),
		   finder_waiting(finder, lock));
}

static void add_preempted(struct finder *finder, const struct lock *lock,
			  struct finding finding, double part)
{
	struct units_text share;

	finding.title = "Owners of a lock lose their CPU";
	finding.advice = "Run no more busy threads than CPUs, shorten the "
			 "section, or block instead of spinning.";
	finder_add(finder, finding,
		   "%s; for %s of that its owner wants a CPU and has none. At "
		   "an average instant %.1f threads want one of the %u CPUs%s. "
		   "%s.",
		   held(finder, lock), units_share(&share, part),
		   measure_demand(finder->report), finder->report->run.cpus,
		   others(finder), finder_waiting(finder, lock));
}

void find_preempted_holder(struct finder *finder)
{
	for (size_t i = 0; i < finder->report->n_groups; i++) {
		const struct lock *lock = &finder->report->groups[i];
		uint64_t ready_ns =
			lock->hold_parts_ns[HOLD_PREEMPTED] +
			(lock->n_held_waits ? 0
					    : lock->hold_parts_ns[HOLD_WOKEN]);
		double part = part_of_hold(lock, ready_ns);
		double cause = part * (1 - handoff_part(lock)), given;
		const struct held_wait *at = yields(lock, &given);
		struct finding finding;

		if (part < PART_LEAST || !finder_costs(finder, lock, cause))
			continue;
		if (at && given >= part / 2) {
			/* Without it the section would be none. */
			finding = finder_part(
				finder, lock,
				given + (1 - given) * handoff_part(lock),
				"preempted-holder");
			add_yields(finder, lock, finding, given, at);
			finder->explained[i] = true;
			continue;
		}
		finding = finder_part(finder, lock, cause, "preempted-holder");
		add_preempted(finder, lock, finding, part);
	}
}

/* What the owner does is work: then it is the queue, the rate or the length. */
static const struct busy {
	const char *kind, *title, *advice;
} busy_kinds[] = {
	{ "convoy", "Threads queue for a lock and are let in one by one",
	  "Hand over work in batches, take the lock less often, or split what "
	  "it protects: the time goes into waking the next in line, not into "
	  "the section." },
	{ "hot-section", "A short section is entered very often",
	  "Take the lock less often (batch, or count per thread and add up "
	  "later), split it into several, or use atomic operations." },
	{ "long-section", "A long section under one lock",
	  "Compute outside and only publish under the lock, or split the lock "
	  "by what it protects." },
};

/*
 * NULL: none of these. A lock that threads hardly ever met at is not entered
 * too often, however long those few waits were; one long hold among many short
 * ones is what they waited for.
 */
static const struct busy *busy_kind(const struct lock *lock)
{
	bool often = lock->contended >= OFTEN_LEAST;
	double handoff = handoff_part(lock);

	if (often && handoff >= 0.5 && lock->queue_mean >= 2)
		return &busy_kinds[0];
	if (lock->hold.mean >= SHORT_NS ||
	    (!often && handoff < 0.5 && lock->hold.max >= 10 * SHORT_NS))
		return &busy_kinds[2];
	return often ? &busy_kinds[1] : NULL;
}

/* The share of the told holds that owners worked in. */
static double working_part(const struct lock *lock)
{
	uint64_t told = 0;

	for (int i = 0; i < HOLD_NPARTS; i++)
		told += i == HOLD_UNRECORDED ? 0 : lock->hold_parts_ns[i];
	return told ? measure_ratio(lock->hold_parts_ns[HOLD_RUNNING], told)
		    : 1;
}

void find_busy_section(struct finder *finder)
{
	const struct report *report = finder->report;

	for (size_t i = 0; i < report->n_groups; i++) {
		const struct lock *lock = &report->groups[i];
		const struct busy *kind = busy_kind(lock);
		double handoff = handoff_part(lock);
		double part = working_part(lock) * (1 - handoff) + handoff;
		struct finding finding;
		struct units_text count, mean, rate, gap, max;

		if (!kind || part < 0.5 || !finder_costs(finder, lock, part))
			continue;
		finding = finder_part(finder, lock, part, kind->kind);
		finding.title = kind->title;
		finding.advice = kind->advice;
		units_short(&count, lock->acquisitions);
		units_ns_prose(&mean, lock->hold.mean);
		units_short(
			&rate,
			measure_whole(measure_ratio(lock->acquisitions,
						    report->run.duration_ns) *
				      1e9));
		units_share(&gap,
			    measure_ratio(lock->handoff_ns, lock->wait.total));
		finder_add(finder, finding,
			   "%s: %s acquisitions (%s a second), held for %s on "
			   "average and %s at most. %s, %s of it between a "
			   "release and the next acquisition.",
			   lock->label, count.s, rate.s, mean.s,
			   units_ns_prose(&max, lock->hold.max),
			   finder_waiting(finder, lock), gap.s);
	}
}
