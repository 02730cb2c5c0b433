#!/bin/bash
# usage: BUILD=DIR whatif.bench.sh [RUNS] [PAIR...]
#
# What `holdup whatif` predicts against what really happens: records a run,
# predicts it with a change, and records the run that was really changed, in
# turns. Prints medians: how long the run took, the prediction with its bounds,
# how long the changed run took, how far the prediction is off, how far the
# replay of the run itself was, and which share of the CPUs other programs had.
# Asked for are 10 %, on a machine that does nothing else: where others have
# more than a few percent, the changed run meets another load than the first.
set -eu
runs=${1:-5}
[ $# -eq 0 ] || shift
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
holdup=$BUILD/bin/holdup
work=$BUILD/lib/holdup/workloads
shards=$BUILD/aid/shards

# name | run | change | run that was really changed
pairs="
convoy        | $work/convoy -v inside            | --outside ledger          | $work/convoy -v outside
sharded       | $shards 1 2                       | --shards table.shard=8    | $shards 8 2
sharded-four  | $shards 1 4                       | --shards table.shard=8    | $shards 8 4
lock-price    | $work/lock-price -v mutex         | --shards counter.mutex=8            | $work/lock-price -v sharded
sleep         | $work/lost-update -v mutex -n 20 -s 0.1 | --outside value.lock     | $work/lost-update -v outside -n 20 -s 0.1
readers       | $work/readers-writers -v mutex    | --readers store.mutex=reader | $work/readers-writers -v rwlock
one-cpu       | $shards 8 2                       | --cpus 1                  | taskset -c 0 $shards 8 2
one-cpu-sum   | $work/sum -v threads              | --cpus 1                  | taskset -c 0 $work/sum -v threads
one-cpu-busy  | $work/oversubscribe -v split      | --cpus 1                  | taskset -c 0 $work/oversubscribe -v split
one-cpu-lock  | $work/preempted-holder -v mutex   | --cpus 1                  | taskset -c 0 $work/preempted-holder -v mutex
threads-fewer | $work/pool-size -v pool -t 6      | --threads worker_run=3    | $work/pool-size -v pool -t 3
threads-more  | $work/pool-size -v pool -t 3      | --threads worker_run=6    | $work/pool-size -v pool -t 6
threads-shard | $shards 8 1                       | --threads worker=2        | $shards 8 2
threads-lock  | $shards 1 8                       | --threads worker=2        | $shards 1 2
threads-spin  | $work/preempted-holder -v spin -t 8 | --threads worker_run=2  | $work/preempted-holder -v spin -t 2
"

# Records ${@:2} as $out/$1.
record() {
	rm -rf "${out:?}/$1"
	"$holdup" record -o "$out/$1" -- "${@:2}" >/dev/null
}

# Median of the lines of file $1.
median() {
	sort -g "$1" | awk '{ v[NR] = $1 } END { printf "%s", v[int((NR + 1) / 2)] }'
}

# One pair: name, run, change, changed run.
measure() {
	local name=$1 run=$2 change=$3 changed=$4 i

	for ((i = 0; i < runs; i++)); do
		# shellcheck disable=SC2086
		record bad $run
		# shellcheck disable=SC2086
		record good $changed
		# shellcheck disable=SC2086
		"$holdup" whatif "$out/bad" $change --format json \
			>"$out/what.json" || true
		for key in recorded predicted low high; do
			jq ".${key}_ns / 1e6" "$out/what.json" >>"$out/$name.$key"
		done
		jq '.replay_error * 100' "$out/what.json" >>"$out/$name.replay"
		"$holdup" report "$out/good" --format json |
			jq '.run.duration_ns / 1e6' >>"$out/$name.real"
		"$holdup" report "$out/bad" --format json |
			jq '100 * (.utilization.cpu_foreign_ns | add) /
				(.run.duration_ns * .run.cpus)' >>"$out/$name.others"
	done
	printf '%s %s %s %s %s %s %s %s\n' "$name" "$(median "$out/$name.recorded")" \
		"$(median "$out/$name.predicted")" "$(median "$out/$name.low")" \
		"$(median "$out/$name.high")" "$(median "$out/$name.real")" \
		"$(median "$out/$name.replay")" "$(median "$out/$name.others")" |
		awk '{ printf "%-13s %8.1f %9.1f %8.1f %8.1f %8.1f %+6.1f %% %+6.1f %% %5.0f %%\n",
			$1, $2, $3, $4, $5, $6, ($3 / $6 - 1) * 100, $7, $8 }'
}

printf '%-13s %8s %9s %8s %8s %8s %8s %8s %7s\n' \
	'ms' run predicted 'at best' 'at worst' really off 'replay' others
while IFS='|' read -r name run change changed; do
	name=${name// /}
	[ -n "$name" ] || continue
	[ $# -eq 0 ] || [[ " $* " == *" $name "* ]] || continue
	measure "$name" "$run" "$change" "$changed"
done <<<"$pairs"
