#include "analysis/model_store.h"

#include <glib.h>
#include <string.h>

void *queue_push(struct queue *queue, size_t size)
{
	if (queue->head + queue->n == queue->capacity) {
		if (queue->head > queue->n / 2) {
			memmove(queue->data, queue->data + queue->head * size,
				queue->n * size);
			queue->head = 0;
		} else {
			queue->capacity =
				queue->capacity ? queue->capacity * 2 : 8;
			queue->data =
				g_realloc_n(queue->data, queue->capacity, size);
		}
	}
	return queue->data + (size_t)(queue->head + queue->n++) * size;
}

void queue_drop(struct queue *queue, uint32_t n)
{
	queue->head += n;
	queue->n -= n;
	if (!queue->n)
		queue->head = 0;
}

void queue_clear(struct queue *queue)
{
	g_free(queue->data);
	memset(queue, 0, sizeof(*queue));
}

static uint64_t hash_of(uint64_t a, uint64_t b)
{
	uint64_t h = (a ^ (b * 0x9e3779b97f4a7c15ull)) * 0xff51afd7ed558ccdull;

	h ^= h >> 32;
	h *= 0xc4ceb9fe1a85ec53ull;
	return h ^ (h >> 29);
}

static struct map_slot *slot_of(const struct map *map, uint64_t a, uint64_t b)
{
	uint32_t mask = map->capacity - 1;
	uint32_t i = (uint32_t)hash_of(a, b) & mask;

	while (map->slots[i].value != MAP_NONE &&
	       (map->slots[i].a != a || map->slots[i].b != b))
		i = (i + 1) & mask;
	return &map->slots[i];
}

static void grow(struct map *map)
{
	struct map old = *map;

	map->capacity = old.capacity ? old.capacity * 2 : 64;
	map->slots = g_new(struct map_slot, map->capacity);
	for (uint32_t i = 0; i < map->capacity; i++)
		map->slots[i].value = MAP_NONE;
	for (uint32_t i = 0; i < old.capacity; i++)
		if (old.slots[i].value != MAP_NONE)
			*slot_of(map, old.slots[i].a, old.slots[i].b) =
				old.slots[i];
	g_free(old.slots);
}

uint32_t *map_at(struct map *map, uint64_t a, uint64_t b)
{
	struct map_slot *slot;

	if (map->used * 4 >= map->capacity * 3)
		grow(map);
	slot = slot_of(map, a, b);
	if (slot->value == MAP_NONE) {
		slot->a = a;
		slot->b = b;
		map->used++;
	}
	return &slot->value;
}

uint32_t map_get(const struct map *map, uint64_t a, uint64_t b)
{
	return map->capacity ? slot_of(map, a, b)->value : MAP_NONE;
}

void map_clear(struct map *map)
{
	g_free(map->slots);
	memset(map, 0, sizeof(*map));
}

static void sort_few(struct timed *items, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		struct timed item = items[i];
		size_t j = i;

		for (; j && items[j - 1].ns > item.ns; j--)
			items[j] = items[j - 1];
		items[j] = item;
	}
}

void timed_sort(struct timed *items, size_t n)
{
	uint64_t low = UINT64_MAX, high = 0;
	struct timed *from = items, *to, *spare;

	for (size_t i = 0; i < n; i++) {
		low = MIN(low, items[i].ns);
		high = MAX(high, items[i].ns);
	}
	if (n < 32) {
		sort_few(items, n);
		return;
	}
	to = spare = g_new(struct timed, n);
	for (unsigned int shift = 0; shift < 64 && (high - low) >> shift;
	     shift += 8) {
		size_t start[257] = { 0 };
		struct timed *swap = from;

		for (size_t i = 0; i < n; i++)
			start[((from[i].ns - low) >> shift & 0xff) + 1]++;
		for (int d = 0; d < 256; d++)
			start[d + 1] += start[d];
		for (size_t i = 0; i < n; i++)
			to[start[(from[i].ns - low) >> shift & 0xff]++] =
				from[i];
		from = to;
		to = swap;
	}
	if (from != items)
		memcpy(items, from, n * sizeof(*items));
	g_free(spare);
}
