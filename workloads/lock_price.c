/*
 * Locks cost time, and fighting over them costs more.
 *
 * Threads count to a total in ever cheaper ways. `alone` takes a lock that
 * nobody else wants; `packed` and `padded` need no lock, but differ in whether
 * the counters of two threads lie in one cache line.
 */
#include <stdatomic.h>
#include <stdlib.h>

#include "workloads/common.h"

#define LINE	     64
#define MOST_THREADS 256
#define SHARDS	     8

static struct {
	pthread_mutex_t mutex;
	pthread_rwlock_t rwlock;
	pthread_spinlock_t spin;
	uint64_t total; /* protected by whichever of them is in use */
	atomic_ullong atomic_total;
} counter = { .mutex = PTHREAD_MUTEX_INITIALIZER,
	      .rwlock = PTHREAD_RWLOCK_INITIALIZER };

static struct shard {
	_Alignas(LINE) pthread_mutex_t lock;
	uint64_t total; /* protected by lock */
} shards[SHARDS];

static atomic_ullong packed_totals[MOST_THREADS];
static struct {
	_Alignas(LINE) atomic_ullong total;
} padded_totals[MOST_THREADS];

struct counting {
	unsigned index;
	uint64_t rounds;
};

static void count_mutex(const struct counting *c)
{
	for (uint64_t i = 0; i < c->rounds; i++) {
		pthread_mutex_lock(&counter.mutex);
		counter.total++;
		pthread_mutex_unlock(&counter.mutex);
	}
}

static void count_spin(const struct counting *c)
{
	for (uint64_t i = 0; i < c->rounds; i++) {
		pthread_spin_lock(&counter.spin);
		counter.total++;
		pthread_spin_unlock(&counter.spin);
	}
}

static void count_rwlock(const struct counting *c)
{
	for (uint64_t i = 0; i < c->rounds; i++) {
		pthread_rwlock_wrlock(&counter.rwlock);
		counter.total++;
		pthread_rwlock_unlock(&counter.rwlock);
	}
}

static void count_atomic(const struct counting *c)
{
	for (uint64_t i = 0; i < c->rounds; i++)
		atomic_fetch_add(&counter.atomic_total, 1);
}

static void count_shards(const struct counting *c)
{
	struct shard *shard = &shards[c->index % SHARDS];

	for (uint64_t i = 0; i < c->rounds; i++) {
		pthread_mutex_lock(&shard->lock);
		shard->total++;
		pthread_mutex_unlock(&shard->lock);
	}
}

/*
 * Nobody else writes here, but others may read it at any time. An atomic
 * addition needs the cache line for itself each time.
 */
static void count_private(atomic_ullong *total, uint64_t rounds)
{
	for (uint64_t i = 0; i < rounds; i++)
		atomic_fetch_add_explicit(total, 1, memory_order_relaxed);
}

static void count_packed(const struct counting *c)
{
	count_private(&packed_totals[c->index % MOST_THREADS], c->rounds);
}

static void count_padded(const struct counting *c)
{
	count_private(&padded_totals[c->index % MOST_THREADS].total, c->rounds);
}

struct job {
	struct counting counting;
	void (*count)(const struct counting *counting);
	pthread_barrier_t *start;
};

static void *job_run(void *arg)
{
	const struct job *job = arg;

	pthread_barrier_wait(job->start);
	job->count(&job->counting);
	return NULL;
}

static uint64_t sum_up(void)
{
	uint64_t sum = counter.total + counter.atomic_total;

	for (unsigned i = 0; i < SHARDS; i++)
		sum += shards[i].total;
	for (unsigned i = 0; i < MOST_THREADS; i++)
		sum += packed_totals[i] + padded_totals[i].total;
	return sum;
}

static bool count(const struct run *run, unsigned threads,
		  void (*how)(const struct counting *))
{
	unsigned n = threads > MOST_THREADS ? MOST_THREADS : threads;
	struct job *jobs = must_alloc(n, sizeof(*jobs));
	pthread_t *ids = must_alloc(n, sizeof(*ids));
	uint64_t rounds = scaled_count(run, run->tasks) / n + 1;
	pthread_barrier_t start;
	uint64_t begin_ns, took_ns, sum;

	pthread_spin_init(&counter.spin, PTHREAD_PROCESS_PRIVATE);
	for (unsigned i = 0; i < SHARDS; i++)
		pthread_mutex_init(&shards[i].lock, NULL);
	pthread_barrier_init(&start, NULL, n + 1);
	for (unsigned i = 0; i < n; i++) {
		jobs[i] = (struct job){ { i, rounds }, how, &start };
		ids[i] = thread_start("counter", job_run, &jobs[i]);
	}
	begin_ns = clock_ns();
	pthread_barrier_wait(&start);
	for (unsigned i = 0; i < n; i++)
		thread_join(ids[i]);
	took_ns = clock_ns() - begin_ns;
	sum = sum_up();
	tell_count("operations", sum);
	tell_real("ns_per_operation", (double)took_ns / (double)sum);
	tell_real("operations_per_s", (double)sum * 1e9 / (double)took_ns);
	free(ids);
	free(jobs);
	return sum == rounds * n;
}

static bool alone(const struct run *run)
{
	return count(run, 1, count_mutex);
}

static bool mutex(const struct run *run)
{
	return count(run, run->threads, count_mutex);
}

static bool spin(const struct run *run)
{
	return count(run, run->threads, count_spin);
}

static bool rwlock(const struct run *run)
{
	return count(run, run->threads, count_rwlock);
}

static bool atomic(const struct run *run)
{
	return count(run, run->threads, count_atomic);
}

static bool sharded(const struct run *run)
{
	return count(run, run->threads, count_shards);
}

static bool packed(const struct run *run)
{
	return count(run, run->threads, count_packed);
}

static bool padded(const struct run *run)
{
	return count(run, run->threads, count_padded);
}

static const struct variant variants[] = {
	{ "alone", "a mutex that nobody else wants", alone },
	{ "mutex", "one mutex for all", mutex },
	{ "spin", "one spin lock for all", spin },
	{ "rwlock", "one rwlock for all, to write", rwlock },
	{ "atomic", "one atomic counter", atomic },
	{ "sharded", "eight counters, each with a mutex", sharded },
	{ "packed", "a counter a thread, side by side", packed },
	{ "padded", "a counter a thread, each in its cache line", padded },
	{ NULL, NULL, NULL },
};

int main(int argc, char **argv)
{
	static const struct workload lock_price = {
		.name = "lock-price",
		.what = "What it costs to count together.",
		.threads = 2,
		.tasks = 2000000,
		.variants = variants,
	};

	return workload_main(&lock_price, argc, argv);
}
