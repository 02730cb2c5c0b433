# What is wrong with a report in JSON, a line each: keys that schema
# holdup-report/1 promises and that are missing or of another type, references
# to what is not there, and sums that do not add up.

def count: type == "number" and . >= 0 and . == floor;
def text: type == "string";
def all_counts: [.[]] | all(count);
def states: "running", "spinning", "preempted", "woken", "lock", "cond",
	"barrier", "semaphore", "join", "io", "sleep", "other";
def parts: "running", "preempted", "woken", "io", "lock", "sleep", "other",
	"unrecorded";
def errors: "EBUSY", "ETIMEDOUT", "EDEADLK", "EPERM", "EOWNERDEAD",
	"ENOTRECOVERABLE";
def bounds: "none", "cpu", "lock", "io", "idle", "mixed";
def one_of(values): . as $value | any(values; . == $value);
def keys_are(names): (keys | sort) == ([names] | sort);
def dist: keys_are("count", "total", "mean", "p50", "p90", "p99", "max") and
	all_counts and .p50 <= .p90 and .p90 <= .p99 and .p99 <= .max and
	.max <= .total;

def wrong(what; test): (try (if test then empty else what end) catch what);

. as $report |
[.locks[].id] as $ids | [.threads[].tid] as $tids |
def lock_ref: . == "" or one_of($ids[]);
def thread_ref: . == 0 or one_of($tids[]);

wrong("schema"; .schema == "holdup-report/1"),
(.run |
	wrong("run.command"; .command | type == "array" and all(text)),
	wrong("run.host"; .host | text),
	(("cpus", "duration_ns", "processes", "threads", "lock_operations",
		"events", "events_lost", "scheduler_records_lost") as $key |
		wrong("run." + $key; .[$key] | count)),
	wrong("run.exit_status"; .exit_status | . == null or count),
	wrong("run.detail"; .detail | one_of("contended", "all", "")),
	wrong("run.scheduler"; .scheduler | one_of("system", "task", "none")),
	wrong("run.truncated"; .truncated | type == "boolean")),
wrong("run.threads is not that of threads";
	.run.threads == ([.threads[] | select(.recorded)] | length)),
wrong("run.lock_operations is not that of locks";
	.run.lock_operations == ([.locks[].acquisitions] | add // 0)),
wrong("locks[].id is not unique"; ($ids | unique | length) == ($ids | length)),

(.locks[] | .id as $id |
	wrong($id + " pid"; .pid | count),
	wrong($id + " kind"; .kind | one_of("mutex", "rwlock", "spin",
		"semaphore", "condition", "barrier", "once", "futex",
		"annotated")),
	wrong($id + " address"; .address | test("^0x[0-9a-f]+$")),
	wrong($id + " name"; .name | . == null or text),
	wrong($id + " label"; .label | text and length > 0),
	(("instances", "acquisitions", "contended", "read_acquisitions",
		"write_acquisitions", "relocks", "waits", "signals", "posts",
		"held_ns", "handoff_ns") as $key |
		wrong($id + " " + $key; .[$key] | count)),
	wrong($id + " failed"; .failed | keys_are(errors) and all_counts),
	wrong($id + " by_thread"; .by_thread | all_counts and
		([keys[] | tonumber | thread_ref] | all)),
	wrong($id + " bound"; .bound | type == "boolean"),
	wrong($id + " sampled"; .sampled | type == "boolean"),
	wrong($id + " wait_ns"; .wait_ns | dist),
	wrong($id + " hold_ns"; .hold_ns | dist),
	wrong($id + " hold_breakdown_ns"; .hold_breakdown_ns |
		keys_are(parts) and all_counts),
	wrong($id + " hold breakdown is not its hold total";
		([.hold_breakdown_ns[]] | add) == .hold_ns.total),
	wrong($id + " queue"; .queue | (.max | count) and .mean >= 0),
	wrong($id + " blame and handoff are not its wait total";
		([.blame[].wait_ns] | add // 0) + .handoff_ns == .wait_ns.total),
	wrong($id + " held longer than the run";
		.held_ns <= $report.run.duration_ns),
	wrong($id + " read and write"; .kind != "rwlock" or
		.read_acquisitions + .write_acquisitions == .acquisitions),
	wrong($id + " mutex"; .mutex | lock_ref),
	(.sites[] | wrong($id + " site";
		(.function, .file | text) and (.line | count) and
		([.acquisitions, .contended, .wait_ns, .hold_ns] | all_counts) and
		(.stack | type == "array"))),
	(.blame[] | wrong($id + " blame";
		(.waiter.tid, .owner.tid | thread_ref) and
		(.waiter.site, .owner.site | text) and
		([.wait_ns, .count] | all_counts)))),

(.threads[] | "thread \(.tid)" as $id |
	(("pid", "tid", "begin_ns", "end_ns") as $key |
		wrong($id + " " + $key; .[$key] | count)),
	wrong($id + " name"; .name | text),
	wrong($id + " created_by"; .created_by | thread_ref),
	wrong($id + " start_routine"; .start_routine | text),
	wrong($id + " state_ns"; .state_ns | keys_are(states) and all_counts),
	wrong($id + " states are not its life";
		([.state_ns[]] | add) == .end_ns - .begin_ns),
	wrong($id + " outlives the run"; .end_ns <= $report.run.duration_ns),
	wrong($id + " switches"; .switches |
		keys_are("voluntary", "involuntary") and all_counts),
	wrong($id + " bound"; .bound | one_of(bounds))),

(.utilization |
	wrong("cpu_busy_ns"; .cpu_busy_ns | all_counts),
	wrong("foreign_told"; .foreign_told | type == "boolean"),
	wrong("concurrency_ns"; .concurrency_ns | all_counts),
	wrong("demand_ns"; .demand_ns | all_counts),
	wrong("cpu_share"; .cpu_share >= 0 and .cpu_share <= 1.000001),
	wrong("utilization.bound"; .bound | one_of(bounds)),
	wrong("busy, idle and foreign are not the run";
		[range(.cpu_busy_ns | length) as $i | .cpu_busy_ns[$i] +
			.cpu_idle_ns[$i] + .cpu_foreign_ns[$i]] |
		all(. == $report.run.duration_ns)),
	wrong("concurrency is not the run"; (.concurrency_ns | length) == 0 or
		(.concurrency_ns | add) == $report.run.duration_ns),
	wrong("demand is not the run"; (.demand_ns | length) == 0 or
		(.demand_ns | add) == $report.run.duration_ns)),

(.io[] | wrong("io " + .operation;
	(.operation, .fd_kind, .target | text) and
	([.count, .bytes] | all_counts) and (.wait_ns | dist))),

(.critical_path |
	wrong("critical_path.by_state_ns"; .by_state_ns | keys_are(states) and
		all_counts),
	wrong("critical_path.length_ns is not its states";
		([.by_state_ns[]] | add) == .length_ns),
	wrong("critical_path is longer than the run";
		.length_ns <= $report.run.duration_ns),
	wrong("critical_path.by_lock_ns"; [.by_lock_ns[] |
		(.lock | lock_ref) and (.ns | count)] | all),
	wrong("critical_path.by_thread_ns"; [.by_thread_ns[] |
		(.tid | thread_ref) and (.ns | count)] | all)),

(.overhead |
	wrong("overhead.thread_creation"; .thread_creation |
		keys_are("count", "mean_ns", "p99_ns") and all_counts),
	wrong("overhead.switches_per_s"; .switches_per_s >= 0),
	wrong("overhead.lock_operation_ns"; .lock_operation_ns | count),
	(.tracing |
		wrong("tracing.events_per_s"; .events_per_s >= 0),
		wrong("tracing.cost_per_event_ns"; .cost_per_event_ns | count),
		wrong("tracing.estimated_share"; .estimated_share >= 0),
		wrong("tracing.process_starts"; .process_starts | count),
		wrong("tracing.process_start_mean_ns"; .process_start_mean_ns | count),
		wrong("tracing.baseline_runs"; .baseline_runs | count),
		wrong("tracing.measured_slowdown"; .measured_slowdown |
			. == null or . > 0))),

(.lock_order[] | wrong("lock_order";
	(.locks | all(lock_ref)) and (.edges | type == "array") and
	(.kind | one_of("order", "inversion")) and
	(.guarded_by | . == null or lock_ref))),
(.deadlocks[].cycle[] | wrong("deadlocks";
	(.tid, .held_by | thread_ref) and (.waits_for | lock_ref) and
	(.site, .held_site | text))),
(.what_if[] | wrong("what_if";
	(.change | text) and (.predicted_ns | count) and .speedup > 0)),
(.unfinished[] | wrong("unfinished";
	(.tid, .owner | thread_ref) and (.state | one_of(states)) and
	(.lock | lock_ref) and ([.since_ns, .wait_ns] | all_counts) and
	(.held | all(lock_ref)) and (.site | text))),
(.findings[] | wrong("finding " + .kind;
	(.severity | one_of("high", "medium", "low")) and (.cost_ns | count) and
	(.lock | lock_ref) and
	(.title, .evidence, .advice | text))),
empty
