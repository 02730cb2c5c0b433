#include "tracing/interposer/section.h"

#include <errno.h>
#include <string.h>

#include "tracing/interposer/stack.h"

#define STACKS_FIRST	  4 /* of a lock and call site: always with a stack */
#define STACK_PAUSE_TICKS ((uint64_t)10000000) /* then one in about 5 ms */

struct waiters waiters[WAITERS_SLOTS];

struct inside inside_enter(const struct inside *now)
{
	struct board_slot *slot = self.slot;
	struct inside before = {
		.in = atomic_load_explicit(&slot->in, memory_order_relaxed),
		.in_kind = slot->in_kind,
		.in_mode = slot->in_mode,
		.fd = slot->fd,
		.owner_tid = slot->owner_tid,
		.object = slot->object,
		.object2 = slot->object2,
		.since_ns = slot->since_ns,
		.site = slot->in_site,
	};

	inside_leave(now);
	return before;
}

void inside_leave(const struct inside *before)
{
	struct board_slot *slot = self.slot;

	if (before->in == IN_NOTHING) {
		atomic_store_explicit(&slot->in, IN_NOTHING,
				      memory_order_release);
		return;
	}
	slot->in_kind = before->in_kind;
	slot->in_mode = before->in_mode;
	slot->fd = before->fd;
	slot->owner_tid = before->owner_tid;
	slot->object = before->object;
	slot->object2 = before->object2;
	slot->since_ns = before->since_ns;
	slot->in_site = before->site;
	atomic_store_explicit(&slot->in, before->in, memory_order_release);
}

/* After the table moved: the held sections count in the new one. */
static void entries_follow(void)
{
	const struct board_slot *slot = self.slot;
	uint32_t n = atomic_load_explicit(&slot->n_held, memory_order_relaxed);

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
	if (process_is_foreign(site))
		return NULL;
	closed = thread_close();
	entry = entry_new(lock, site, kind, mode);
	thread_open(closed);
	return entry;
}

/* True the first time that this thread takes `b` while it holds `a`. */
static bool order_is_new(const struct board_held *a, const struct target *b)
{
	uint64_t pair = (a->lock * 31 + b->lock) * 0x9e3779b97f4a7c15ull ^
			(a->site * 31 + b->site);
	uint64_t *seen = &self.more->order_seen[(pair >> 32) % ORDER_SLOTS];

	if (*seen == pair)
		return false;
	*seen = pair;
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

struct section *section_begin(const struct target *target, uint64_t ticks)
{
	struct board_entry *entry = entry_of(target->lock, target->site,
					     target->kind, target->mode);
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
	section->wait_begin_ns = 0;
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

bool section_end(uint32_t i, uint8_t flags, bool somebody_waits, uint64_t now,
		 struct ended *ended)
{
	struct board_slot *slot = self.slot;
	const struct board_held *held = &slot->held[i];
	struct section *section = &self.more->section[i];
	uint32_t n = atomic_load_explicit(&slot->n_held, memory_order_relaxed);
	uint64_t ticks = now - held->acquired_ticks;
	struct closed closed;

	section->entry->hold_ticks += ticks;
	if (ticks > section->entry->hold_max_ticks)
		section->entry->hold_max_ticks = ticks;
	somebody_waits |= atomic_load_explicit(&waiters_of(held->lock)->n,
					       memory_order_relaxed) != 0;
	if (process.detail_all)
		section->weight = 1;
	else if (somebody_waits && !section->waited)
		section->weight = tell_weight(&self.more->locks, now);
	if (section->weight)
		section->entry->holds_told++;
	*ended = (struct ended){
		.target = {
			.lock = held->lock,
			.site = held->site,
			.kind = held->kind,
			.mode = held->mode,
			.flags = (uint8_t)(section->flags | flags |
					   (somebody_waits ? LOCK_WAITERS : 0) |
					   (section->weight > 1 ? LOCK_SAMPLED :
								  0)),
		},
		.wait_begin_ns = section->wait_begin_ns,
		.acquired_ticks = held->acquired_ticks,
		.released_ticks = now,
		.weight = section->weight,
	};
	if (i + 1 == n) {
		atomic_store_explicit(&slot->n_held, i, memory_order_relaxed);
		return ended->weight || self.pending;
	}
	closed = thread_close();
	section_remove(i, n);
	thread_open(closed);
	return ended->weight != 0;
}

void section_tell(const struct ended *ended)
{
	union fact fact;

	if (!ended->weight) {
		if (!atomic_load_explicit(&self.slot->n_held,
					  memory_order_relaxed))
			tell_pending();
		return;
	}
	clock_sync(ended->released_ticks);
	fact.lock_held = (struct fact_lock_held){
		.lock = ended->target.lock,
		.kind = ended->target.kind,
		.mode = ended->target.mode,
		.flags = ended->target.flags,
		.site = ended->target.site,
		.wait_begin_ns = ended->wait_begin_ns,
		.acquired_ns = clock_to_ns(ended->acquired_ticks),
		.released_ns = clock_to_ns(ended->released_ticks),
		.weight = ended->weight,
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

static unsigned wait_stack(const struct wait *wait,
			   const struct board_entry *entry, uint64_t *stack)
{
	struct thread_more *more = self.more;
	struct closed closed;
	unsigned n;

	if (entry->waits_told >= STACKS_FIRST &&
	    wait->begin_ticks < more->stack_next_ticks)
		return 0;
	more->stack_next_ticks = wait->begin_ticks + STACK_PAUSE_TICKS;
	closed = thread_close();
	n = stack_take(stack, STACK_MAX, wait->target.site);
	thread_open(closed);
	return n;
}

static void wait_tell(const struct wait *wait, struct board_entry *entry,
		      int32_t owner_tid)
{
	const struct board_slot *slot = self.slot;
	uint32_t n_held =
		atomic_load_explicit(&slot->n_held, memory_order_relaxed);
	uint64_t stack[STACK_MAX];
	uint64_t held[HELD_MAX];
	union fact fact = { .lock_wait = {
				    .lock = wait->target.lock,
				    .kind = wait->target.kind,
				    .mode = wait->target.mode,
				    .flags = wait->target.flags,
				    .site = wait->target.site,
				    .owner_tid = owner_tid,
				    .begin_ns = wait->begin_ns,
				    .held = held,
				    .stack = stack,
			    } };
	uint8_t n = 0;

	/* The innermost ones, when they are too many. */
	for (uint32_t i = n_held > HELD_MAX ? n_held - HELD_MAX : 0; i < n_held;
	     i++)
		held[n++] = slot->held[i].lock;
	fact.lock_wait.n_held = n;
	fact.lock_wait.n_stack = (uint8_t)wait_stack(wait, entry, stack);
	entry->waits_told++;
	tell_now(TELL_lock_wait, &fact);
}

void wait_begin(struct wait *wait, const struct target *target,
		int32_t owner_tid)
{
	struct board_entry *entry;
	struct inside inside;

	wait->target = *target;
	wait->begin_ticks = clock_ticks();
	clock_sync(wait->begin_ticks);
	wait->begin_ns = clock_to_ns(wait->begin_ticks);
	inside = (struct inside){
		.in = target->kind == LOCK_SEMAPHORE ? IN_SEMAPHORE : IN_LOCK,
		.in_kind = target->kind,
		.in_mode = target->mode,
		.owner_tid = owner_tid,
		.object = target->lock,
		.since_ns = wait->begin_ns,
		.site = target->site,
	};
	wait->before = inside_enter(&inside);
	atomic_fetch_add_explicit(&waiters_of(target->lock)->n, 1,
				  memory_order_relaxed);
	entry = entry_of(target->lock, target->site, target->kind,
			 target->mode);
	wait->weight =
		entry ? tell_weight(&self.more->locks, wait->begin_ticks) : 0;
	if (wait->weight > 1)
		wait->target.flags |= LOCK_SAMPLED;
	if (wait->weight)
		wait_tell(wait, entry, owner_tid);
	else
		tell_pending();
}

static void wait_over(struct wait *wait)
{
	atomic_fetch_sub_explicit(&waiters_of(wait->target.lock)->n, 1,
				  memory_order_relaxed);
	inside_leave(&wait->before);
}

static void wait_count(struct board_entry *entry, uint64_t ns)
{
	entry->wait_ns += ns;
	if (ns > entry->wait_max_ns)
		entry->wait_max_ns = ns;
}

void wait_taken(struct wait *wait, uint8_t flags)
{
	uint64_t now = clock_ticks();
	struct section *section;

	wait_over(wait);
	wait->target.flags &= (uint8_t)~LOCK_SAMPLED;
	wait->target.flags |= flags;
	section = section_begin(&wait->target, now);
	if (!section)
		return;
	section->waited = 1;
	section->wait_begin_ns = wait->begin_ns;
	section->weight = wait->weight;
	section->entry->contended++;
	wait_count(section->entry, clock_span_ns(now - wait->begin_ticks));
}

static int error_place(int result)
{
	static const int errors[LOCK_NERRORS] = {
		[LOCK_EBUSY] = EBUSY,
		[LOCK_ETIMEDOUT] = ETIMEDOUT,
		[LOCK_EDEADLK] = EDEADLK,
		[LOCK_EPERM] = EPERM,
		[LOCK_EOWNERDEAD] = EOWNERDEAD,
		[LOCK_ENOTRECOVERABLE] = ENOTRECOVERABLE,
	};

	for (int i = 0; i < LOCK_NERRORS; i++)
		if (errors[i] == result)
			return i;
	return -1;
}

static void failed_tell(const struct target *target, uint64_t begin_ns,
			uint64_t end_ticks, int result, uint32_t weight)
{
	union fact fact = { .lock_failed = {
				    .lock = target->lock,
				    .kind = target->kind,
				    .mode = target->mode,
				    .flags = target->flags,
				    .site = target->site,
				    .wait_begin_ns = begin_ns,
				    .result = result,
				    .weight = weight,
			    } };

	if (!weight)
		return;
	clock_sync(end_ticks);
	fact.lock_failed.end_ns = clock_to_ns(end_ticks);
	if (weight > 1)
		fact.lock_failed.flags |= LOCK_SAMPLED;
	tell(TELL_lock_failed, &fact);
}

static void failed_count(struct board_entry *entry, int result)
{
	int i = error_place(result);

	if (i >= 0)
		entry->failed[i]++;
}

void wait_failed(struct wait *wait, int result)
{
	uint64_t now = clock_ticks();
	const struct target *target = &wait->target;
	struct board_entry *entry;

	wait_over(wait);
	entry = entry_of(target->lock, target->site, target->kind,
			 target->mode);
	if (!entry)
		return;
	entry->gave_up++;
	failed_count(entry, result);
	wait_count(entry, clock_span_ns(now - wait->begin_ticks));
	failed_tell(target, wait->begin_ns, now, result, wait->weight);
}

void try_failed(const struct target *target, int result)
{
	struct board_entry *entry = entry_of(target->lock, target->site,
					     target->kind, target->mode);
	uint64_t now;

	if (!entry)
		return;
	failed_count(entry, result);
	now = clock_ticks();
	failed_tell(target, 0, now, result,
		    tell_weight(&self.more->locks, now));
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
	if (tell_weight(&self.more->locks, clock_ticks()) == 1)
		tell(TELL_lock_init, &fact);
}

void lock_told_destroy(uint64_t lock, uint8_t kind, uint64_t site, int result)
{
	union fact fact = { .lock_destroy = {
				    .lock = lock,
				    .kind = kind,
				    .site = site,
				    .result = result,
			    } };

	if (!result)
		section_forget(lock, kind);
	if (tell_weight(&self.more->locks, clock_ticks()) == 1)
		tell(TELL_lock_destroy, &fact);
}
