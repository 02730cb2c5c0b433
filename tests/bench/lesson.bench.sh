#!/bin/bash
# usage: BUILD=DIR lesson.bench.sh [NAME...]   whether the lessons' claims hold on
# this machine, timings and all: a line for each lesson, and the sums.
set -eu
PATH="$BUILD/bin:$PATH"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

[ $# -gt 0 ] || set -- --all
holdup lesson "$@" --no-plots -o "$folder" | awk '
	/^[a-z-]+: / { name = $1 }
	/^  (no|open)  +[^ (0-9]/ && !/\(aside\)/ { why = why "\n    " $0 }
	/^  verdict  / {
		sub(/^  verdict  /, "")
		printf "%-18s %s%s\n", name, $0, why
		n[$0]++
		why = ""
	}
	END {
		for (verdict in n)
			printf "%d %s\n", n[verdict], verdict
	}'
