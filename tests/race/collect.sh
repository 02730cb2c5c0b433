#!/bin/bash
# usage: collect.sh   stores reports of ThreadSanitizer as three compilers'
# runtimes write them, for the tests of the parser: tests/race/reports/.
# Paths of this machine are taken out. Run by hand when a compiler is added.
set -eu
cd "$(dirname "$0")"
shapes="wrong-lock lock-order double-checked destroyed-mutex thread-leak double-unlock signal-handler reference-count"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

symbolizer=$(command -v llvm-symbolizer)

scrub() {
	sed -i "s|$scratch|/home/me|g; s| (BuildId: [0-9a-f]*)| (BuildId: 0123)|" "$1"
}

mkdir -p reports "$scratch/src"
cp corpus/* "$scratch/src"
for compiler in gcc-12 clang-14 clang-19; do
	for shape in $shapes; do
		out="reports/$shape.$compiler.txt"
		"$compiler" -std=gnu11 -D_GNU_SOURCE -O1 -g -fsanitize=thread \
			-pthread -o "$scratch/$shape" "$scratch/src/$shape.c"
		TSAN_OPTIONS="second_deadlock_stack=1:external_symbolizer_path=$symbolizer" \
			timeout 20 "$scratch/$shape" racy 2>"$out" || true
		scrub "$out"
	done
done
# Where the runtime finds no symbolizer: clang-19 of Debian by itself.
timeout 20 "$scratch/reference-count" racy 2>reports/reference-count.nameless.txt || true
scrub reports/reference-count.nameless.txt
# The same as holdup asks for it: with addresses and bars.
format='    #%n %p %f | %S | (%m+%o)'
TSAN_OPTIONS="external_symbolizer_path=$symbolizer:stack_trace_format=\"$format\"" timeout 20 "$scratch/reference-count" racy \
	2>reports/reference-count.bars.txt || true
scrub reports/reference-count.bars.txt
