#!/bin/bash
# usage: BUILD=DIR run.sh UNIT...   (what `make tsan` calls, with a build under TSan)
# Our own threaded code under ThreadSanitizer: units that start threads, the
# tools on a recording, the executors of the workloads in a few varied runs each.
# Reading in parallel is done by processes, which it cannot see into.
set -u
cd "$(dirname "$0")/../.." || exit 1
here=tests/tsan
export TSAN_OPTIONS="second_deadlock_stack=1:${TSAN_OPTIONS:-}"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
passed=0 failed=0

say() { # status name [log]
	if [ "$1" = 0 ]; then
		passed=$((passed + 1))
		echo "ok - $2"
	else
		failed=$((failed + 1))
		echo "not ok - $2"
		[ -z "${3:-}" ] || sed 's/^/# /' "$3"
	fi
}

# No report of ThreadSanitizer, whatever else its end.
silent() { # name command...
	local name=$1
	shift
	timeout 300 "$@" >"$scratch/log" 2>&1 </dev/null
	! grep -q "ThreadSanitizer: " "$scratch/log"
	say $? "$name" "$scratch/log"
}

clean() { # workload variant
	env -u TSAN_OPTIONS "$BUILD/bin/holdup" race --runs "${RUNS:-4}" --time-limit 60s \
		-- "$BUILD/lib/holdup/workloads-tsan/$1" --variant "$2" --scale "${SCALE:-0.02}" \
		>"$scratch/log" 2>&1
	say $? "$1 $2" "$scratch/log"
}

# Its variants; parameters, which end in their default "(5)", are none.
variants() {
	"$1" --help | sed -n '/^Variants/,/^Defaults/p' | grep '^  ' |
		grep -v '([0-9.]*)$' | awk '{ print $1 }'
}

for unit in "$@"; do
	silent "${unit##*/}" "$unit"
done

if "$BUILD/bin/holdup" help | grep -q '^  record'; then
	silent "record" "$BUILD/bin/holdup" record -o "$scratch/trace" \
		"$BUILD/lib/holdup/workloads/lost-update" --variant mutex --scale 0.1
	for command in "report" "report --format json" "export --format csv -o $scratch/csv"; do
		# shellcheck disable=SC2086  # words on purpose
		silent "$command" "$BUILD/bin/holdup" $command "$scratch/trace"
	done
fi

for program in "$BUILD"/lib/holdup/workloads-tsan/*; do
	for variant in $(variants "$program"); do
		grep -qx "${program##*/} $variant" $here/wrong || clean "${program##*/}" "$variant"
	done
done

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
