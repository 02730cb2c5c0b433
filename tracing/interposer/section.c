#include "tracing/interposer/section.h"

#define ORDER_SLOTS (1u << 18) /* a power of two */

struct waiters waiters[WAITERS_SLOTS];

static void inside_write(const struct inside *now)
{
	struct board_slot *slot = self.slot;

	slot->in_kind = now->in_kind;
	slot->in_mode = now->in_mode;
	slot->fd = now->fd;
	slot->owner_tid = now->owner_tid;
	slot->object = now->object;
	slot->object2 = now->object2;
	slot->since_ns = now->since_ns;
	slot->in_site = now->site;
	atomic_store_explicit(&slot->in, now->in, memory_order_release);
}

void inside_enter(const struct inside *now, struct inside *before)
{
	const struct board_slot *slot = self.slot;

	before->in = atomic_load_explicit(&slot->in, memory_order_relaxed);
	if (unlikely(before->in != IN_NOTHING))
		*before = (struct inside){
			.in = before->in,
			.in_kind = slot->in_kind,
			.in_mode = slot->in_mode,
			.fd = slot->fd,
			.owner_tid = slot->owner_tid,
			.object = slot->object,
			.object2 = slot->object2,
			.since_ns = slot->since_ns,
			.site = slot->in_site,
		};
	inside_write(now);
}

void inside_leave(const struct inside *before)
{
	if (likely(before->in == IN_NOTHING))
		atomic_store_explicit(&self.slot->in, IN_NOTHING,
				      memory_order_release);
	else
		inside_write(before);
}

/* After the table moved: the held sections count in the new one. */
static void entries_follow(void)
{
	const struct board_slot *slot = self.slot;
	uint32_t n = atomic_load_explicit(&slot->n_held, memory_order_relaxed);

	self.top_lock = 0;
	for (uint32_t i = 0; i < n; i++) {
		struct section *section = &self.more->section[i];
		const struct board_entry *old = section->entry;

		section->entry =
			board_table_place(self.table, slot->capacity, old->lock,
					  old->site, old->kind, old->mode);
	}
}

/* A new entry; the thread is closed. */
static struct board_entry *entry_new(uint64_t lock, uint64_t site, uint8_t kind,
				     uint8_t mode)
{
	struct board_slot *slot = self.slot;
	struct board_entry *entry;

	if (slot->entries + 1 > slot->capacity - slot->capacity / 4) {
		if (!board_table_grow(slot)) {
			slot->untabled++;
			return NULL;
		}
		self.table = board_table(slot);
		self.table_mask = slot->capacity - 1;
		entries_follow();
	}
	entry = board_table_place(self.table, slot->capacity, lock, site, kind,
				  mode);
	entry->site = site;
	entry->kind = kind;
	entry->mode = mode;
	atomic_signal_fence(memory_order_seq_cst);
	entry->lock = lock;
	slot->entries++;
	return entry;
}

struct board_entry *entry_find(uint64_t lock, uint64_t site, uint8_t kind,
			       uint8_t mode)
{
	struct board_entry *entry = board_table_place(
		self.table, self.slot->capacity, lock, site, kind, mode);
	struct closed closed;

	if (entry->lock || !lock)
		return entry->lock ? entry : NULL;
	if (module_is_foreign(site))
		return NULL;
	closed = thread_close();
	entry = entry_new(lock, site, kind, mode);
	thread_open(closed);
	return entry;
}

/*
 * Pairs of locks by thread that were told. One table for all threads, of which
 * only what is used costs memory: a program with an array of locks inside
 * another has tens of thousands of pairs, and would tell each again and again.
 */
static _Atomic uint64_t order_seen[ORDER_SLOTS];

/* True the first time that this thread takes `b` while it holds `a`. */
static bool order_is_new(const struct board_held *a, const struct target *b)
{
	uint64_t pair = (a->lock * 31 + b->lock) +
			(a->site * 31 + b->site) * 0xd6e8feb86659fd93ull +
			(uint64_t)(uint32_t)self.tid * 0xc2b2ae3d27d4eb4full;
	_Atomic uint64_t *seen;

	pair = (pair ^ pair >> 32) * 0x9e3779b97f4a7c15ull;
	seen = &order_seen[(pair >> 32) % ORDER_SLOTS];
	if (atomic_load_explicit(seen, memory_order_relaxed) == pair)
		return false;
	atomic_store_explicit(seen, pair, memory_order_relaxed);
	return true;
}

static void order_tell(const struct board_held *a, const struct target *b,
		       uint32_t n_held)
{
	uint64_t held[HELD_MAX];
	uint8_t n = 0;
	union fact fact = { .lock_order = {
				    .first = a->lock,
				    .second = b->lock,
				    .first_kind = a->kind,
				    .second_kind = b->kind,
				    .first_mode = a->mode,
				    .second_mode = b->mode,
				    .flags = b->flags,
				    .first_site = a->site,
				    .second_site = b->site,
				    .held = held,
			    } };

	for (uint32_t i = 0; i < n_held && n < HELD_MAX; i++)
		if (self.slot->held[i].lock != a->lock)
			held[n++] = self.slot->held[i].lock;
	fact.lock_order.n_held = n;
	tell(TELL_lock_order, &fact);
}

static void section_nested(const struct target *target, uint32_t n_held)
{
	for (uint32_t i = 0; i < n_held; i++) {
		const struct board_held *held = &self.slot->held[i];

		if (held->lock != target->lock && order_is_new(held, target))
			order_tell(held, target, n_held);
	}
}

void section_remove(uint32_t i, uint32_t n)
{
	struct board_slot *slot = self.slot;

	self.top_lock = 0;
	for (; i + 1 < n; i++) {
		slot->held[i] = slot->held[i + 1];
		self.more->section[i] = self.more->section[i + 1];
	}
	atomic_signal_fence(memory_order_seq_cst);
	atomic_store_explicit(&slot->n_held, n - 1, memory_order_relaxed);
}

/*
 * The stack of held locks is full. Locks that another thread has released are
 * still in it, each again for every time that it was taken: drop those.
 */
static bool section_overflow(void)
{
	struct board_slot *slot = self.slot;
	struct closed closed = thread_close();
	uint32_t n = BOARD_HELD;

	for (uint32_t i = 0; i < n; i++)
		for (uint32_t j = i + 1; j < n; j++)
			if (slot->held[i].lock == slot->held[j].lock &&
			    slot->held[i].mode == LOCK_WRITE) {
				section_remove(i, n);
				n--;
				i--;
				break;
			}
	if (n == BOARD_HELD)
		slot->held_lost++;
	thread_open(closed);
	return n < BOARD_HELD;
}

struct section *section_begin(const struct target *target,
			      struct board_entry *entry, uint64_t ticks)
{
	struct board_slot *slot = self.slot;
	struct board_held *held;
	struct section *section;
	uint32_t n = atomic_load_explicit(&slot->n_held, memory_order_relaxed);

	if (!entry)
		return NULL;
	entry->acquisitions++;
	if (n == BOARD_HELD && !section_overflow())
		return NULL;
	n = atomic_load_explicit(&slot->n_held, memory_order_relaxed);
	if (n)
		section_nested(target, n);
	self.top_lock = 0;
	/* Taken first, filled then: a signal handler goes above it. */
	atomic_store_explicit(&slot->n_held, n + 1, memory_order_relaxed);
	atomic_signal_fence(memory_order_seq_cst);
	held = &slot->held[n];
	section = &self.more->section[n];
	held->lock = target->lock;
	held->site = target->site;
	held->kind = target->kind;
	held->mode = target->mode;
	held->acquired_ticks = ticks;
	section->entry = entry;
	section->state = 0;
	section->flags = target->flags;
	return section;
}

int section_find_below(uint64_t lock, uint8_t kind, uint32_t n)
{
	const struct board_slot *slot = self.slot;

	while (n--)
		if (slot->held[n].lock == lock && slot->held[n].kind == kind)
			return (int)n;
	return -1;
}

void section_end(uint32_t i, uint8_t flags, bool somebody_waits, uint64_t now,
		 struct ended *ended)
{
	struct board_slot *slot = self.slot;
	uint32_t n = atomic_load_explicit(&slot->n_held, memory_order_relaxed);
	struct closed closed;

	ended->held = slot->held[i];
	ended->section = self.more->section[i];
	ended->section.flags |= flags;
	ended->released_ticks = now;
	ended->somebody_waits = somebody_waits;
	self.top_lock = 0;
	atomic_signal_fence(memory_order_seq_cst);
	if (likely(i + 1 == n)) {
		atomic_store_explicit(&slot->n_held, i, memory_order_relaxed);
		return;
	}
	closed = thread_close();
	section_remove(i, n);
	thread_open(closed);
}

/*
 * Where holds are brief, as many events as usual change what they tell of: they
 * break the step into which threads that take turns have fallen, and these then
 * find the lock taken, and sleep. Of two threads with 200 ns inside and outside
 * of a mutex 20000 events a second made x1.27, and 7.4 voluntary switches
 * of 1.2 per 1,000 operations; a sixteenth of them x1.12 and 2.2. Threads on a
 * rwlock sleep far more often, and come to it less (22 of 61) with fewer
 * events.
 */
struct budget *budget_of(const struct board_entry *entry)
{
	return entry->kind != LOCK_RWLOCK &&
			       entry->hold_ticks <
				       entry->acquisitions * process.brief_ticks
		       ? &self.more->brief
		       : &self.more->locks;
}

/*
 * The weight of the event of a section: that of its wait, if it waited; else,
 * if somebody waited for it, a draw of its own.
 */
static uint32_t ended_weight(const struct ended *ended)
{
	uint64_t begin = ended->section.waited ? ended->section.wait_begin_ticks
					       : ended->held.acquired_ticks;
	uint64_t ticks = ended->released_ticks - begin;

	if (process.detail_all)
		return 1;
	if (ended->section.waited)
		return tell_weight_ended(ended->section.weight, ticks);
	if (!ended->somebody_waits)
		return 0;
	return tell_weight_ended(tell_weight(budget_of(ended->section.entry),
					     ended->released_ticks),
				 ticks);
}

static void ended_tell(const struct ended *ended, uint32_t weight)
{
	const struct board_held *held = &ended->held;
	const struct section *section = &ended->section;
	union fact fact = { .lock_held = {
				    .lock = held->lock,
				    .kind = held->kind,
				    .mode = held->mode,
				    .flags = section->flags,
				    .site = held->site,
				    .weight = weight,
			    } };

	if (ended->somebody_waits)
		fact.lock_held.flags |= LOCK_WAITERS;
	if (weight > 1)
		fact.lock_held.flags |= LOCK_SAMPLED;
	clock_sync(ended->released_ticks);
	fact.lock_held.acquired_ns = clock_to_ns(held->acquired_ticks);
	fact.lock_held.released_ns = clock_to_ns(ended->released_ticks);
	if (section->waited)
		fact.lock_held.wait_begin_ns =
			clock_to_ns(section->wait_begin_ticks);
	section->entry->holds_told++;
	tell(TELL_lock_held, &fact);
}

void section_tell(const struct ended *ended)
{
	const struct section *section = &ended->section;
	uint32_t weight;

	hold_count(section->entry,
		   ended->released_ticks - ended->held.acquired_ticks);
	if (section->waited)
		wait_count(section->entry, ended->held.acquired_ticks -
						   section->wait_begin_ticks);
	weight = ended_weight(ended);
	if (weight)
		ended_tell(ended, weight);
	else if (self.pending && section_holds_none())
		tell_pending();
}

void section_tell_plain(const struct plain *plain, uint64_t released_ticks,
			bool somebody_waits)
{
	struct board_entry *entry = plain->entry;
	union fact fact;

	hold_count(entry, released_ticks - plain->acquired_ticks);
	entry->holds_told++;
	clock_sync(released_ticks);
	fact.lock_held = (struct fact_lock_held){
		.lock = entry->lock,
		.kind = entry->kind,
		.mode = entry->mode,
		.flags = somebody_waits ? LOCK_WAITERS : 0,
		.site = entry->site,
		.acquired_ns = clock_to_ns(plain->acquired_ticks),
		.released_ns = clock_to_ns(released_ticks),
		.weight = 1,
	};
	tell(TELL_lock_held, &fact);
}

void section_forget(uint64_t lock, uint8_t kind)
{
	int i = section_find(lock, kind);
	struct closed closed;

	if (i < 0)
		return;
	closed = thread_close();
	section_remove((uint32_t)i, atomic_load_explicit(&self.slot->n_held,
							 memory_order_relaxed));
	thread_open(closed);
}

void section_relock(const struct target *target)
{
	struct board_entry *entry = entry_of(target->lock, target->site,
					     target->kind, target->mode);

	if (entry)
		entry->relocks++;
}

void lock_told_init(uint64_t lock, uint8_t kind, uint32_t attributes,
		    uint64_t site)
{
	union fact fact = { .lock_init = {
				    .lock = lock,
				    .kind = kind,
				    .attributes = attributes,
				    .site = site,
			    } };

	section_forget(lock, kind);
	if (!module_is_foreign(site) &&
	    tell_weight(&self.more->locks, clock_ticks()) == 1)
		tell(TELL_lock_init, &fact);
}

/* Who holds the lock, by the board: another thread may be ending it just now.
 */
static void owner_find(uint64_t lock, struct fact_lock_destroy *fact)
{
	const struct board_header *header = board_header();
	uint64_t at = header ? atomic_load_explicit(&header->slots,
						    memory_order_acquire)
			     : 0;

	while (at) {
		const struct board_slot *slot =
			(const void *)((const char *)header + at);
		uint32_t n = atomic_load_explicit(&slot->n_held,
						  memory_order_relaxed);

		for (uint32_t i = 0; i < n && i < BOARD_HELD; i++)
			if (slot->held[i].lock == lock) {
				fact->owner_tid = slot->tid;
				fact->owner_site = slot->held[i].site;
				return;
			}
		at = atomic_load_explicit(&slot->next, memory_order_acquire);
	}
}

void lock_told_destroy(uint64_t lock, uint8_t kind, uint64_t site, int result,
		       bool busy)
{
	union fact fact = { .lock_destroy = {
				    .lock = lock,
				    .kind = kind,
				    .site = site,
				    .result = result,
			    } };

	if (busy)
		owner_find(lock, &fact.lock_destroy);
	if (!result)
		section_forget(lock, kind);
	if (busy || tell_weight(&self.more->locks, clock_ticks()) == 1)
		tell(TELL_lock_destroy, &fact);
}
