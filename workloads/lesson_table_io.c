/* Lessons about waiting. */
#include "workloads/lesson_table.h"

const struct lesson lesson_io_pool = {
	.id = "io-pool",
	.claim = "Waiting on I/O is dead time; a pool of threads overlaps it.",
	.text = "10 operations of 5 s each: 50 s one by one, 5.03 s in a pool "
		"of 10 threads; never less than one operation takes",
	.scale = 0.01,
	.variants = {
		{ .name = "sequential",
		  .args = "io-pool --variant sequential",
		  .records = true },
		{ .name = "pool",
		  .args = "io-pool --variant pool",
		  .records = true },
	},
	.checks = {
		{ .left = "pool.seconds", RELATION_BELOW, 0.5,
		  .right = "sequential.seconds",
		  .says = "the pool takes less than half as long" },
		{ .left = "pool.seconds", RELATION_ABOVE, 0.999,
		  .right = "pool.one_operation",
		  .says = "and at least as long as one operation" },
		{ .left = "pool.at_once", RELATION_ABOUT, 10, .tolerance = 0.5,
		  .says = "all ten wait at once" },
		{ .left = "pool.trace.share:io", RELATION_ABOVE, 0.5,
		  .says = "the threads spend their life blocked in I/O" },
		{ .left = "pool.trace.idle", RELATION_ABOVE, 0.5, .cpus = 1,
		  .says = "meanwhile the CPUs are idle" },
	},
	.shows = {
		{ "sequential.seconds", "%s one by one" },
		{ "pool.seconds", "%s in the pool" },
		{ "pool.trace.share:io",
		  "%s % of the pool threads' life is I/O" },
	},
	.swap = { "sequential", "pool" },
	.plots = "timeline",
	.look = { "The timeline of `sequential`: one bar of I/O after another.",
		  "That of `pool`: ten bars of I/O above one another.",
		  "Nobody is running meanwhile: the CPUs have nothing to do." },
};

const struct lesson lesson_start_order = {
	.id = "start-order",
	.claim = "A pool does not start its tasks in the order of their index, "
		 "and finishes them in another order still.",
	.text = "for example 0 1 7 5 9 8 6 3 2 4",
	.scale = 0.002,
	.variants = {
		{ .name = "one", .args = "io-pool --variant sequential "
					 "--tasks 30" },
		{ .name = "pool",
		  .args = "io-pool --variant pool --tasks 30",
		  .records = true },
	},
	.checks = {
		{ .left = "pool.start_order.rises@min", RELATION_BELOW, 1,
		  .says = "in some run the pool starts out of order" },
		{ .left = "pool.finish_order.rises@min", RELATION_BELOW, 1,
		  .says = "in some run it finishes out of order" },
		{ .left = "one.start_order.rises@min", RELATION_ABOUT, 1,
		  .says = "a single thread always keeps the order" },
		{ .left = "one.finish_order.rises@min", RELATION_ABOUT, 1,
		  .says = "and finishes in it" },
	},
	.shows = {
		{ "pool.start_order", "started %s" },
		{ "pool.finish_order", "finished %s" },
	},
	.swap = { "one", "pool" },
	.plots = "timeline",
	.look = { "The numbers are those of the last run; run it again.",
		  "The queue is in order; who runs first is the scheduler's "
		  "choice.",
		  "A program that needs an order must make one." },
};

const struct lesson lesson_http_fetch = {
	.id = "http-fetch",
	.claim = "Requests to a slow server overlap too: in threads, or in one "
		 "thread that waits for all of them.",
	.scale = 0.3,
	.variants = {
		{ .name = "sequential",
		  .args = "http-fetch --variant sequential",
		  .records = true },
		{ .name = "threads",
		  .args = "http-fetch --variant threads",
		  .records = true },
		{ .name = "async", .args = "http-fetch --variant async" },
	},
	.checks = {
		{ .left = "threads.fetching_s", RELATION_BELOW, 0.5,
		  .right = "sequential.fetching_s", .cpus = 1,
		  .says = "threads take less than half as long" },
		{ .left = "async.fetching_s", RELATION_BELOW, 0.5,
		  .right = "sequential.fetching_s", .cpus = 1,
		  .says = "so does one thread with curl's multi interface" },
		{ .left = "async.right", RELATION_ABOUT, 1,
		  .says = "all pages are right" },
	},
	.shows = {
		{ "sequential.fetching_s", "%s s one by one" },
		{ "threads.fetching_s", "%s s in threads" },
		{ "async.fetching_s", "%s s in one thread, all at once" },
	},
	.swap = { "sequential", "threads" },
	.plots = "timeline",
	.look = { "Client and server are two processes of one recording.",
		  "Each request: connect, send, a long poll, receive.",
		  "In `threads` the polls lie above one another." },
};

const struct lesson lesson_query_wait = {
	.id = "query-wait",
	.claim = "An application waits on its database; it could do other work "
		 "meanwhile.",
	.scale = 0.2,
	.variants = {
		{ .name = "one",
		  .args = "query-wait --variant one",
		  .records = true },
		{ .name = "several",
		  .args = "query-wait --variant several",
		  .records = true },
		{ .name = "async", .args = "query-wait --variant async" },
	},
	.checks = {
		{ .left = "several.querying_s", RELATION_BELOW, 0.7,
		  .right = "one.querying_s", .cpus = 1,
		  .says = "several connections need less time" },
		{ .left = "async.querying_s", RELATION_BELOW, 0.7,
		  .right = "one.querying_s", .cpus = 1,
		  .says = "so does one thread that works while it waits" },
		{ .left = "several.right", RELATION_ABOUT, 1,
		  .says = "all answers are right" },
	},
	.shows = {
		{ "one.querying_s", "%s s, one query at a time" },
		{ "several.querying_s", "%s s on four connections" },
		{ "async.querying_s", "%s s on four, in one thread" },
		{ "one.database", "database: %s" },
	},
	.swap = { "one", "several" },
	.plots = "timeline",
	.look = { "In `one` the client is blocked in recv() most of the time.",
		  "The database waits too, for the client: both idle in turns.",
		  "Redis instead: run the workload with --set database=1." },
};

const struct lesson lesson_scrape = {
	.id = "scrape",
	.claim = "I/O-bound work waits: of 100 ms a page, 80 are waiting, and "
		 "those can overlap.",
	.text = "fetch 10 ms, wait 80 ms, save 10 ms, 10 pages: 1000 ms, 80 % "
		"of them waiting",
	.scale = 0.3,
	.variants = {
		{ .name = "sequential",
		  .args = "scrape --variant sequential",
		  .records = true },
		{ .name = "threads",
		  .args = "scrape --variant threads",
		  .records = true },
		{ .name = "processes", .args = "scrape --variant processes" },
		{ .name = "async", .args = "scrape --variant async" },
	},
	.checks = {
		{ .left = "threads.seconds", RELATION_BELOW, 0.7,
		  .right = "sequential.seconds", .cpus = 1,
		  .says = "threads overlap the waiting" },
		{ .left = "processes.seconds", RELATION_BELOW, 0.7,
		  .right = "sequential.seconds", .cpus = 1,
		  .says = "processes do" },
		{ .left = "async.seconds", RELATION_BELOW, 0.7,
		  .right = "sequential.seconds", .cpus = 1,
		  .says = "one thread with an event loop does" },
		{ .left = "sequential.trace.share:io", RELATION_ABOUT, 0.8,
		  .tolerance = 0.1, .cpus = 1,
		  .says = "one by one, 80 % of the time is I/O" },
	},
	.shows = {
		{ "sequential.seconds", "%s one by one" },
		{ "sequential.trace.share:io", "%s % of them waiting" },
		{ "threads.seconds", "%s in threads" },
		{ "async.seconds", "%s in an event loop" },
	},
	.swap = { "sequential", "threads" },
	.plots = "timeline",
	.look = { "Two short pieces of running around each long wait.",
		  "The pieces of running still take turns on the CPUs.",
		  "No variant is faster than its running pieces together." },
};

const struct lesson lesson_async_cpu = {
	.id = "async-cpu",
	.claim = "For I/O-bound work, async saves CPU against one thread for "
		 "each wait.",
	.text = "1000 waits: threads, a pool, an event loop",
	.scale = 1,
	.variants = {
		{ .name = "threads",
		  .args = "waits --variant threads",
		  .records = true },
		{ .name = "pool", .args = "waits --variant pool" },
		{ .name = "async",
		  .args = "waits --variant async",
		  .records = true },
	},
	.checks = {
		{ .left = "async.cpu", RELATION_BELOW, 0.8,
		  .right = "threads.cpu",
		  .says = "the event loop uses less CPU time" },
		{ .left = "async.voluntary", RELATION_BELOW, 0.5,
		  .right = "threads.voluntary",
		  .says = "and switches less" },
		{ .left = "async.peak_kib", RELATION_BELOW, 0.9,
		  .right = "threads.peak_kib",
		  .says = "and takes less memory" },
		{ .left = "async.seconds", RELATION_BELOW, 0.5,
		  .right = "pool.seconds", .cpus = 1,
		  .says = "a pool of 100 takes ten rounds instead" },
	},
	.shows = {
		{ "threads.cpu", "%s of CPU time with threads" },
		{ "async.cpu", "%s with the event loop" },
		{ "async.sleeps", "the loop went to sleep %s times" },
	},
	.swap = { "threads", "async" },
	.plots = "utilization",
	.look = { "CPU time and switches in the table: the price of a thread.",
		  "All three wait equally long for each input.",
		  "The pool bounds what is in flight, and so is slowest." },
};

const struct lesson lesson_editor = {
	.id = "editor",
	.claim = "Saving a file must not freeze the editor: the thread that "
		 "saves is switched out, and the user interface runs.",
	.scale = 0.2,
	.variants = {
		{ .name = "same",
		  .args = "editor --variant same",
		  .records = true },
		{ .name = "io-thread",
		  .args = "editor --variant io-thread",
		  .records = true },
	},
	.checks = {
		{ .left = "same.longest_gap_ms", RELATION_ABOVE, 2,
		  .right = "io-thread.longest_gap_ms", .cpus = 1,
		  .says = "the longest gap between two ticks shrinks" },
		{ .left = "io-thread.right", RELATION_ABOUT, 1,
		  .says = "the text is saved as often" },
	},
	.shows = {
		{ "same.longest_gap_ms", "%s ms without a tick" },
		{ "io-thread.longest_gap_ms", "%s ms with an I/O thread" },
	},
	.swap = { "same", "io-thread" },
	.plots = "timeline",
	.look = { "In `same` the ticking stops while the disk is busy.",
		  "In `io-thread` the saver is blocked beside the ticks.",
		  "The saving takes as long as before; nobody waits for it." },
};
