#!/bin/bash
# usage: make.sh BUILD OUT   writes the reports of the golden recording to OUT
set -eu
build=$1
out=$(realpath "$2")
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

cd "$dir"
"$build/aid/golden" golden.trace
"$build/bin/holdup" report golden.trace >"$out/report.txt"
"$build/bin/holdup" report --format json golden.trace >"$out/report.json"
