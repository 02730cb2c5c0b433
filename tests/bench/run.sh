#!/bin/bash
# usage: BUILD=DIR run.sh [NAME...]   runs the benchmarks tests/bench/NAME.sh,
# all of them without a name. Each prints a table of its own.
set -eu
here=$(dirname "$0")
[ $# -gt 0 ] || set -- "$here"/*.bench.sh
for bench in "$@"; do
	[ -e "$bench" ] || bench=$here/$bench.bench.sh
	"$bench"
done
