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

/* Which lock, how and from where. */
struct target {
	uint64_t lock;
	uint64_t site;
	uint8_t kind;  /* enum lock_kind */
	uint8_t mode;  /* enum lock_mode */
	uint8_t flags; /* LOCK_TRY, LOCK_TIMED ... */
};

/*
 * Who waits for what, by hash of the address: written by slow paths only. A
 * collision makes a hold look as if somebody had waited: that costs an event.
 * Relaxed order is enough: a holder that misses a waiter which came at the
 * instant of its release misses one event.
 */
extern struct waiters {
	_Alignas(64) _Atomic uint32_t n;
} waiters[WAITERS_SLOTS] __attribute__((visibility("hidden")));

static inline struct waiters *waiters_of(uint64_t lock)
{
	return &waiters[board_hash(lock, 0) >> 32 & (WAITERS_SLOTS - 1)];
}

/* What a thread was inside of before, to go back to. */
struct inside {
	uint32_t in;
	uint8_t in_kind;
	uint8_t in_mode;
	int32_t fd;
	int32_t owner_tid;
	uint64_t object;
	uint64_t object2;
	uint64_t since_ns;
	uint64_t site;
};

/* Says on the board what the thread is about to be inside of. */
struct inside inside_enter(const struct inside *now);
void inside_leave(const struct inside *before);

/* A section that has ended, until it is told. */
struct ended {
	struct target target;
	uint64_t wait_begin_ns;
	uint64_t acquired_ticks;
	uint64_t released_ticks;
	uint32_t weight; /* 0: it is not told */
};

/* A wait that goes on. */
struct wait {
	struct target target;
	struct inside before;
	uint64_t begin_ticks;
	uint64_t begin_ns;
	uint32_t weight; /* 0: it is not told */
};

/*
 * Counters of a lock at a call site; NULL when it cannot or must not be
 * counted (no room; LTTng's own). The first look succeeds nearly always.
 */
struct board_entry *entry_find(uint64_t lock, uint64_t site, uint8_t kind,
			       uint8_t mode);

static inline struct board_entry *entry_of(uint64_t lock, uint64_t site,
					   uint8_t kind, uint8_t mode)
{
	struct board_entry *entry =
		&self.table[board_hash(lock, site) >> 32 & self.table_mask];

	if (likely(entry->lock == lock && entry->site == site &&
		   entry->kind == kind && entry->mode == mode))
		return entry;
	return entry_find(lock, site, kind, mode);
}

/* Counts an acquisition and begins a hold; NULL: it could not be counted. */
struct section *section_begin(const struct target *target, uint64_t ticks);

/* The same without any flags, for fast paths. */
static inline __attribute__((always_inline)) void
section_begin_plain(uint64_t lock, uint64_t site, uint8_t kind, uint8_t mode)
{
	uint64_t ticks = clock_ticks();
	struct board_slot *slot = self.slot;
	struct board_entry *entry =
		&self.table[board_hash(lock, site) >> 32 & self.table_mask];
	uint32_t n = atomic_load_explicit(&slot->n_held, memory_order_relaxed);
	struct board_held *held = &slot->held[n];
	struct section *section = &self.more->section[n];
	struct target target;

	if (unlikely(entry->lock != lock || entry->site != site ||
		     entry->kind != kind || entry->mode != mode || n)) {
		target = (struct target){ lock, site, kind, mode, 0 };
		section_begin(&target, ticks);
		return;
	}
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
	section->wait_begin_ns = 0;
	section->state = 0;
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
 * Ends the hold at place `i`, at `now`, just before its release. True when it
 * may have to be told: then `ended` is set and section_tell() is to follow.
 */
bool section_end(uint32_t i, uint8_t flags, bool somebody_waits, uint64_t now,
		 struct ended *ended);

/* The same for fast paths, where there is nothing to tell; false: there may
 * be, or the lock is not the latest that was taken. Then nothing is done. */
static inline __attribute__((always_inline)) bool
section_end_plain(uint64_t lock, uint8_t kind, uint64_t now)
{
	struct board_slot *slot = self.slot;
	uint32_t i =
		atomic_load_explicit(&slot->n_held, memory_order_relaxed) - 1;
	const struct board_held *held;
	const struct section *section;
	struct board_entry *entry;
	uint64_t ticks;

	if (unlikely(i >= BOARD_HELD || self.attention))
		return false;
	held = &slot->held[i];
	section = &self.more->section[i];
	if (unlikely(held->lock != lock || held->kind != kind ||
		     section->state ||
		     atomic_load_explicit(&waiters_of(lock)->n,
					  memory_order_relaxed)))
		return false;
	entry = section->entry;
	ticks = now - held->acquired_ticks;
	entry->hold_ticks += ticks;
	if (unlikely(ticks > entry->hold_max_ticks))
		entry->hold_max_ticks = ticks;
	atomic_store_explicit(&slot->n_held, i, memory_order_relaxed);
	return true;
}

/* Tells a section after its release, and what was kept meanwhile. */
void section_tell(const struct ended *ended);

/* Forgets a hold that went away without a release: destroyed, given away. */
void section_forget(uint64_t lock, uint8_t kind);

/* A contended acquisition: told, if its budget allows, before it blocks. */
void wait_begin(struct wait *wait, const struct target *target,
		int32_t owner_tid);
/* It got the lock; `flags` are added to those of the target. */
void wait_taken(struct wait *wait, uint8_t flags);
/* It ended without the lock. */
void wait_failed(struct wait *wait, int result);

/* An attempt that ended at once without the lock. */
void try_failed(const struct target *target, int result);

/* Counts an inner acquisition of a recursive lock. */
void section_relock(const struct target *target);

/* Tells the init or the end of a lock. */
void lock_told_init(uint64_t lock, uint8_t kind, uint32_t attributes,
		    uint64_t site);
void lock_told_destroy(uint64_t lock, uint8_t kind, uint64_t site, int result);

#endif
