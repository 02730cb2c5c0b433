# The racy workloads of the lessons and their repairs, judged as a user would.

setup() {
	bats_require_minimum_version 1.5.0
	PATH="$BUILD/bin:$PATH"
	tsan=$BUILD/lib/holdup/workloads-tsan
	cd "$BATS_TEST_TMPDIR" || exit
}

# workload wrong right...: each repair is confirmed.
confirms() {
	local workload=$1 wrong=$2 right
	shift 2
	for right in "$@"; do
		run -0 holdup race --format json --time-limit 100s --confidence 0.95 \
			--before "$tsan/$workload --variant $wrong --scale 0.02" \
			-- "$tsan/$workload" --variant "$right" --scale 0.02
		[ "$(jq -r .verdict <<<"$output")" = confirmed ] || { echo "$right"; return 1; }
	done
}

@test "lost-update: mutex, outside and atomic are confirmed" { confirms lost-update racy mutex outside atomic; }
@test "dest-file: lock and local are confirmed" { confirms dest-file racy lock local; }
@test "naive-sum: lock, atomic and local are confirmed" { confirms naive-sum racy lock atomic local; }
@test "deadlock: one order is confirmed against a lucky run" { confirms deadlock lucky ordered back-off; }
