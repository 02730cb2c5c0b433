#!/bin/bash
# usage: BUILD=DIR run.sh UNIT...   runs the unit tests and the bats files.
# Each prints TAP; the last line sums up: N passed, N failed[, N skipped].
set -u
cd "$(dirname "$0")/.." || exit 1

log=$(mktemp)
trap 'rm -f "$log"' EXIT

for unit in "$@"; do
	echo "# ${unit##*/}"
	CMOCKA_MESSAGE_OUTPUT=TAP "$unit" || crashed_now=$?
	# A failed assertion is counted below; a crash has no line of its own.
	if [ "${crashed_now:-0}" -ge 126 ]; then
		echo "not ok - ${unit##*/} died ($crashed_now)"
	fi
	crashed_now=0
done 2>&1 | tee -a "$log"

bats --tap --print-output-on-failure --recursive tests/cli tests/e2e 2>&1 |
	tee -a "$log"

passed=$(grep -c '^ok ' "$log")
failed=$(grep -c '^not ok ' "$log")
skipped=$(grep -ci '^ok .*# skip' "$log")
[ "$((passed + failed))" -gt 0 ] || failed=1
grep -A 40 '^not ok ' "$log" | awk '/^ok /{on=0} /^not ok /{on=1} on'
if [ "$skipped" -gt 0 ]; then
	echo "$((passed - skipped)) passed, $failed failed, $skipped skipped"
else
	echo "$passed passed, $failed failed"
fi
[ "$failed" = 0 ]
