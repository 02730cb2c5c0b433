#include "tests/unit/plot_shapes.h"

#include <glib.h>
#include <string.h>

#include "analysis/arena.h"
#include "tests/unit/plot_sim.h"

static struct report *demo(void)
{
	struct sim_plan plan = { .n_threads = 9,
				 .n_locks = 4,
				 .end_ns = 400000000,
				 .work_ns = 2000000,
				 .hold_ns = 1500000,
				 .io_share = 0.8,
				 .thread_name = "worker-",
				 .lock_name = "ledger" };
	struct report *r = sim_run(plan);

	r->overhead.baseline_runs = 5;
	r->overhead.slowdown = 1.012;
	r->overhead.slowdown_low = 0.995;
	r->overhead.slowdown_high = 1.031;
	return r;
}

static struct report *two(void)
{
	return sim_run((struct sim_plan){ .n_threads = 2,
					  .n_locks = 1,
					  .end_ns = 1000000,
					  .work_ns = 20000,
					  .hold_ns = 60000,
					  .io_share = 0.3,
					  .thread_name = "",
					  .lock_name = "m" });
}

static struct report *many_threads(void)
{
	return sim_run((struct sim_plan){ .n_threads = 200,
					  .n_locks = 12,
					  .end_ns = 3600000000000,
					  .work_ns = 9000000000,
					  .hold_ns = 2000000000,
					  .io_share = 0.1,
					  .thread_name = "pool-worker-number-",
					  .lock_name = "shard" });
}

static struct report *many_locks(void)
{
	struct report *r = sim_run((struct sim_plan){
		.n_threads = 16,
		.n_locks = 1000,
		.end_ns = 20000000000,
		.work_ns = 100000,
		.hold_ns = 4000000,
		.io_share = 0.5,
		.thread_name = "%s\"b\\n_{x}@",
		.lock_name = "company::service::cache::partitioned_hash_map<"
			     "std::string, Entry>::100%d_lock@_" });

	r->run.events_lost = 1234;
	r->run.truncated = true;
	r->locks[0].sampled = true;
	return r;
}

static struct report *empty(void)
{
	return report_new();
}

static struct report *one_thread(void)
{
	struct report *r = sim_run((struct sim_plan){ .n_threads = 1,
						      .n_locks = 1,
						      .end_ns = 50000000,
						      .work_ns = 1000000,
						      .hold_ns = 10000,
						      .io_share = 0,
						      .thread_name = "main",
						      .lock_name = "only" });

	return r;
}

static struct report *zero_length(void)
{
	struct report *r = one_thread();

	r->run.duration_ns = 0;
	r->threads[0].end_ns = r->threads[0].begin_ns = 0;
	memset(r->threads[0].state_ns, 0, sizeof(r->threads[0].state_ns));
	r->threads[0].states.n = 0;
	r->utilization.states.n = r->utilization.cpus.n = 0;
	r->path.length_ns = 0;
	return r;
}

/* A thread and nothing else known of it: no series, no locks. */
static struct report *bare(void)
{
	struct report *r = one_thread();

	r->n_locks = 0;
	r->threads[0].states.n = 0;
	r->threads[0].n_waits = 0;
	r->utilization.states.n = r->utilization.cpus.n = 0;
	r->utilization.n_concurrency = r->utilization.n_demand = 0;
	r->utilization.n_cpus = 0;
	r->path.length_ns = 0;
	r->path.n_by_lock = r->path.n_by_thread = 0;
	r->overhead.creations = 0;
	return r;
}

static void lengthen(struct report *r, struct series *s, uint64_t end_ns)
{
	uint32_t n = (uint32_t)(end_ns / s->width_ns) + 1;
	uint64_t *values = arena_array(r->arena, (size_t)n * s->rows, 8);

	memcpy(values, s->values, sizeof(uint64_t) * s->n * s->rows);
	s->values = values;
	s->n = n;
}

/* Two threads that wait for each other from the middle on, killed at the end.
 */
static struct report *hang(void)
{
	struct report *r =
		sim_run((struct sim_plan){ .n_threads = 3,
					   .n_locks = 2,
					   .end_ns = 200000000,
					   .work_ns = 3000000,
					   .hold_ns = 2000000,
					   .io_share = 0,
					   .thread_name = "philosopher-",
					   .lock_name = "fork" });
	uint64_t end = 900000000;
	struct series *all = &r->utilization.states;

	lengthen(r, all, end);
	r->utilization.cpus.n = 0;
	for (size_t i = 0; i < 3; i++) {
		struct thread *t = &r->threads[i];
		enum state last = i < 2 ? STATE_LOCK : STATE_JOIN;

		lengthen(r, &t->states, end);
		sim_add(&t->states, last, 200000000, end);
		sim_add(all, last, 200000000, end);
		t->state_ns[last] += end - 200000000;
		t->end_ns = end;
	}
	r->run.duration_ns = end;
	r->run.ended = "killed by signal 9";
	r->run.truncated = true;
	r->n_unfinished = 2;
	r->unfinished = arena_array(r->arena, 2, sizeof(r->unfinished[0]));
	r->n_order = 1;
	r->order = arena_array(r->arena, 1, sizeof(r->order[0]));
	struct order_edge *edges = arena_array(r->arena, 2, sizeof(*edges));
	int *locks = arena_array(r->arena, 2, sizeof(*locks));

	for (int i = 0; i < 2; i++) {
		r->unfinished[i] = (struct open_wait){
			.thread = i,
			.state = STATE_LOCK,
			.lock = 1 - i,
			.owner = 1 - i,
			.since_ns = 200000000,
			.wait_ns = end - 200000000,
			.site = 0,
		};
		edges[i] = (struct order_edge){ .first = i,
						.second = 1 - i,
						.first_site = i,
						.second_site = 1 + i,
						.thread = i };
		locks[i] = i;
	}
	r->order[0] = (struct order_row){ .inversion = true,
					  .guard = -1,
					  .n_locks = 2,
					  .n_edges = 2,
					  .locks = locks,
					  .edges = edges };
	return r;
}

const struct shape shapes[] = {
	{ "demo", "a convoy of nine threads", demo },
	{ "two", "two threads for a millisecond", two },
	{ "threads", "200 threads for an hour", many_threads },
	{ "locks", "1,000 locks with long and hostile names", many_locks },
	{ "empty", "nothing at all", empty },
	{ "one", "one thread, no contention", one_thread },
	{ "zero", "one thread, no time", zero_length },
	{ "bare", "one thread without a series", bare },
	{ "hang", "two threads that wait for each other", hang },
};

const size_t n_shapes = sizeof(shapes) / sizeof(shapes[0]);

struct report *shape_make(const char *name)
{
	for (size_t i = 0; i < n_shapes; i++)
		if (!strcmp(shapes[i].name, name))
			return shapes[i].make();
	return NULL;
}
