#include "analysis/read_queue.h"

/* Events waiting between the threads, over all lanes, and in a batch. */
#define EVENTS_WAITING 16384
#define BATCH_MIN      16
#define BATCH_MAX      512

struct lane {
	/* protected by queue->lock */
	GQueue ready; /* of struct read_batch */
	uint64_t until_ns;
	bool ended;
	/* of the merging thread */
	struct read_batch *head;
	uint64_t key_ns; /* of its head, or until_ns without one */
	bool waits;	 /* has no head, and has not ended */
};

struct read_queue {
	GMutex lock;
	GCond changed;
	GQueue empty;	  /* batches; protected by lock */
	size_t n_batches; /* made; protected by lock */
	size_t batches_max, capacity;
	size_t n_lanes;
	struct lane *lanes;
	/* of the merging thread: lanes as a heap, earliest first */
	size_t n_heap;
	size_t *heap;
	bool started;
};

struct read_queue *read_queue_new(size_t lanes)
{
	struct read_queue *queue = g_new0(struct read_queue, 1);

	g_mutex_init(&queue->lock);
	g_cond_init(&queue->changed);
	g_queue_init(&queue->empty);
	queue->n_lanes = lanes;
	queue->lanes = g_new0(struct lane, lanes);
	queue->heap = g_new0(size_t, lanes);
	queue->batches_max = 3 * lanes + 8;
	queue->capacity = CLAMP(EVENTS_WAITING / queue->batches_max, BATCH_MIN,
				BATCH_MAX);
	for (size_t i = 0; i < lanes; i++)
		g_queue_init(&queue->lanes[i].ready);
	return queue;
}

void read_queue_free(struct read_queue *queue)
{
	struct read_batch *batch;

	if (!queue)
		return;
	for (size_t i = 0; i < queue->n_lanes; i++) {
		while ((batch = g_queue_pop_head(&queue->lanes[i].ready)))
			read_batch_free(batch);
		read_batch_free(queue->lanes[i].head);
	}
	while ((batch = g_queue_pop_head(&queue->empty)))
		read_batch_free(batch);
	g_cond_clear(&queue->changed);
	g_mutex_clear(&queue->lock);
	g_free(queue->heap);
	g_free(queue->lanes);
	g_free(queue);
}

long read_queue_next(struct read_queue *queue)
{
	long best = -1;

	/* Only this thread writes what it reads here. */
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

	g_mutex_lock(&queue->lock);
	while (!(batch = g_queue_pop_head(&queue->empty)) &&
	       queue->n_batches >= queue->batches_max)
		g_cond_wait(&queue->changed, &queue->lock);
	if (!batch)
		queue->n_batches++;
	g_mutex_unlock(&queue->lock);
	if (!batch)
		return read_batch_new(queue->capacity);
	read_batch_reset(batch);
	return batch;
}

void read_queue_put(struct read_queue *queue, size_t lane,
		    struct read_batch *batch, uint64_t until_ns, bool ended)
{
	struct lane *to = &queue->lanes[lane];

	g_mutex_lock(&queue->lock);
	if (batch->n)
		g_queue_push_tail(&to->ready, batch);
	else
		g_queue_push_head(&queue->empty, batch);
	to->until_ns = until_ns;
	to->ended = ended;
	g_cond_broadcast(&queue->changed);
	g_mutex_unlock(&queue->lock);
}

static bool earlier(const struct read_queue *queue, size_t a, size_t b)
{
	uint64_t of_a = queue->lanes[a].key_ns, of_b = queue->lanes[b].key_ns;

	return of_a < of_b || (of_a == of_b && a < b);
}

static void sift_down(struct read_queue *queue, size_t i)
{
	size_t *heap = queue->heap;

	for (;;) {
		size_t child = 2 * i + 1, lane = heap[i];

		if (child >= queue->n_heap)
			return;
		if (child + 1 < queue->n_heap &&
		    earlier(queue, heap[child + 1], heap[child]))
			child++;
		if (!earlier(queue, heap[child], lane))
			return;
		heap[i] = heap[child];
		heap[child] = lane;
		i = child;
	}
}

/* Takes up what a lane has next. Returns false once it has ended. */
static bool refresh(struct read_queue *queue, struct lane *lane)
{
	bool ended;

	g_mutex_lock(&queue->lock);
	lane->head = g_queue_pop_head(&lane->ready);
	lane->waits = !lane->head;
	lane->key_ns = lane->until_ns;
	ended = lane->waits && lane->ended;
	g_mutex_unlock(&queue->lock);
	if (lane->head)
		lane->key_ns = lane->head->events[0].ts_ns;
	return !ended;
}

static void start(struct read_queue *queue)
{
	queue->started = true;
	for (size_t i = 0; i < queue->n_lanes; i++)
		if (refresh(queue, &queue->lanes[i]))
			queue->heap[queue->n_heap++] = i;
	for (size_t i = queue->n_heap; i-- > 0;)
		sift_down(queue, i);
}

/* Puts the first lane of the heap where it belongs now, or out of it. */
static void settle_first(struct read_queue *queue)
{
	struct lane *lane = &queue->lanes[queue->heap[0]];

	if (lane->head && lane->head->next < lane->head->n) {
		lane->key_ns = lane->head->events[lane->head->next].ts_ns;
	} else {
		if (lane->head) {
			g_mutex_lock(&queue->lock);
			g_queue_push_head(&queue->empty, lane->head);
			g_cond_broadcast(&queue->changed);
			g_mutex_unlock(&queue->lock);
		}
		if (!refresh(queue, lane))
			queue->heap[0] = queue->heap[--queue->n_heap];
	}
	if (queue->n_heap)
		sift_down(queue, 0);
}

/* The first lane has nothing: waits until it has, or is known to have less. */
static void wait_first(struct read_queue *queue)
{
	struct lane *lane = &queue->lanes[queue->heap[0]];

	g_mutex_lock(&queue->lock);
	while (g_queue_is_empty(&lane->ready) && !lane->ended &&
	       lane->until_ns == lane->key_ns)
		g_cond_wait(&queue->changed, &queue->lock);
	g_mutex_unlock(&queue->lock);
}

/* How many events of the first lane come before any of the second. */
static size_t run_length(const struct read_queue *queue)
{
	size_t first = queue->heap[0], second = first;
	const struct read_batch *head = queue->lanes[first].head;
	size_t i = head->next + 1;
	uint64_t until_ns = UINT64_MAX;

	if (queue->n_heap > 1) {
		second = queue->heap[1];
		if (queue->n_heap > 2 && earlier(queue, queue->heap[2], second))
			second = queue->heap[2];
		until_ns = queue->lanes[second].key_ns;
	}
	while (i < head->n &&
	       (head->events[i].ts_ns < until_ns ||
		(head->events[i].ts_ns == until_ns && first <= second)))
		i++;
	return i - head->next;
}

const struct event *read_queue_merge(struct read_queue *queue, size_t *n)
{
	const struct event *events;
	struct read_batch *head;

	if (!queue->started)
		start(queue);
	else if (queue->n_heap)
		settle_first(queue);
	while (queue->n_heap) {
		head = queue->lanes[queue->heap[0]].head;
		if (head) {
			*n = run_length(queue);
			events = &head->events[head->next];
			head->next += *n;
			return events;
		}
		wait_first(queue);
		settle_first(queue);
	}
	return NULL;
}
