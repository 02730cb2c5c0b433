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
