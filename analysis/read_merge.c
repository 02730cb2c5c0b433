#include "analysis/read_merge.h"

#include <errno.h>
#include <glib.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#define POLL_NS 50000000 /* for the death of the child */
/* CPU time of the child after which it got nowhere. */
#define CPU_OPENING 10 /* traces: it looks at all of their packets */
#define CPU_BATCH   5  /* a batch: it takes milliseconds */

struct head { /* what the merge has of a lane */
	struct read_batch *batch;
	uint64_t key_ns; /* of its next event, or its until_ns */
};

struct read_merge {
	struct read_queue *queue;
	struct head *heads;
	size_t n_heap;
	size_t *heap; /* lanes, earliest first */
	bool started;
	bool ended; /* the child did */
	int status;
};

struct read_merge *read_merge_new(struct read_queue *queue)
{
	struct read_merge *merge = g_new0(struct read_merge, 1);

	merge->queue = queue;
	return merge;
}

void read_merge_free(struct read_merge *merge)
{
	if (!merge)
		return;
	g_free(merge->heads);
	g_free(merge->heap);
	g_free(merge);
}

size_t read_merge_lane(const struct read_merge *merge)
{
	return merge->heap[0];
}

int read_merge_status(const struct read_merge *merge)
{
	return merge->status;
}

static time_t cpu_seconds(pid_t pid)
{
	struct timespec used;
	clockid_t clock;

	if (clock_getcpuclockid(pid, &clock) || clock_gettime(clock, &used))
		return 0;
	return used.tv_sec;
}

/* Takes note of the child's end; kills it if it got nowhere. */
static void watch_child(struct read_merge *merge, time_t limit)
{
	pid_t child = merge->queue->child;
	bool stuck = cpu_seconds(child) > limit;
	pid_t ended;

	if (stuck)
		kill(child, SIGKILL);
	do
		ended = waitpid(child, &merge->status, stuck ? 0 : WNOHANG);
	while (ended < 0 && errno == EINTR);
	if (ended == 0)
		return;
	merge->ended = true;
	if (stuck)
		merge->status = -1;
}

/* Waits for a change of the queue, which is locked. */
static void wait_change(struct read_merge *merge, time_t limit)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += POLL_NS;
	if (until.tv_nsec >= 1000000000) {
		until.tv_nsec -= 1000000000;
		until.tv_sec++;
	}
	switch (pthread_cond_timedwait(&merge->queue->changed,
				       &merge->queue->lock, &until)) {
	case ETIMEDOUT:
		watch_child(merge, limit);
		break;
	case EOWNERDEAD:
		pthread_mutex_consistent(&merge->queue->lock);
		break;
	default:
		break;
	}
}

static bool earlier(const struct read_merge *merge, size_t a, size_t b)
{
	uint64_t of_a = merge->heads[a].key_ns, of_b = merge->heads[b].key_ns;

	return of_a < of_b || (of_a == of_b && a < b);
}

static void sift_down(struct read_merge *merge, size_t i)
{
	size_t *heap = merge->heap;

	for (;;) {
		size_t child = 2 * i + 1, lane = heap[i];

		if (child >= merge->n_heap)
			return;
		if (child + 1 < merge->n_heap &&
		    earlier(merge, heap[child + 1], heap[child]))
			child++;
		if (!earlier(merge, heap[child], lane))
			return;
		heap[i] = heap[child];
		heap[child] = lane;
		i = child;
	}
}

/*
 * Takes up what a lane has next. Returns false once it has ended. The list is
 * led by its links alone, since the child may have died between two steps.
 */
static bool refresh(struct read_merge *merge, size_t i)
{
	struct read_lane *lane = &merge->queue->lanes[i];
	struct head *head = &merge->heads[i];
	bool ended;

	read_queue_lock(merge->queue);
	head->batch = lane->ready;
	if (head->batch) {
		lane->ready = head->batch->link;
		if (!lane->ready)
			lane->ready_end = &lane->ready;
	}
	head->key_ns = lane->until_ns;
	ended = !head->batch && (lane->ended || merge->ended);
	read_queue_unlock(merge->queue);
	if (head->batch)
		head->key_ns = head->batch->events[head->batch->next].ts_ns;
	return !ended;
}

static void start(struct read_merge *merge)
{
	struct read_queue *queue = merge->queue;

	merge->started = true;
	read_queue_lock(queue);
	while (!queue->open && !merge->ended)
		wait_change(merge, CPU_OPENING);
	read_queue_unlock(queue);
	if (!queue->open)
		return;
	merge->heads = g_new0(struct head, queue->n_lanes);
	merge->heap = g_new0(size_t, queue->n_lanes);
	for (size_t i = 0; i < queue->n_lanes; i++)
		if (refresh(merge, i))
			merge->heap[merge->n_heap++] = i;
	for (size_t i = merge->n_heap; i-- > 0;)
		sift_down(merge, i);
}

static void give_back(struct read_queue *queue, struct read_batch *batch)
{
	read_queue_lock(queue);
	batch->link = queue->empty;
	queue->empty = batch;
	pthread_cond_broadcast(&queue->changed);
	read_queue_unlock(queue);
}

/* Puts the first lane of the heap where it belongs now, or out of it. */
static void settle_first(struct read_merge *merge)
{
	size_t lane = merge->heap[0];
	struct read_batch *batch = merge->heads[lane].batch;

	if (batch && batch->next < batch->n) {
		merge->heads[lane].key_ns = batch->events[batch->next].ts_ns;
	} else {
		if (batch)
			give_back(merge->queue, batch);
		if (!refresh(merge, lane))
			merge->heap[0] = merge->heap[--merge->n_heap];
	}
	if (merge->n_heap)
		sift_down(merge, 0);
}

/* The first lane has nothing: waits until it has, or is known to have less. */
static void wait_first(struct read_merge *merge)
{
	size_t first = merge->heap[0];
	const struct read_lane *lane = &merge->queue->lanes[first];
	time_t limit = cpu_seconds(merge->queue->child) + CPU_BATCH;

	read_queue_lock(merge->queue);
	while (!lane->ready && !lane->ended && !merge->ended &&
	       lane->until_ns == merge->heads[first].key_ns)
		wait_change(merge, limit);
	read_queue_unlock(merge->queue);
}

/* How many events of the first lane come before any of the second. */
static size_t run_length(const struct read_merge *merge)
{
	size_t first = merge->heap[0], second = first;
	const struct read_batch *batch = merge->heads[first].batch;
	size_t i = batch->next + 1;
	uint64_t until_ns = UINT64_MAX;

	if (merge->n_heap > 1) {
		second = merge->heap[1];
		if (merge->n_heap > 2 && earlier(merge, merge->heap[2], second))
			second = merge->heap[2];
		until_ns = merge->heads[second].key_ns;
	}
	while (i < batch->n &&
	       (batch->events[i].ts_ns < until_ns ||
		(batch->events[i].ts_ns == until_ns && first <= second)))
		i++;
	return i - batch->next;
}

/* All lanes have ended: the child does too, at once. */
static void reap(struct read_merge *merge)
{
	pid_t ended;

	if (merge->ended)
		return;
	do
		ended = waitpid(merge->queue->child, &merge->status, 0);
	while (ended < 0 && errno == EINTR);
	merge->ended = true;
}

const struct event *read_merge_next(struct read_merge *merge, size_t *n)
{
	const struct event *events;
	struct read_batch *batch;

	if (!merge->started)
		start(merge);
	else if (merge->n_heap)
		settle_first(merge);
	while (merge->n_heap && !merge->status) {
		batch = merge->heads[merge->heap[0]].batch;
		if (batch) {
			*n = run_length(merge);
			events = &batch->events[batch->next];
			batch->next += *n;
			return events;
		}
		wait_first(merge);
		settle_first(merge);
	}
	reap(merge);
	return NULL;
}
