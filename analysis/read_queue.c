#include "analysis/read_queue.h"

#include <errno.h>
#include <glib.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Only what is touched of it takes memory. */
#define SHARED_BYTES ((size_t)512 << 20)

/* Events waiting between the processes, over all lanes, and in a batch. */
#define EVENTS_WAITING 16384
#define BATCH_MIN      16
#define BATCH_MAX      512

static void init_sync(struct read_queue *queue)
{
	pthread_mutexattr_t mutex;
	pthread_condattr_t condition;

	pthread_mutexattr_init(&mutex);
	pthread_mutexattr_setpshared(&mutex, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&mutex, PTHREAD_MUTEX_ROBUST);
	pthread_mutex_init(&queue->lock, &mutex);
	pthread_mutexattr_destroy(&mutex);
	pthread_condattr_init(&condition);
	pthread_condattr_setpshared(&condition, PTHREAD_PROCESS_SHARED);
	pthread_condattr_setclock(&condition, CLOCK_MONOTONIC);
	pthread_cond_init(&queue->changed, &condition);
	pthread_condattr_destroy(&condition);
}

struct read_queue *read_queue_new(void)
{
	struct read_queue *queue =
		mmap(NULL, SHARED_BYTES, PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (queue == MAP_FAILED)
		return NULL;
	queue->bytes = SHARED_BYTES;
	queue->used = (sizeof(*queue) + 63) & ~(size_t)63;
	queue->notes_end = &queue->notes;
	init_sync(queue);
	return queue;
}

/* The child may have died inside the condition: it is left as it is. */
void read_queue_free(struct read_queue *queue)
{
	if (queue)
		munmap(queue, queue->bytes);
}

/* What the lock protects is consistent after each single step. */
void read_queue_lock(struct read_queue *queue)
{
	if (pthread_mutex_lock(&queue->lock) == EOWNERDEAD)
		pthread_mutex_consistent(&queue->lock);
}

void read_queue_unlock(struct read_queue *queue)
{
	pthread_mutex_unlock(&queue->lock);
}

void *read_queue_alloc(struct read_queue *queue, size_t bytes)
{
	size_t need = (bytes + 15) & ~(size_t)15;
	char *memory = (char *)queue + queue->used;

	if (need > queue->bytes - queue->used)
		_exit(ENOMEM);
	queue->used += need;
	return memory;
}

char *read_queue_string(struct read_queue *queue, const char *text)
{
	size_t bytes = strlen(text) + 1;

	return memcpy(read_queue_alloc(queue, bytes), text, bytes);
}

static struct read_text *make_text(struct read_queue *queue, const char *text)
{
	size_t bytes = strlen(text) + 1;
	struct read_text *line = read_queue_alloc(queue, sizeof(*line) + bytes);

	memcpy(line->text, text, bytes);
	return line;
}

void read_queue_note(struct read_queue *queue, const char *text)
{
	struct read_text *line = make_text(queue, text);

	read_queue_lock(queue);
	*queue->notes_end = line;
	queue->notes_end = &line->link;
	read_queue_unlock(queue);
}

void read_queue_temporary(struct read_queue *queue, const char *path)
{
	struct read_text *line = make_text(queue, path);

	read_queue_lock(queue);
	line->link = queue->temporary;
	queue->temporary = line;
	read_queue_unlock(queue);
}

void read_queue_open(struct read_queue *queue, size_t lanes)
{
	queue->n_lanes = lanes;
	queue->lanes = read_queue_alloc(queue, lanes * sizeof(*queue->lanes));
	queue->batches_max = 3 * lanes + 8;
	queue->capacity = CLAMP(EVENTS_WAITING / queue->batches_max, BATCH_MIN,
				BATCH_MAX);
	for (size_t i = 0; i < lanes; i++) {
		queue->lanes[i].ready_end = &queue->lanes[i].ready;
		queue->lanes[i].stats.cpu = -1;
	}
	read_queue_lock(queue);
	queue->open = true;
	pthread_cond_broadcast(&queue->changed);
	read_queue_unlock(queue);
}

long read_queue_next(const struct read_queue *queue)
{
	long best = -1;

	/* Only the child writes what it reads here. */
	for (size_t i = 0; i < queue->n_lanes; i++)
		if (!queue->lanes[i].ended &&
		    (best < 0 ||
		     queue->lanes[i].until_ns < queue->lanes[best].until_ns))
			best = (long)i;
	return best;
}

/*
 * Never waits for ever: lanes are read in the order of their time, so that at
 * most one batch a lane lies beyond what can be handed over.
 */
struct read_batch *read_queue_take(struct read_queue *queue)
{
	struct read_batch *batch;

	read_queue_lock(queue);
	while (!queue->empty && queue->n_batches >= queue->batches_max)
		pthread_cond_wait(&queue->changed, &queue->lock);
	batch = queue->empty;
	if (batch)
		queue->empty = batch->link;
	else
		queue->n_batches++;
	read_queue_unlock(queue);
	if (!batch)
		return read_batch_make(
			read_queue_alloc(queue,
					 read_batch_bytes(queue->capacity)),
			queue->capacity);
	read_batch_reset(batch);
	return batch;
}

void read_queue_put(struct read_queue *queue, size_t lane,
		    struct read_batch *batch, uint64_t until_ns, bool ended)
{
	struct read_lane *to = &queue->lanes[lane];

	batch->link = NULL;
	read_queue_lock(queue);
	if (batch->n) {
		*to->ready_end = batch;
		to->ready_end = &batch->link;
	} else {
		batch->link = queue->empty;
		queue->empty = batch;
	}
	to->until_ns = until_ns;
	to->ended = ended;
	pthread_cond_broadcast(&queue->changed);
	read_queue_unlock(queue);
}
