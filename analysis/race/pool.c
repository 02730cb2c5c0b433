#include "analysis/race/race.h"

#include <string.h>

const char *const race_kind_ids[RACE_NKINDS] = {
	[RACE_DATA] = "data-race",
	[RACE_USE_AFTER_FREE] = "heap-use-after-free",
	[RACE_ORDER] = "lock-order-inversion",
	[RACE_THREAD_LEAK] = "thread-leak",
	[RACE_DESTROYED_MUTEX] = "destroyed-mutex",
	[RACE_LOCKED_DESTROY] = "locked-mutex-destroyed",
	[RACE_UNLOCK] = "unlocked-mutex",
	[RACE_DOUBLE_LOCK] = "double-lock",
	[RACE_READ_LOCK] = "read-lock-misuse",
	[RACE_SIGNAL_UNSAFE] = "signal-unsafe-call",
	[RACE_SIGNAL_ERRNO] = "signal-spoils-errno",
	[RACE_CRASH] = "crash",
	[RACE_DEADLOCK] = "deadlock",
	[RACE_HANG] = "hang",
	[RACE_STATUS] = "status",
	[RACE_OTHER] = "other",
};

const char *const race_kind_words[RACE_NKINDS] = {
	[RACE_DATA] = "data race",
	[RACE_USE_AFTER_FREE] = "use after free",
	[RACE_ORDER] = "lock-order inversion",
	[RACE_THREAD_LEAK] = "thread leak",
	[RACE_DESTROYED_MUTEX] = "use of a destroyed mutex",
	[RACE_LOCKED_DESTROY] = "destroy of a locked mutex",
	[RACE_UNLOCK] = "unlock of an unlocked mutex",
	[RACE_DOUBLE_LOCK] = "double lock of a mutex",
	[RACE_READ_LOCK] = "misuse of a read lock",
	[RACE_SIGNAL_UNSAFE] = "signal-unsafe call in a handler",
	[RACE_SIGNAL_ERRNO] = "signal handler spoils errno",
	[RACE_CRASH] = "crash",
	[RACE_DEADLOCK] = "deadlock",
	[RACE_HANG] = "hang",
	[RACE_STATUS] = "end with status",
	[RACE_OTHER] = "other report",
};

struct race_pool {
	GStringChunk *texts;
	GPtrArray *blocks;
};

struct race_pool *race_pool_new(void)
{
	struct race_pool *pool = g_new0(struct race_pool, 1);

	pool->texts = g_string_chunk_new(1 << 14);
	pool->blocks = g_ptr_array_new_with_free_func(g_free);
	return pool;
}

void race_pool_free(struct race_pool *pool)
{
	if (!pool)
		return;
	g_string_chunk_free(pool->texts);
	g_ptr_array_free(pool->blocks, TRUE);
	g_free(pool);
}

const char *race_pool_text(struct race_pool *pool, const char *text)
{
	return text && *text ? g_string_chunk_insert_const(pool->texts, text)
			     : "";
}

void *race_pool_copy(struct race_pool *pool, const void *data, size_t bytes)
{
	void *copy;

	if (!bytes)
		return NULL;
	copy = g_memdup2(data, bytes);
	g_ptr_array_add(pool->blocks, copy);
	return copy;
}
