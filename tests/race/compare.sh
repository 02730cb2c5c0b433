#!/bin/bash
# usage: BUILD=DIR compare.sh [RUNS [VALGRIND_RUNS [SHAPE...]]]   The shapes of the
# corpus, racy and fixed, under ThreadSanitizer in RUNS runs, under helgrind and
# drd in VALGRIND_RUNS: in how many runs each complained. Slow; by hand.
# LOCK=FILE takes turns with others that need the machine.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=${BUILD:-$here/../../build}
runs=${1:-200}
valgrind_runs=${2:-5}
shapes=" ${*:3} "

turn() {
	if [ -n "${LOCK:-}" ]; then flock "$LOCK" "$@"; else "$@"; fi
}

tsan() { # shape variant kind -> runs with a report of this kind
	local limit=20s
	[ "$3" != deadlock ] || limit=2s
	turn "$build/bin/holdup" race --runs "$runs" --format json --time-limit $limit \
		-- "$build/race/tsan/$1" "$2" |
		jq -r --arg kind "$3" '([.races[] | select(.kind == $kind) | .seen_in] | max // 0) as $k |
			"\($k)/\(.runs)" + (if .hung > 0 then " (\(.hung) hung)" else "" end) +
			([.races[] | select(.kind != $kind and .kind != "hang") | .kind] | unique |
				if length > 0 then " +" + join(",") else "" end)'
}

valgrind_says() { # tool shape variant
	local n=0 i
	for ((i = 0; i < valgrind_runs; i++)); do
		timeout 60 valgrind -q --tool="$1" --error-exitcode=99 --child-silent-after-fork=yes \
			"$build/race/plain/$2" "$3" >/dev/null 2>&1 || n=$((n + 1))
	done
	echo "$n/$valgrind_runs"
}

printf '%-16s %-22s %-22s %-10s %-11s %-10s %s\n' \
	shape "tsan racy" "fixed" "hel racy" "hel fixed" "drd racy" "drd fixed"
while read -r shape kind; do
	[ "$shapes" = "  " ] || [[ "$shapes" == *" $shape "* ]] || continue
	printf '%-16s %-22s %-22s %-10s %-11s %-10s %s\n' "$shape" \
		"$(tsan "$shape" racy "$kind")" "$(tsan "$shape" fixed "$kind")" \
		"$(valgrind_says helgrind "$shape" racy)" "$(valgrind_says helgrind "$shape" fixed)" \
		"$(valgrind_says drd "$shape" racy)" "$(valgrind_says drd "$shape" fixed)"
done < <(grep -v '^#' "$here/expected.tsv")
