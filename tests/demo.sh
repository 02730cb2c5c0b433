#!/bin/bash
# usage: demo.sh BUILD   records the convoy workload, prints its report and
# draws its plots into BUILD/demo.
set -eu

build=$(cd "$1" && pwd)
holdup=$build/bin/holdup
convoy=$build/lib/holdup/workloads/convoy
dir=$build/demo
trace=$dir/convoy.trace

mkdir -p "$dir"
rm -rf "$trace" "$trace.old" "$dir/plots"

step() { printf '\n$ %s\n' "$*"; }

step holdup record -o "$trace" -- "$convoy" --variant inside
"$holdup" record -o "$trace" -- "$convoy" --variant inside

step holdup report "$trace"
"$holdup" report "$trace"

step holdup plot "$trace" -o "$dir/plots"
"$holdup" plot "$trace" -o "$dir/plots"

echo
echo "The pictures:"
ls "$dir"/plots/*.png
echo "The recording: $trace"
