# Pictures of real recordings.
setup_file() {
	bats_require_minimum_version 1.5.0
	cd "$BATS_FILE_TMPDIR" || exit 1
	export convoy="$BUILD/lib/holdup/workloads/convoy"
	"$BUILD/bin/holdup" record -o in.trace -- "$convoy" \
		--variant inside --tasks 300 >/dev/null
	"$BUILD/bin/holdup" record -o out.trace -- "$convoy" \
		--variant outside --tasks 300 >/dev/null
}

setup() {
	PATH="$BUILD/bin:$PATH"
	cd "$BATS_FILE_TMPDIR" || exit 1
}

# The sum of a column of a block of a table, by its names.
sum() { # TABLE BLOCK COLUMN
	awk -F '\t' -v block="# $2" -v column="$3" '
		/^#/ { inside = $0 == block; head = 1; next }
		!inside || !NF { next }
		head { for (i = 1; i <= NF; i++) if ($i == column) at = i
			head = 0; next }
		$1 != "NaN" { sum += $at }
		END { printf "%.0f\n", sum }' "$1"
}

@test "all pictures of a convoy are drawn, with their tables, in silence" {
	local kind
	run -0 --separate-stderr holdup plot in.trace -o all
	# shellcheck disable=SC2154  # set by run
	[ "$stderr" = "" ]
	for kind in timeline locks waits heat matrix utilization concurrency \
		breakdown path overhead order; do
		[ -s "all/$kind.png" ]
		[ -s "all/$kind.tsv" ]
		grep -q "^title.*convoy --variant inside" "all/$kind.tsv"
	done
	set -- all/*
	[ $# = 22 ]
}

@test "sums in the tables are the figures of the report" {
	holdup report in.trace --format json >report.json
	holdup plot in.trace -o sums --top 1000
	[ "$(sum sums/timeline.tsv spans ns)" = \
		"$(jq '[.threads[].state_ns[]] | add' report.json)" ]
	[ "$(sum sums/utilization.tsv stack ns)" = \
		"$(jq '[.threads[].state_ns[]] | add' report.json)" ]
	[ "$(sum sums/breakdown.tsv parts ns)" = \
		"$(jq '[.locks[] | select(.kind == "mutex").hold_ns.total] |
			add' report.json)" ]
	[ "$(sum sums/path.tsv states_bar ns)" = \
		"$(jq .critical_path.length_ns report.json)" ]
}

@test "the lock of the convoy is named on the picture" {
	holdup plot in.trace -o named --kind waits,locks,timeline -f svg
	grep -q ledger named/waits.svg
	grep -q ledger named/locks.svg
}

@test "a window is drawn alone" {
	local length from to
	length=$(holdup report --format json in.trace | jq .run.duration_ns)
	from=$((length / 4)) to=$((length / 2))
	run -0 --separate-stderr holdup plot in.trace -o part \
		--from "${from}ns" --to "${to}ns"
	[ "$stderr" = "" ]
	grep -qx "t_begin	$from" part/timeline.tsv
	grep -qx "t_end	$to" part/timeline.tsv
	run -2 --separate-stderr holdup plot in.trace -o part --from 1000s
	[ "$stderr" = "holdup plot: 'in.trace' ends before --from" ]
}

@test "two recordings are drawn on one scale" {
	run -0 --separate-stderr holdup plot in.trace out.trace -o both
	[ "$stderr" = "" ]
	[ -s both/compare.png ]
	set -- both/*
	[ "$*" = "both/compare.png both/compare.tsv" ]
	grep -q 'variant outside' both/compare.tsv
}

@test "a recording without contention is told so on the picture" {
	holdup record -o calm.trace -- true
	run -0 --separate-stderr holdup plot calm.trace -o calm
	[ "$stderr" = "" ]
	grep -q '^empty	No ' calm/waits.tsv
	[ -s calm/waits.png ]
}

@test "threads of a timeline stand in the order that was asked for" {
	run -0 holdup plot -k timeline --sort wait -o sorted in.trace
	awk -F '\t' '/^# threads/ { on = 1; next } on && !NF { exit } on { print }' \
		sorted/timeline.tsv >rows.tsv
	holdup report --format json in.trace |
		jq -r '[.threads[] | { tid, ns: (.state_ns.lock + .state_ns.spinning) }] |
			sort_by(-.ns)[0].tid' >tid
	sed -n 2p rows.tsv | grep -w "$(cat tid)"
	run -2 holdup plot --sort colour in.trace
	[[ "$output" == *"'colour' is no order of threads"* ]]
}

@test "owners keep their colours where the first hold comes late" {
	cat >late.c <<-'CODE'
		#include <pthread.h>
		#include <unistd.h>
		static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
		static void *work(void *data)
		{
			for (int i = 0; i < 20; i++) {
				pthread_mutex_lock(&lock);
				usleep(1000);
				pthread_mutex_unlock(&lock);
			}
			return data;
		}
		int main(void)
		{
			pthread_t t;
			usleep(200000);
			pthread_create(&t, 0, work, 0);
			work(0);
			return pthread_join(t, 0);
		}
	CODE
	gcc -g -pthread -o late late.c
	holdup record -o late.trace ./late
	holdup plot --kind locks -o late.plots late.trace
	# Two threads are few enough for a colour each.
	sed -n '/^# strips/,/^# queue/p' late.plots/locks.tsv |
		awk -F'\t' '$5 == "-1" { bad++ } $5 >= 0 { n++ }
			END { exit !(n > 1 && !bad) }'
}
