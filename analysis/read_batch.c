#include "analysis/read_batch.h"

#include <string.h>

#define TEXT_EACH 96		  /* bytes of text of an event, on average */
#define TEXT_MOST (3 * 4096 + 64) /* and at most: two strings, or arrays */

static size_t text_bytes(size_t capacity)
{
	return capacity * TEXT_EACH + TEXT_MOST;
}

size_t read_batch_bytes(size_t capacity)
{
	return sizeof(struct read_batch) + capacity * sizeof(struct event) +
	       text_bytes(capacity);
}

struct read_batch *read_batch_make(void *memory, size_t capacity)
{
	struct read_batch *batch = memory;

	memset(batch, 0, sizeof(*batch));
	batch->capacity = capacity;
	batch->text = (char *)&batch->events[capacity];
	batch->text_bytes = text_bytes(capacity);
	return batch;
}

void read_batch_reset(struct read_batch *batch)
{
	batch->n = batch->next = 0;
	batch->text_used = 0;
}

bool read_batch_has_room(const struct read_batch *batch)
{
	return batch->n < batch->capacity &&
	       batch->text_bytes - batch->text_used >= TEXT_MOST;
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
	void *room = batch->text + batch->text_used;

	if (need > batch->text_bytes - batch->text_used)
		return NULL;
	batch->text_used += need;
	return room;
}
