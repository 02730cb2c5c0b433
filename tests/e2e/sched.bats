# What the scheduler's records must tell of each CPU.

# shellcheck source=tests/e2e/common.sh
setup() { . "${BATS_TEST_DIRNAME}/common.sh"; }

# Sleeps and computes 20 times, 5 ms each by the clock.
turns() {
	cat >turns.c <<-'CODE'
		#include <time.h>
		static long now(void)
		{
			struct timespec t;
			clock_gettime(CLOCK_MONOTONIC, &t);
			return t.tv_sec * 1000000000L + t.tv_nsec;
		}
		int main(void)
		{
			for (int i = 0; i < 20; i++) {
				struct timespec rest = { 0, 5000000 };
				nanosleep(&rest, 0);
				for (long end = now() + 5000000; now() < end;)
					;
			}
			return 0;
		}
	CODE
	gcc -O1 -o turns turns.c
}

@test "who wakes on an idle CPU is seen to run there, on every CPU" {
	turns
	for cpu in $(seq 0 $(($(nproc) - 1))); do
		taskset -c "$cpu" true || continue
		record trace -- taskset -c "$cpu" ./turns
		[ "$(jq -r .scheduler.source trace/holdup.json)" = system ] ||
			skip "no scheduler records of the machine"
		# On a CPU or ready for one, whoever else uses it.
		json trace '[.threads[].state_ns | .running + .preempted + .woken] | add > 80e6' |
			grep -qx true
		rm -r trace
	done
}

# What all CPUs were busy since the start, in ns, by the kernel's own count.
busy() { awk '/^cpu / { print ($2 + $3 + $4 + $7 + $8 + $9) * 1e7 }' /proc/stat; }

@test "an idle CPU is not said to be used by others" {
	before=$(busy)
	record trace -- sleep 2
	after=$(busy)
	[ "$(jq -r .scheduler.source trace/holdup.json)" = system ] ||
		skip "no scheduler records of the machine"
	foreign=$(json trace '.utilization.cpu_foreign_ns | add')
	echo "others $foreign ns, all $before to $after ns"
	# The kernel counts by ticks.
	jq -ne "$foreign < $after - $before + 5e8"
}

@test "no thread leaves a CPU that it was not on, also where threads end" {
	gcc -O1 -pthread -o ends -x c - <<-'CODE'
		#include <pthread.h>
		static void *work(void *arg)
		{
			for (volatile long i = 0; i < 1000000; i++)
				;
			return arg;
		}
		int main(void)
		{
			pthread_t threads[8];
			for (int round = 0; round < 20; round++) {
				for (int i = 0; i < 8; i++)
					pthread_create(&threads[i], 0, work, 0);
				for (int i = 0; i < 8; i++)
					pthread_join(threads[i], 0);
			}
			return 0;
		}
	CODE
	record trace -- ./ends
	[ "$(jq -r .scheduler.source trace/holdup.json)" = system ] ||
		skip "no scheduler records of the machine"
	babeltrace2 trace 2>/dev/null | awk '
		function field(name) {
			match($0, name " = -?[0-9]+")
			return substr($0, RSTART + length(name) + 3, RLENGTH - length(name) - 3)
		}
		/ sched_switch: .*prev_comm = "ends"/ {
			prev = field("prev_tid")
			if (prev in on && on[prev] != field("cpu_id"))
				print "fault: " $0
			on[prev] = "none"
			n++
		}
		/ sched_switch: .*next_comm = "ends"/ {
			on[field("next_tid")] = field("cpu_id")
		}
		END { print n " switches" }' >chain
	cat chain
	[ "$(awk '/switches/ { print $1 }' chain)" -ge 160 ]
	run ! grep fault chain
}

@test "in a PID namespace ids are those of the namespace, or none" {
	unshare -pf --mount-proc true || skip "no namespaces here"
	unshare -pf --mount-proc holdup record -o trace -- "$BUILD/aid/primes" >log
	[[ "$(jq -r .scheduler.source trace/holdup.json)" =~ ^(task|none)$ ]]
	jq -r .scheduler.why trace/holdup.json | grep -q 'PID namespace\|perf_event_open'
	json trace '[.threads[].state_ns | add] | add > 0' | grep -qx true
	"$BUILD/aid/check_report" trace
}
