#include "analysis/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_BYTES ((size_t)64 * 1024)

struct block {
	struct block *next;
	size_t used, bytes;
	alignas(max_align_t) unsigned char data[];
};

struct arena {
	struct block *blocks; /* newest first; only the first has room */
};

static struct block *block_new(size_t bytes, struct block *next)
{
	struct block *block = calloc(1, sizeof(*block) + bytes);

	if (!block)
		abort();
	block->next = next;
	block->bytes = bytes;
	return block;
}

struct arena *arena_new(void)
{
	struct arena *arena = calloc(1, sizeof(*arena));

	if (!arena)
		abort();
	return arena;
}

void arena_free(struct arena *arena)
{
	if (!arena)
		return;
	while (arena->blocks) {
		struct block *next = arena->blocks->next;

		free(arena->blocks);
		arena->blocks = next;
	}
	free(arena);
}

/* A large item gets a block of its own, behind the one that has room. */
static void *large(struct arena *arena, size_t bytes)
{
	struct block *first = arena->blocks;
	struct block *block = block_new(bytes, first ? first->next : NULL);

	if (first)
		first->next = block;
	else
		arena->blocks = block;
	block->used = bytes;
	return block->data;
}

void *arena_array(struct arena *arena, size_t n, size_t size)
{
	size_t bytes;
	struct block *block = arena->blocks;
	void *item;

	if (__builtin_mul_overflow(n, size, &bytes) || bytes > SIZE_MAX / 2)
		abort();
	bytes = (bytes + alignof(max_align_t) - 1) &
		~(alignof(max_align_t) - 1);
	if (bytes > BLOCK_BYTES / 4)
		return large(arena, bytes);
	if (!block || block->bytes - block->used < bytes)
		block = arena->blocks = block_new(BLOCK_BYTES, block);
	item = block->data + block->used;
	block->used += bytes;
	return item;
}

const char *arena_string(struct arena *arena, const char *text)
{
	size_t bytes = text ? strlen(text) + 1 : 1;
	char *copy = arena_array(arena, bytes, 1);

	if (text)
		memcpy(copy, text, bytes);
	return copy;
}

const char *arena_vprintf(struct arena *arena, const char *format, va_list args)
{
	char *text = NULL;
	const char *copy;

	if (vasprintf(&text, format, args) < 0)
		abort();
	copy = arena_string(arena, text);
	free(text);
	return copy;
}

const char *arena_printf(struct arena *arena, const char *format, ...)
{
	va_list args;
	const char *text;

	va_start(args, format);
	text = arena_vprintf(arena, format, args);
	va_end(args);
	return text;
}
