# Recorded without `holdup record`: in a session of the user's own, the
# interposer preloaded by hand; written here, and over the network.
# shellcheck disable=SC2016  # expanded by the inner shell

setup() {
	# shellcheck source=tests/e2e/common.sh
	. "$BATS_TEST_DIRNAME/common.sh"
	command -v lttng-relayd >/dev/null || skip "no lttng-tools"
	[ "$(id -u)" = 0 ] || skip "needs root, for a session daemon in a mount namespace"
	unshare -m true 2>/dev/null || skip "needs a mount namespace"
}

# by_hand CREATE-OPTION... : runs primes in a session made so, events $events.
by_hand() {
	events=${events:-holdup:*} unshare -m --propagation private bash -c '
		mkdir -p run home /run/lttng
		mount --bind run /run/lttng
		export LTTNG_HOME=$PWD/home
		# Others may have a port; below 32768 nobody is given one by chance.
		for ((i = 0; i < 20; i++)); do
			port=$((20000 + RANDOM % 4000 * 3))
			lttng-relayd --daemonize --output="$PWD/relayed" \
				--control-port="tcp://127.0.0.1:$port" \
				--data-port="tcp://127.0.0.1:$((port + 1))" \
				--live-port="tcp://127.0.0.1:$((port + 2))" && break
		done
		[ "$i" -lt 20 ] || exit 99
		relayd=$(pgrep -n -f -- "--output=$PWD/relayed")
		lttng-sessiond --no-kernel --daemonize
		{
			lttng create own "$(sed "s/PORT/$port/; s/DATA/$((port + 1))/" <<<"$1")" &&
			lttng enable-channel -u c --subbuf-size=1M &&
			lttng add-context -u -c c -t vpid -t vtid &&
			for event in $events; do lttng enable-event -u -c c "$event"; done &&
			lttng start
		} >session.log || exit 98
		env -u LTTNG_HOME LTTNG_UST_REGISTER_TIMEOUT=-1 \
			LD_PRELOAD="$BUILD/lib/holdup/libholdup.so" HOLDUP_DETAIL=all \
			"$BUILD/aid/primes"
		status=$?
		{ lttng stop; lttng destroy; } >>session.log
		kill "$(cat /run/lttng/lttng-sessiond.pid)" $relayd
		umount -l /run/lttng
		exit $status' by_hand "$@"
}

# What primes does, told by events alone, and what is missing said.
is_reported() { # DIR
	timeout 60 holdup report --format json "$1" >r.json
	[ "$(jq '[.locks[] | select(.kind == "mutex") | .acquisitions] | add' r.json)" = 161 ]
	[ "$(jq '.run.scheduler' r.json)" = '"none"' ]
	[ "$(jq '.run.threads' r.json)" = 8 ]
	holdup report "$1" | tr -s '\n ' ' ' >words
	grep -q "Not recorded by 'holdup record': without its boards" words
	grep -q 'No scheduler records' words
	"$BUILD/aid/check_report" "$1"
}

@test "a session of the user's own: all sections told, what lacks is said" {
	by_hand --output="$PWD/own"
	is_reported own
	# No words about modules were asked for: the report says how to.
	grep -q 'lttng_ust_statedump' words
}

@test "the same with module events has the names" {
	events='holdup:* lttng_ust_statedump:* lttng_ust_lib:*' by_hand --output="$PWD/own"
	is_reported own
	jq -e '[.locks[].label | select(startswith("counter_lock (primes.c"))] | length == 1' r.json
}

@test "a session over the network to lttng-relayd" {
	by_hand --set-url="net://127.0.0.1:PORT:DATA"
	is_reported relayed
}
