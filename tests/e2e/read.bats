# The door reads of a real recording all that babeltrace2 reads of it.
setup() {
	bats_require_minimum_version 1.5.0
	cd "$BATS_TEST_TMPDIR" || return
	"$BUILD/bin/holdup" record -o trace -- \
		"$BUILD/lib/holdup/workloads/convoy" --scale 0.05 >/dev/null
}

@test "every event of a recording is read, and all of them are known" {
	"$BUILD/aid/read_dump" trace >ours 2>counts
	babeltrace2 trace >theirs 2>/dev/null
	[ "$(sed -n '1s/ in all.*//p' counts)" = "$(wc -l <theirs)" ]
	grep -q " 0 unknown, 0 late," counts
	for name in holdup:lock_held holdup:lock_wait holdup:io_end lock_stats; do
		[ "$(grep -c " ${name}[: ]" ours)" = "$(grep -c " ${name}: " theirs)" ]
		[ "$(grep -c " ${name}[: ]" ours)" -gt 0 ]
	done
	# Several events tell of a module; all of them are one to us.
	[ "$(grep -c " holdup:module " ours)" = \
		"$(grep -cE " (holdup:module|lttng_ust_statedump:bin_info|lttng_ust_lib:load): " theirs)" ]
}

@test "a recording that lost its end is read up to there, and says so" {
	whole=$("$BUILD/aid/read_dump" trace 2>&1 >/dev/null | sed -n '1s/ in all.*//p')
	# The largest: a packet with but few events is read whole without its end.
	file=$(find trace/ust -name 'holdup_*' ! -path '*/index/*' \
		-printf '%s %p\n' | sort -rn | sed -n '1s/^[0-9]* //p')
	truncate -s $(($(stat -c %s "$file") / 3)) "$file"
	"$BUILD/aid/read_dump" trace >ours 2>counts
	left=$(sed -n '1s/ in all.*//p' counts)
	[ "$left" -lt "$whole" ]
	[ "$left" -gt 50 ]
	grep -q truncated counts
	grep -q "note: ust/" counts
	run -0 "$BUILD/bin/holdup" report trace
	[[ $output == *"${file##*/}"* ]]
}

@test "a copy by babeltrace2 that has no manifest gives the same figures" {
	babeltrace2 trace -o ctf -w copy
	figures='.run.duration_ns, .run.lock_operations, .locks, .threads, .critical_path'
	"$BUILD/bin/holdup" report --format json trace | jq "$figures" >ours
	"$BUILD/bin/holdup" report --format json copy | jq "$figures" >theirs
	# Without a manifest nobody knows how the program was called.
	diff <(grep -v '"label"' ours) <(grep -v '"label"' theirs)
}
