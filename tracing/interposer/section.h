/*
 * Critical sections and waits, the same for every kind of lock: counts on the
 * board, the stack of held locks, events after the release.
 *
 * The order of every interposer is: try, section_begin(); or wait_begin(), real
 * call, wait_taken() or wait_failed(); and section_end(), real release,
 * section_tell(). All of them want an open thread. Of two that begin or end a
 * section, the plain one is for fast paths and falls back to the other.
 */
#ifndef TRACING_INTERPOSER_SECTION_H
#define TRACING_INTERPOSER_SECTION_H

#include "tracing/interposer/board.h"
#include "tracing/interposer/tell.h"
#include "tracing/interposer/thread.h"

#define WAITERS_SLOTS 1024
#define ENTRY_STEPS   3

/* Which lock, how and from where. */
struct target {
	uint64_t lock;
	uint64_t site;
	uint8_t kind;  /* enum lock_kind */
	uint8_t mode;  /* enum lock_mode */
	uint8_t flags; /* LOCK_TRY, LOCK_TIMED ... */
};

/*
 * Who waits for what, by hash of the address: written by slow paths only, and
 * only for locks whose own memory does not tell. A collision makes a hold look
 * as if somebody had waited: that costs an event. Relaxed order is enough: a
 * holder that misses a waiter which came at the instant of its release misses
 * one event.
 */
extern struct waiters {
	_Alignas(64) _Atomic uint32_t n;
} waiters[WAITERS_SLOTS] __attribute__((visibility("hidden")));

static inline struct waiters *waiters_of(uint64_t lock)
{
	return &waiters[board_hash(lock, 0) >> 32 & (WAITERS_SLOTS - 1)];
}

/* What a thread is inside of, as the board says it. */
struct inside {
	uint32_t in; /* enum thread_in */
	uint8_t in_kind;
	uint8_t in_mode;
	int32_t fd;
	int32_t owner_tid;
	uint64_t object;
	uint64_t object2;
	uint64_t since_ns;
	uint64_t site;
};

/* Says on the board what the thread is about to be inside of. `before` gets
 * what it was inside of until then: a signal handler goes back to that. */
void inside_enter(const struct inside *now, struct inside *before);
void inside_leave(const struct inside *before);

/* A section that has ended, until it is accounted for. */
struct ended {
	struct board_held held;
	struct section section;
	uint64_t released_ticks;
	bool somebody_waits;
};

/* A wait that goes on. */
struct wait {
	struct target target;
	struct board_entry *entry;
	struct inside before;
	uint64_t begin_ticks;
	uint32_t weight; /* 0: it is not told */
	bool is_tabled;	 /* in the table of waiters */
};

/*
 * Counters of a lock at a call site; NULL when it cannot or must not be
 * counted (no room; LTTng's own). The first look succeeds nearly always.
 */
struct board_entry *entry_find(uint64_t lock, uint64_t site, uint8_t kind,
			       uint8_t mode);

/* Kind and mode at one look: they lie side by side. */
static inline __attribute__((always_inline)) uint16_t entry_what(uint8_t kind,
								 uint8_t mode)
{
	return (uint16_t)(kind | mode << 8);
}

static inline __attribute__((always_inline)) bool
entry_is(const struct board_entry *entry, uint64_t lock, uint64_t site,
	 uint16_t what)
{
	uint16_t its;

	_Static_assert(offsetof(struct board_entry, mode) ==
			       offsetof(struct board_entry, kind) + 1,
		       "kind and mode are one number");
	__builtin_memcpy(&its, &entry->kind, sizeof(its));
	return entry->lock == lock && entry->site == site && its == what;
}

static inline struct board_entry *entry_of(uint64_t lock, uint64_t site,
					   uint8_t kind, uint8_t mode)
{
	struct board_entry *entry =
		&self.table[board_hash(lock, site) >> 32 & self.table_mask];

	if (likely(entry_is(entry, lock, site, entry_what(kind, mode))))
		return entry;
	return entry_find(lock, site, kind, mode);
}

/* As entry_of(), where it takes only a few steps; else NULL. */
static inline __attribute__((always_inline)) struct board_entry *
entry_near(uint64_t lock, uint64_t site, uint8_t kind, uint8_t mode)
{
	uint64_t i = board_hash(lock, site) >> 32;

	for (int step = 0; step < ENTRY_STEPS; step++, i++) {
		struct board_entry *entry = &self.table[i & self.table_mask];

		if (likely(entry_is(entry, lock, site, entry_what(kind, mode))))
			return entry;
	}
	return NULL;
}

/* Counts an acquisition and begins a hold. */
struct section *section_begin(const struct target *target,
			      struct board_entry *entry, uint64_t ticks);

/* The same for fast paths: no other lock is held, there are no flags. */
static inline __attribute__((always_inline)) void
section_begin_plain(uint64_t lock, uint64_t site, uint8_t kind, uint8_t mode,
		    struct board_entry *entry)
{
	uint64_t ticks = clock_ticks();
	struct board_slot *slot = self.slot;
	struct board_held *held = &slot->held[0];
	struct section *section = &self.more->section[0];

	/* Taken first, filled then: a signal handler goes above it. */
	atomic_store_explicit(&slot->n_held, 1, memory_order_relaxed);
	atomic_signal_fence(memory_order_seq_cst);
	entry->acquisitions++;
	held->lock = lock;
	held->site = site;
	held->kind = kind;
	held->mode = mode;
	held->acquired_ticks = ticks;
	section->entry = entry;
	section->state = 0;
	self.top_entry = entry;
	self.top_ticks = ticks;
	atomic_signal_fence(memory_order_seq_cst);
	self.top_lock = lock;
}

static inline bool section_holds_none(void)
{
	return !atomic_load_explicit(&self.slot->n_held, memory_order_relaxed);
}

/* Place of the latest hold of a lock in the stack of held ones, or -1. */
int section_find_below(uint64_t lock, uint8_t kind, uint32_t n);

static inline int section_find(uint64_t lock, uint8_t kind)
{
	const struct board_slot *slot = self.slot;
	uint32_t n = atomic_load_explicit(&slot->n_held, memory_order_relaxed);

	if (likely(n && slot->held[n - 1].lock == lock &&
		   slot->held[n - 1].kind == kind))
		return (int)n - 1;
	return n ? section_find_below(lock, kind, n) : -1;
}

/* Takes place `i` out of the stack of held locks. */
void section_remove(uint32_t i, uint32_t n);

/*
 * Ends the hold at place `i`, at `now`, just before its release. What can be
 * done after the release is done by section_tell(): nobody else has to wait
 * for our bookkeeping.
 */
void section_end(uint32_t i, uint8_t flags, bool somebody_waits, uint64_t now,
		 struct ended *ended);

/* Counts and tells a section after its release, and what was kept meanwhile. */
void section_tell(const struct ended *ended);

static inline __attribute__((always_inline)) void
hold_count(struct board_entry *entry, uint64_t ticks)
{
	entry->hold_ticks += ticks;
	if (unlikely(ticks > entry->hold_max_ticks))
		entry->hold_max_ticks = ticks;
}

static inline void wait_count(struct board_entry *entry, uint64_t ticks)
{
	uint64_t ns = clock_span_ns(ticks);

	entry->wait_ns += ns;
	if (ns > entry->wait_max_ns)
		entry->wait_max_ns = ns;
}

/* Of which the thread's events about such sections are paid. */
struct budget *budget_of(const struct board_entry *entry);

/*
 * The same two for fast paths, in one and before the release, which can be the
 * last thing to do then; to count takes less than to keep for after it. False:
 * the thread is not open, there may be something to tell, or it is not the only
 * lock. Then nothing is done. An address may be that of a lock of another kind
 * only after that one is gone.
 */
static inline __attribute__((always_inline)) bool
section_end_plain(uint64_t lock, uint64_t now)
{
	struct board_entry *entry;
	uint64_t ticks;

	if (unlikely(self.top_lock != lock || self.plain != THREAD_PLAIN))
		return false;
	self.top_lock = 0;
	entry = self.top_entry;
	ticks = now - self.top_ticks;
	atomic_signal_fence(memory_order_seq_cst);
	atomic_store_explicit(&self.slot->n_held, 0, memory_order_relaxed);
	hold_count(entry, ticks);
	return true;
}

/*
 * The same where every section is told (--detail all) and nothing else is to
 * be: true if the hold has been ended, and section_tell_plain() is to follow
 * its release.
 */
struct plain {
	struct board_entry *entry;
	uint64_t acquired_ticks;
};

static inline bool section_end_told(uint64_t lock, struct plain *plain)
{
	if (self.top_lock != lock || !self.open || self.pending ||
	    !process.detail_all)
		return false;
	self.top_lock = 0;
	plain->entry = self.top_entry;
	plain->acquired_ticks = self.top_ticks;
	atomic_signal_fence(memory_order_seq_cst);
	atomic_store_explicit(&self.slot->n_held, 0, memory_order_relaxed);
	return true;
}

void section_tell_plain(const struct plain *plain, uint64_t released_ticks,
			bool somebody_waits);

static inline bool waiters_any(uint64_t lock)
{
	return atomic_load_explicit(&waiters_of(lock)->n,
				    memory_order_relaxed) != 0;
}

/* Forgets a hold that went away without a release: destroyed, given away. */
void section_forget(uint64_t lock, uint8_t kind);

/*
 * A contended acquisition: told, if its budget allows, before it blocks. Where
 * the lock's own memory does not show sleepers, `is_tabled` makes it show.
 */
void wait_begin(struct wait *wait, const struct target *target,
		struct board_entry *entry, int32_t owner_tid, bool is_tabled);
/* It got the lock; `flags` are added to those of the target. */
void wait_taken(struct wait *wait, uint8_t flags);
/* It ended without the lock. */
void wait_failed(struct wait *wait, int result);

/* An attempt that ended at once without the lock. */
void try_failed(const struct target *target, int result);

/* Counts an inner acquisition of a recursive lock. */
void section_relock(const struct target *target);

/*
 * The call stack of a wait that begins at `ticks`: of the first few of its
 * `entry`, then of one in 5 ms of this thread. Returns its length, 0 for none;
 * `stack` has room for STACK_MAX.
 */
unsigned wait_stack(const struct board_entry *entry, uint64_t ticks,
		    uint64_t site, uint64_t *stack);

/* Tells the init or the end of a lock. */
void lock_told_init(uint64_t lock, uint8_t kind, uint32_t attributes,
		    uint64_t site);
/* `busy`: it was still held, as its word said. */
void lock_told_destroy(uint64_t lock, uint8_t kind, uint64_t site, int result,
		       bool busy);

#endif
