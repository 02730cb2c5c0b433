# An ordinary user, with all that the kernel may allow or refuse.

setup() {
	# shellcheck source=tests/e2e/common.sh
	. "$BATS_TEST_DIRNAME/common.sh"
	command -v lttng-sessiond >/dev/null || skip "no lttng-sessiond"
	[ "$(id -u)" = 0 ] || skip "becoming another user takes root"
	level=/proc/sys/kernel/perf_event_paranoid
	# A place that the user can reach and call home.
	place=$(mktemp -d /tmp/rootless.XXXXXX)
	chown 65534:65534 "$place"
	cd "$place" || return 1
}

teardown() {
	[ -z "${before:-}" ] || echo "$before" >"$level"
	[ -z "${place:-}" ] || { cd / && rm -rf "$place"; }
}

as_user() {
	setpriv --reuid 65534 --regid 65534 --clear-groups env HOME="$place" \
		LC_ALL=C "$@"
}

# Sets the kernel's level, one test at a time; teardown sets it back.
set_level() {
	exec 8>/tmp/holdup-paranoid.lock
	flock -w 60 8
	before=$(cat "$level")
	echo "$1" >"$level" 2>/dev/null || skip "the level cannot be set"
}

# recorded_as SOURCE...: a recording as the user has one of these sources.
recorded_as() {
	# shellcheck disable=SC2016  # expanded by the recorded shell
	as_user holdup record -o t -- sh -c 'echo "$LTTNG_HOME" >home; exec "$@"' \
		sh "$BUILD/aid/primes"
	source=$(jq -r .scheduler.source t/holdup.json)
	[[ " $* " == *" $source "* ]]
	as_user holdup report --format json t >r.json
	[ "$(jq -r .run.scheduler r.json)" = "$source" ]
	[ "$(jq '[.locks[] | select(.label | startswith("counter_lock")) | .acquisitions] | add' r.json)" = 161 ]
	as_user "$BUILD/aid/check_report" t
	as_user holdup report t | tr -s '\n ' ' ' >words
	if [ "$source" = task ]; then
		grep -q 'scheduler: own threads only' words
		grep -q 'seen without privilege: who woke whom is inferred' words
	else
		grep -q 'No scheduler records (perf_event_open: ' words
	fi
	await nothing_left
}

@test "perf_event_paranoid 2: the switches of the program's own threads" {
	set_level 2
	recorded_as task
	run as_user holdup doctor
	[[ "$output" == *"limited  scheduler"*"own threads"*"paranoid is 2"* ]]
}

@test "perf_event_paranoid 3: the same, or none where the kernel knows it" {
	set_level 3
	recorded_as task none
	run as_user holdup doctor
	[[ "$output" == *"limited  scheduler"*"perf_event_paranoid"* ]]
}

@test "perf_event_open refused, as in a container: none, and the reason" {
	run "$BUILD/aid/refuse" true
	[ "$status" != 77 ] || skip "no such filters here"
	as_user() {
		setpriv --reuid 65534 --regid 65534 --clear-groups \
			env HOME="$place" LC_ALL=C "$BUILD/aid/refuse" "$@"
	}
	recorded_as none
	set_level 2
	run as_user holdup doctor
	[[ "$output" == *"none: perf_event_open: "*"--cap-add PERFMON"* ]]
}
