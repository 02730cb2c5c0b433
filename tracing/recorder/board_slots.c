/* What threads left in their slots of a board since they were read last. */
#include "tracing/recorder/board_parts.h"

#include <string.h>

/* What was told of one lock, call site and mode of a thread. */
struct told_lock {
	uint64_t lock, site;
	uint8_t kind, mode;
	struct board_counts counts; /* totals */
};

/* What was told of one thread. */
struct told_slot {
	int32_t tid;
	GHashTable *locks; /* set of struct told_lock */
	struct board_io io[BOARD_IO_KINDS];
	uint64_t lost[BOARD_LOSSES];
};

static guint told_hash(gconstpointer key)
{
	const struct told_lock *told = key;
	uint64_t mix = (told->lock ^ told->site * 0x9e3779b97f4a7c15ull) +
		       (uint64_t)told->kind * 31 + told->mode;

	return (guint)(mix * 0x9e3779b97f4a7c15ull >> 32);
}

static gboolean told_equal(gconstpointer a, gconstpointer b)
{
	const struct told_lock *left = a;
	const struct told_lock *right = b;

	return left->lock == right->lock && left->site == right->site &&
	       left->kind == right->kind && left->mode == right->mode;
}

static void told_slot_free(gpointer data)
{
	struct told_slot *told = data;

	g_hash_table_destroy(told->locks);
	g_free(told);
}

GHashTable *board_slots_new(void)
{
	return g_hash_table_new_full(NULL, NULL, NULL, told_slot_free);
}

static uint64_t to_ns(const struct boards *boards, uint64_t ticks)
{
	return clock_ticks_to_ns(ticks, boards->session->ns_per_tick_q32);
}

/* When something happened that the TSC told. */
static uint64_t at_ns(const struct boards *boards, uint64_t ticks)
{
	if (!boards->session->tsc_usable)
		return ticks;
	if (ticks >= boards->last.ticks)
		return boards->last.ns +
		       to_ns(boards, ticks - boards->last.ticks);
	return boards->last.ns - to_ns(boards, boards->last.ticks - ticks);
}

/* Totals never shrink, though the rate of the clock may become a bit less. */
static void totals(const struct boards *boards, const struct board_entry *entry,
		   const struct board_counts *before, struct board_counts *now)
{
	*now = (struct board_counts){
		.acquisitions = entry->acquisitions,
		.contended = entry->contended,
		.relocks = entry->relocks,
		.hold_ns =
			MAX(to_ns(boards, entry->hold_ticks), before->hold_ns),
		.hold_max_ns = to_ns(boards, entry->hold_max_ticks),
		.wait_ns = entry->wait_ns,
		.wait_max_ns = entry->wait_max_ns,
		.waits = entry->waits,
		.signals = entry->signals,
		.gave_up = entry->gave_up,
		.waits_told = entry->waits_told,
		.holds_told = entry->holds_told,
	};
	memcpy(now->failed, entry->failed, sizeof(now->failed));
}

static bool is_same(const struct board_counts *a, const struct board_counts *b)
{
	return a->acquisitions == b->acquisitions &&
	       a->contended == b->contended && a->relocks == b->relocks &&
	       a->wait_ns == b->wait_ns && a->waits == b->waits &&
	       a->signals == b->signals && a->gave_up == b->gave_up &&
	       a->waits_told == b->waits_told &&
	       a->holds_told == b->holds_told && a->hold_ns == b->hold_ns &&
	       !memcmp(a->failed, b->failed, sizeof(a->failed));
}

static struct board_counts difference(const struct board_counts *now,
				      const struct board_counts *before)
{
	struct board_counts out = {
		.acquisitions = now->acquisitions - before->acquisitions,
		.contended = now->contended - before->contended,
		.relocks = now->relocks - before->relocks,
		.hold_ns = now->hold_ns - before->hold_ns,
		.hold_max_ns = now->hold_max_ns,
		.wait_ns = now->wait_ns - before->wait_ns,
		.wait_max_ns = now->wait_max_ns,
		.waits = now->waits - before->waits,
		.signals = now->signals - before->signals,
		.gave_up = now->gave_up - before->gave_up,
		.waits_told = (uint32_t)(now->waits_told - before->waits_told),
		.holds_told = (uint32_t)(now->holds_told - before->holds_told),
	};

	for (int i = 0; i < LOCK_NERRORS; i++)
		out.failed[i] = now->failed[i] - before->failed[i];
	return out;
}

static void read_entry(struct boards *boards, struct told_slot *told,
		       struct board_who who, const struct board_entry *entry)
{
	struct told_lock key = {
		.lock = entry->lock,
		.site = entry->site,
		.kind = entry->kind,
		.mode = entry->mode,
	};
	struct told_lock *before = g_hash_table_lookup(told->locks, &key);
	struct board_counts now, change;

	totals(boards, entry, before ? &before->counts : &key.counts, &now);
	if (before ? is_same(&now, &before->counts)
		   : is_same(&now, &key.counts))
		return;
	if (!before) {
		before = g_memdup2(&key, sizeof(key));
		g_hash_table_add(told->locks, before);
	}
	change = difference(&now, &before->counts);
	before->counts = now;
	board_trace_stats(boards->trace, who, entry, &change);
}

/* Whether `bytes` at `offset` lie within what the process has handed out. */
static const void *at_offset(const struct board *board, uint64_t offset,
			     uint64_t bytes)
{
	uint64_t used = atomic_load_explicit(&board->header->used,
					     memory_order_acquire);

	used = MIN(used, board->bytes);
	if (offset < sizeof(struct board_header) || offset > used ||
	    bytes > used - offset)
		return NULL;
	return (const char *)board->header + offset;
}

static void read_table(struct boards *boards, const struct board *board,
		       const struct board_slot *slot, struct told_slot *told,
		       struct board_who who)
{
	uint64_t capacity = *(const volatile uint32_t *)&slot->capacity;
	uint64_t offset;
	const struct board_entry *entries;

	/* Its table only grows: the capacity first, so that it fits. */
	atomic_thread_fence(memory_order_acquire);
	offset = atomic_load_explicit(&slot->table, memory_order_acquire);
	entries = at_offset(board, offset, capacity * sizeof(*entries));
	for (uint64_t i = 0; entries && i < capacity; i++)
		if (entries[i].lock)
			read_entry(boards, told, who, &entries[i]);
}

static void read_io(struct boards *boards, const struct board_slot *slot,
		    struct told_slot *told, struct board_who who)
{
	for (int i = 0; i < BOARD_IO_KINDS; i++) {
		struct board_io now = slot->io[i];
		struct board_io *before = &told->io[i];
		struct board_io change = now;

		if (!now.used ||
		    (now.calls == before->calls && now.ns == before->ns))
			continue;
		change.calls -= before->calls;
		change.told -= before->told;
		change.bytes -= before->bytes;
		change.ns -= before->ns;
		*before = now;
		board_trace_io(boards->trace, who, &change);
	}
}

static void tell_lost(struct boards *boards, struct board_who who,
		      const uint64_t now[BOARD_LOSSES],
		      uint64_t before[BOARD_LOSSES])
{
	uint64_t change[BOARD_LOSSES];
	uint64_t any = 0;

	for (int i = 0; i < BOARD_LOSSES; i++) {
		change[i] = now[i] - before[i];
		boards->lost[i] += change[i];
		any |= change[i];
		before[i] = now[i];
	}
	if (any)
		board_trace_lost(boards->trace, who, change);
}

static struct told_slot *told_of(struct board *board, uint64_t offset,
				 int32_t tid)
{
	gpointer key = GSIZE_TO_POINTER(offset);
	struct told_slot *told = g_hash_table_lookup(board->slots, key);

	if (told && told->tid == tid)
		return told;
	told = g_new0(struct told_slot, 1);
	told->tid = tid;
	told->locks =
		g_hash_table_new_full(told_hash, told_equal, g_free, NULL);
	g_hash_table_replace(board->slots, key, told);
	return told;
}

static void tell_held(struct boards *boards, const struct board_slot *slot,
		      struct board_who who)
{
	uint32_t n = atomic_load_explicit(&slot->n_held, memory_order_acquire);

	for (uint32_t i = 0; i < MIN(n, BOARD_HELD); i++)
		board_trace_held(boards->trace, who, &slot->held[i],
				 at_ns(boards, slot->held[i].acquired_ticks));
}

/* Writes what a thread was in the middle of. */
static void tell_open(struct boards *boards, const struct board_slot *slot,
		      struct board_who who)
{
	if (slot->in != IN_NOTHING)
		board_trace_open(boards->trace, who, slot);
	tell_held(boards, slot, who);
}

/* `ending` is NULL while the process runs. */
static void read_slot(struct boards *boards, struct board *board,
		      uint64_t offset, struct board_slot *slot,
		      const struct ending *ending)
{
	uint32_t life = atomic_load_explicit(&slot->life, memory_order_acquire);
	struct board_who who = { board->header->pid, slot->tid };
	struct told_slot *told;

	if (life == BOARD_FREE || !slot->tid)
		return;
	told = told_of(board, offset, slot->tid);
	read_table(boards, board, slot, told, who);
	read_io(boards, slot, told, who);
	tell_lost(boards, who,
		  (const uint64_t[BOARD_LOSSES]){
			  0, slot->untabled, slot->pending_lost,
			  slot->held_lost, slot->unheard },
		  told->lost);
	if (life == BOARD_ENDED) {
		tell_held(boards, slot, who); /* and never gave back */
		board_trace_thread(boards->trace, who, slot, slot->end_ns,
				   slot->end_how);
		g_hash_table_remove(board->slots, GSIZE_TO_POINTER(offset));
		atomic_store_explicit(&slot->life, BOARD_FREE,
				      memory_order_release);
	} else if (ending) {
		tell_open(boards, slot, who);
		board_trace_thread(boards->trace, who, slot, ending->ns,
				   ending->how);
	}
}

void board_slots_read(struct boards *boards, struct board *board,
		      const struct ending *ending)
{
	uint64_t offset = atomic_load_explicit(&board->header->slots,
					       memory_order_acquire);
	struct board_who process = { board->header->pid, 0 };
	const uint64_t lost[BOARD_LOSSES] = { board->header->slots_lost };
	uint64_t before[BOARD_LOSSES] = { board->slots_lost };
	uint64_t left = board->bytes / sizeof(struct board_slot);

	/* No more than there can be, should a program have scribbled on it. */
	while (offset && left--) {
		struct board_slot *slot =
			(struct board_slot *)(uintptr_t)at_offset(
				board, offset, sizeof(*slot));

		if (!slot)
			break;
		read_slot(boards, board, offset, slot, ending);
		offset = slot->next;
	}
	tell_lost(boards, process, lost, before);
	board->slots_lost = before[0];
}
