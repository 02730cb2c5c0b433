# What we call waiting for a mutex, the kernel calls a futex wait: both are
# measured in the same run and must agree.

# shellcheck source=tests/e2e/common.sh
setup() { . "${BATS_TEST_DIRNAME}/common.sh"; }

# futexes OUT: starts the witness; sets witness to its PID
futexes() {
	cat >futex.bt <<-'PROGRAM'
		tracepoint:syscalls:sys_enter_futex /(args->op & 127) == 0/ {
			@at[tid] = nsecs; @of[tid] = (uint64)args->uaddr;
		}
		tracepoint:syscalls:sys_exit_futex /@at[tid]/ {
			@ns[pid, @of[tid]] = sum(nsecs - @at[tid]);
			delete(@at[tid]); delete(@of[tid]);
		}
		END { clear(@at); clear(@of); }
	PROGRAM
	unshare --mount sh -c '{ mountpoint -q /sys/kernel/tracing ||
		mount -t tracefs none /sys/kernel/tracing; } &&
		exec timeout -s INT 60 bpftrace futex.bt' >"$1" 2>&1 3>&- &
	witness=$!
	for _ in $(seq 100); do
		grep -q Attaching "$1" && return
		kill -0 "$witness" || return
		sleep 0.1
	done
	return 1
}

# witnessed CMD...: sets kernel and ours to the time in waits for its mutexes,
# and way to what its threads were on a CPU or wanted one on their way out
witnessed() {
	local pid

	command -v bpftrace >/dev/null || skip "no bpftrace"
	futexes futexes.txt || skip "bpftrace cannot run here: $(tail -1 futexes.txt)"
	record trace -- "$@"
	pkill -INT -P "$witness" || kill -INT "$witness"
	wait "$witness" || true
	pid=$(jq .pid trace/holdup.json)
	holdup report --format json trace >report.json
	sed -n "s/^@ns\[$pid, \([0-9]*\)\]: \([0-9]*\)$/\1 \2/p" futexes.txt |
		while read -r address ns; do printf '0x%x %d\n' "$address" "$ns"; done |
		jq -R 'split(" ") | { (.[0]): (.[1] | tonumber) }' | jq -s add >kernel.json
	kernel=$(jq --slurpfile kernel kernel.json '[.locks[] | select(.kind == "mutex") |
		.address] | unique | map($kernel[0][.] // 0) | add' report.json)
	ours=$(jq '[.locks[] | select(.kind == "mutex") | .wait_ns.total] | add' report.json)
	way=$(jq '[.threads[].state_ns | .spinning + .preempted + .woken] | add' report.json)
	contended=$(jq '[.locks[] | select(.kind == "mutex") | .contended] | add' report.json)
	echo "kernel $kernel ns, holdup $ours ns in $contended waits, on the way $way ns"
}

@test "waits for mutexes agree with the kernel's futex times" {
	witnessed "$workloads/convoy" --scale 0.5
	# Ours begins a little earlier and ends a little later than the call.
	jq -ne "$kernel > 0 and $ours / $kernel > 0.9 and $ours / $kernel < 1.1"
}

# A wait ends when the lock is taken, which is later than the futex call where
# the thread is preempted in between. When a wait begins inside of a condition
# wait nobody tells: that is inferred, within a few per cent. The witness itself
# makes a call longer, which counts where waits last only microseconds.
is_witnessed() {
	jq -ne "$kernel > 0 and $ours > 0.9 * $kernel - 2000 * $contended and $ours < 1.1 * $kernel + $way"
}

@test "so do waits for mutexes inside condition waits: pigz" {
	command -v pigz >/dev/null || skip "no pigz"
	seq 1500000 >numbers
	witnessed pigz -p 2 -k numbers
	is_witnessed
}

@test "so do the waits of a program that nobody built for this: sort" {
	seq 400000 | rev >numbers
	witnessed sort --parallel=2 -S 64M -o sorted numbers
	[ "$kernel" -gt 0 ] || skip "it did not wait for its mutexes"
	is_witnessed
}
