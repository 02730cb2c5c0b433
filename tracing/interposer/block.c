#include "tracing/interposer/block.h"

#include <errno.h>

void block_begin(struct block *block, enum thread_in in, uint8_t kind,
		 uint64_t object, uint64_t site)
{
	struct inside inside = {
		.in = in,
		.in_kind = kind,
		.object = object,
		.site = site,
	};

	block->entry = entry_of(object, site, kind, LOCK_WRITE);
	if (!block->entry)
		return;
	block->recorded = true;
	block->object = object;
	block->site = site;
	block->kind = kind;
	block->begin_ticks = clock_ticks();
	clock_sync(block->begin_ticks);
	block->begin_ns = clock_to_ns(block->begin_ticks);
	inside.since_ns = block->begin_ns;
	inside_enter(&inside, &block->before);
	block->weight = tell_weight(&self.more->locks, block->begin_ticks);
	if (block->weight > 1)
		block->flags |= LOCK_SAMPLED;
	if (!block->weight)
		tell_pending();
}

bool block_end(struct block *block)
{
	uint64_t now;
	uint64_t ns;

	if (!block->recorded || !self.open)
		return false;
	now = clock_ticks();
	ns = clock_span_ns(now - block->begin_ticks);
	inside_leave(&block->before);
	if (!block->returned)
		block->result = ECANCELED;
	/* Again: a signal handler may have made the table grow. */
	block->entry =
		entry_of(block->object, block->site, block->kind, LOCK_WRITE);
	if (!block->entry)
		return false;
	block->entry->waits++;
	block->entry->wait_ns += ns;
	if (ns > block->entry->wait_max_ns)
		block->entry->wait_max_ns = ns;
	if (block->result == ETIMEDOUT) {
		block->entry->gave_up++;
		block->entry->failed[LOCK_ETIMEDOUT]++;
	}
	if (!tell_weight_ended(block->weight, now - block->begin_ticks))
		return false;
	block->entry->waits_told++;
	clock_sync(now);
	block->end_ns = clock_to_ns(now);
	return true;
}

uint64_t block_signal(uint8_t kind, uint64_t object, uint64_t site,
		      bool matters)
{
	struct board_entry *entry = entry_of(object, site, kind, LOCK_WRITE);
	uint64_t now;

	if (!entry)
		return 0;
	entry->signals++;
	if (!matters && !process.detail_all)
		return 0;
	now = clock_ticks();
	if (!tell_weight(&self.more->locks, now))
		return 0;
	clock_sync(now);
	return clock_to_ns(now);
}
