#!/bin/bash
# usage: race_parse.sh [SECONDS]   fuzzes the readers of race reports, from the
# stored reports on. A crash leaves its input in the current directory.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/corpus"
cp "$root"/tests/race/reports/* "$scratch/corpus"

# shellcheck disable=SC2046  # words on purpose
(cd "$root" && "${CLANG:-clang}" -std=gnu11 -D_GNU_SOURCE -I. -g -O1 \
	-fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined \
	-o "$scratch/fuzz" tests/fuzz/race_parse.c \
	analysis/race/{pool,frame,parse,parse_names,rows,second,program,run}.c \
	analysis/symbols_data.c tracing/base/err.c \
	$(pkg-config --cflags --libs glib-2.0 libdw libelf) -liberty)
"$scratch/fuzz" -max_total_time="${1:-60}" -max_len=8192 -print_final_stats=1 \
	-artifact_prefix=./ "$scratch/corpus"
