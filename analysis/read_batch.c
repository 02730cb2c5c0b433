#include "analysis/read_batch.h"

#include <string.h>

#define TEXT_BYTES_EACH 96 /* room for the strings of an event, on average */

struct read_batch *read_batch_new(size_t capacity)
{
	struct read_batch *batch = g_new0(struct read_batch, 1);

	batch->capacity = capacity;
	batch->events = g_new(struct event, capacity);
	batch->text = g_malloc(capacity * TEXT_BYTES_EACH);
	batch->extra = g_ptr_array_new_with_free_func(g_free);
	return batch;
}

void read_batch_free(struct read_batch *batch)
{
	if (!batch)
		return;
	g_ptr_array_free(batch->extra, TRUE);
	g_free(batch->text);
	g_free(batch->events);
	g_free(batch);
}

void read_batch_reset(struct read_batch *batch)
{
	batch->n = batch->next = 0;
	batch->text_used = 0;
	if (batch->extra->len)
		g_ptr_array_set_size(batch->extra, 0);
}

struct event *read_batch_add(struct read_batch *batch)
{
	struct event *event = &batch->events[batch->n++];

	memset(event, 0, sizeof(*event));
	return event;
}

void *read_batch_alloc(struct read_batch *batch, size_t bytes)
{
	size_t need = (bytes + 7) & ~(size_t)7;

	if (need <= batch->capacity * TEXT_BYTES_EACH - batch->text_used) {
		void *room = batch->text + batch->text_used;

		batch->text_used += need;
		return room;
	}
	g_ptr_array_add(batch->extra, g_malloc(bytes ? bytes : 1));
	return g_ptr_array_index(batch->extra, batch->extra->len - 1);
}
