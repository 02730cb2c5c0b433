/* Rules about one lock: what its owners do while others wait. */
#include <string.h>

#include "analysis/arena.h"
#include "analysis/findings_rules.h"
#include "analysis/measure.h"
#include "analysis/names.h"
#include "analysis/units.h"

/* From here on a part of the hold time is why others wait. */
#define PART_LEAST 0.25
/* Sections up to this are short: their price is the queue, not their work. */
#define SHORT_NS 20000

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

static bool costs(const struct finder *finder, const struct lock *lock)
{
	return measure_is_held(lock) && lock->wait.total > 0 &&
	       !finder->explained[lock->group] &&
	       finder_lock_matters(finder, lock);
}

/* A finding about the share of a lock's waits that `part` explains. */
static struct finding of_part(const struct finder *finder,
			      const struct lock *lock, double part,
			      const char *kind)
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
		struct finding finding;
		struct units_text share;

		if (part < PART_LEAST || !costs(finder, lock))
			continue;
		finding = of_part(finder, lock, part * (1 - handoff_part(lock)),
				  "io-under-lock");
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
		struct finding finding;
		struct units_text share;

		if (part < PART_LEAST || !costs(finder, lock))
			continue;
		finding = of_part(finder, lock, part * (1 - handoff_part(lock)),
				  "sleep-under-lock");
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
	struct finding finding = of_part(
		finder, lock, part * (1 - handoff_part(lock)), "nested-wait");
	const char *other = at && at->lock >= 0 ? report->locks[at->lock].label
						: "another lock or condition";
	struct units_text share;

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

		if (!costs(finder, lock))
			continue;
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

void find_preempted_holder(struct finder *finder)
{
	for (size_t i = 0; i < finder->report->n_groups; i++) {
		const struct lock *lock = &finder->report->groups[i];
		uint64_t ready_ns =
			lock->hold_parts_ns[HOLD_PREEMPTED] +
			(lock->n_held_waits ? 0
					    : lock->hold_parts_ns[HOLD_WOKEN]);
		double part = part_of_hold(lock, ready_ns);
		struct finding finding;
		struct units_text share;

		if (part < PART_LEAST || !costs(finder, lock))
			continue;
		finding = of_part(finder, lock, part * (1 - handoff_part(lock)),
				  "preempted-holder");
		finding.title = "Owners of a lock lose their CPU";
		finding.advice =
			"Run no more busy threads than CPUs, shorten the "
			"section, or block instead of spinning.";
		finder_add(finder, finding,
			   "%s; for %s of that its owner wants a CPU and has "
			   "none. At an average instant %.1f threads want one "
			   "of the %u CPUs%s. %s.",
			   held(finder, lock), units_share(&share, part),
			   measure_demand(finder->report),
			   finder->report->run.cpus, others(finder),
			   finder_waiting(finder, lock));
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

static const struct busy *busy_kind(const struct lock *lock)
{
	if (lock->hold.mean >= SHORT_NS)
		return &busy_kinds[2];
	return handoff_part(lock) >= 0.5 && lock->queue_mean >= 2
		       ? &busy_kinds[0]
		       : &busy_kinds[1];
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
		struct units_text count, mean, rate, gap;

		if (part < 0.5 || !costs(finder, lock))
			continue;
		finding = of_part(finder, lock, part, kind->kind);
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
			   "average. %s, %s of it between a release and the "
			   "next acquisition.",
			   lock->label, count.s, rate.s, mean.s,
			   finder_waiting(finder, lock), gap.s);
	}
}

/* ", while 1.1 threads ran": where the scheduler told. */
static const char *running(const struct report *report)
{
	if (report->run.scheduler == SCHED_NONE)
		return "";
	return arena_printf(report->arena,
			    "; %.1f threads ran at an average instant",
			    measure_concurrency(report));
}

/* A lock of its own making: threads wait for it on a condition. */
void find_interpreter_lock(struct finder *finder)
{
	const struct report *report = finder->report;

	for (size_t i = 0; i < report->n_groups; i++) {
		const struct lock *lock = &report->groups[i];
		struct finding finding;
		struct units_text count;

		if (lock->kind != LOCK_CONDITION ||
		    !g_str_has_prefix(lock->label, NAMES_GIL) ||
		    measure_waiting(report, lock) < 5 * FINDINGS_LEAST)
			continue;
		finding = of_part(finder, lock, 1, "long-section");
		finding.path_share = -1; /* it lies on the path as computing */
		finding.title = "Python threads run one at a time";
		finding.advice =
			"Compute in processes (multiprocessing), or in code "
			"that releases the global interpreter lock; threads "
			"help where they wait for I/O.";
		finder_add(finder, finding, "%s: waited for %s times. %s%s.",
			   lock->label, units_count(&count, lock->waits),
			   finder_waiting(finder, lock), running(report));
	}
}

void find_starved_writers(struct finder *finder)
{
	const struct report *report = finder->report;

	for (size_t i = 0; i < report->n_groups; i++) {
		const struct lock *lock = &report->groups[i];
		const struct dist *writes = &lock->wait_by_mode[LOCK_WRITE];
		const struct dist *reads = &lock->wait_by_mode[LOCK_READ];
		struct finding finding;
		struct units_text mean, max, hold, read;

		if (lock->kind != LOCK_RWLOCK || !costs(finder, lock) ||
		    !writes->count ||
		    lock->hold.total < lock->held_ns + lock->held_ns / 5 ||
		    writes->mean < 10 * MAX(lock->hold.mean, reads->mean))
			continue;
		finder->explained[i] = true;
		finding =
			of_part(finder, lock,
				measure_ratio(writes->total, lock->wait.total),
				"reader-writer-starvation");
		finding.title = "Readers keep writers out";
		finding.advice =
			"Prefer writers (PTHREAD_RWLOCK_PREFER_WRITER_"
			"NONRECURSIVE_NP), or publish a new copy and swap it.";
		finder_add(finder, finding,
			   "%s: writers wait %s on average (%s at most), "
			   "readers %s; a hold lasts %s, and those of readers "
			   "overlap without a gap.",
			   lock->label, units_ns_prose(&mean, writes->mean),
			   units_ns_prose(&max, writes->max),
			   units_ns_prose(&read, reads->mean),
			   units_ns_prose(&hold, lock->hold.mean));
	}
}

/* A mutex's waiters are on a CPU, too, on their way to sleep. */
static bool spins(const struct lock *lock)
{
	return lock->kind == LOCK_SPIN || lock->kind == LOCK_ANNOTATED ||
	       (lock->attributes & LOCK_ADAPTIVE);
}

void find_spinning(struct finder *finder)
{
	const struct report *report = finder->report;
	uint64_t busy = measure_state(report, STATE_RUNNING) +
			measure_state(report, STATE_SPINNING);

	for (size_t i = 0; i < report->n_groups; i++) {
		const struct lock *lock = &report->groups[i];
		double share = measure_ratio(lock->spin_ns, busy);
		struct finding finding;
		struct units_text spun, percent;

		if (!spins(lock) || share < 0.05 ||
		    measure_ratio(lock->spin_ns, report->run.duration_ns) <
			    FINDINGS_LEAST)
			continue;
		finding =
			of_part(finder, lock,
				measure_ratio(lock->spin_ns, lock->wait.total),
				"spinning");
		finding.cost_ns = lock->spin_ns;
		finding.title = "CPU time spent spinning for a lock";
		finding.advice = "Use a mutex, which sleeps, or make the "
				 "section shorter than a context switch.";
		finder_add(finder, finding,
			   "Waiters of %s burn %s of CPU time, %s of all that "
			   "the program uses. %s.",
			   lock->label, units_ns_prose(&spun, lock->spin_ns),
			   units_share(&percent, share),
			   finder_waiting(finder, lock));
	}
}
