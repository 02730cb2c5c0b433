/*
 * The containers of the model: a queue of plain items, a table from a pair of
 * numbers to an index, and points in time to be sorted. Both are zero at first
 * and grow as needed; GLib has neither without an allocation an item, which 10
 * million events cannot afford.
 */
#ifndef ANALYSIS_MODEL_STORE_H
#define ANALYSIS_MODEL_STORE_H

#include <stddef.h>
#include <stdint.h>

struct queue {
	char *data;
	uint32_t head, n, capacity; /* items; the queue is [head, head + n) */
};

/* Room for one more item at the end; its content is undefined. */
void *queue_push(struct queue *queue, size_t size);

/* Takes `n` items off the front. */
void queue_drop(struct queue *queue, uint32_t n);

void queue_clear(struct queue *queue);

static inline void *queue_at(const struct queue *queue, uint32_t i, size_t size)
{
	return queue->data + (size_t)(queue->head + i) * size;
}

/* Something that happens at a point in time, for sorting many of them. */
struct timed {
	uint64_t ns;
	int32_t first, second; /* what they mean is the user's business */
};

/* Sorts by time; equal ones stay in order. */
void timed_sort(struct timed *items, size_t n);

#define MAP_NONE UINT32_MAX

struct map_slot {
	uint64_t a, b;
	uint32_t value; /* MAP_NONE: empty */
};

struct map {
	struct map_slot *slots;
	uint32_t capacity, used;
};

/*
 * The value of a key, to read or set, valid until the next call; a new key has
 * MAP_NONE, which the caller must replace.
 */
uint32_t *map_at(struct map *map, uint64_t a, uint64_t b);

/* The value of a key, MAP_NONE if it has none. */
uint32_t map_get(const struct map *map, uint64_t a, uint64_t b);

void map_clear(struct map *map);

#endif
