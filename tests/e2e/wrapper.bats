# The same program under LTTng's own pthread wrapper: both must count the same.

setup() {
	bats_require_minimum_version 1.5.0
	PATH=$BUILD/bin:$PATH
	cd "$BATS_TEST_TMPDIR" || return 1
	[ "$(id -u)" = 0 ] || skip "needs root, for a session daemon in a mount namespace"
	unshare -m true 2>/dev/null || skip "needs a mount namespace"
	wrapper=$(ldconfig -p | awk '/liblttng-ust-pthread-wrapper\.so/ { print $NF; exit }')
	[ -n "$wrapper" ] || skip "LTTng's pthread wrapper is not installed"
}

# Runs "${@:2}" with the wrapper, in a session of its own, into the directory
# wrapped; with the context fields that $1 names.
wrap() {
	# shellcheck disable=SC2016  # expanded by the inner shell
	unshare -m --propagation private bash -c '
		wrapper=$1
		context=$2
		shift 2
		mkdir -p run home /run/lttng
		mount --bind run /run/lttng
		export LTTNG_HOME=$PWD/home
		lttng-sessiond --no-kernel --daemonize
		{
			lttng create wrapped --output="$PWD/wrapped"
			lttng enable-channel -u c --subbuf-size=1M
			lttng enable-event -u -c c "lttng_ust_pthread:*"
			for field in $context; do
				lttng add-context -u -c c -t "$field"
			done
			lttng start
		} >/dev/null
		env -u LTTNG_HOME LTTNG_UST_REGISTER_TIMEOUT=-1 \
			LD_PRELOAD="$wrapper:liblttng-ust-fork.so.1" "$@"
		{ lttng stop; lttng destroy; } >/dev/null
		kill "$(cat /run/lttng/lttng-sessiond.pid)"
		umount -l /run/lttng' wrap "$wrapper" "$@"
}

# What holdup counts of our mutex in that trace.
reported() {
	holdup report wrapped --each --format json |
		jq --arg place "$place" '[.locks[] | select(.address | ascii_upcase |
			endswith($place)) | .acquisitions] | add'
}

@test "LTTng's pthread wrapper counts the same acquisitions" {
	wrap "vpid vtid" "$BUILD/aid/programs" family
	# Theirs has LTTng's own mutexes, too: take ours by its place in its page.
	place=$(nm "$BUILD/aid/programs" | awk '$3 == "counted" { print toupper(substr($1, 14)) }')
	theirs=$(babeltrace2 wrapped | grep -c "pthread_mutex_lock_acq.* mutex = 0x[0-9A-F]*$place, status = 0 ")
	holdup record -o t "$BUILD/aid/programs" family
	holdup report t --format json -o r.json
	[ "$theirs" = 83 ]
	[ "$(reported)" = 83 ]
	holdup report wrapped >page
	grep -q "with LTTng's pthread wrapper" page
	run ! grep "no thread ids" page
	[ "$(jq '[.locks[] | select(.kind == "mutex") | .acquisitions] | add' r.json)" = "$theirs" ]
}

@test "a session without thread ids is not called free of contention" {
	wrap "" "$BUILD/aid/programs" family
	place=$(nm "$BUILD/aid/programs" | awk '$3 == "counted" { print toupper(substr($1, 14)) }')
	[ "$(reported)" = 83 ]
	run -0 holdup report wrapped
	[[ $output == *"recorded no thread ids"*"lttng add-context"* ]]
	[[ $output != *"No contention"* ]]
}
