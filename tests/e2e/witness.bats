# What we call waiting for a lock, the kernel calls a futex wait: both are
# measured in the same run and must agree.

# shellcheck source=tests/e2e/common.sh
setup() { . "${BATS_TEST_DIRNAME}/common.sh"; }

# futexes OUT: starts the witness; sets witness to its PID
futexes() {
	cat >futex.bt <<-'PROGRAM'
		tracepoint:syscalls:sys_enter_futex /(args->op & 127) == 0/ { @at[tid] = nsecs; }
		tracepoint:syscalls:sys_exit_futex /@at[tid]/ {
			@ns[pid, tid] = sum(nsecs - @at[tid]); delete(@at[tid]);
		}
		END { clear(@at); }
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

@test "waits for mutexes agree with the kernel's futex times" {
	command -v bpftrace >/dev/null || skip "no bpftrace"
	futexes futexes.txt || skip "bpftrace cannot run here: $(tail -1 futexes.txt)"
	record trace -- "$workloads/convoy" --scale 0.5
	pkill -INT -P "$witness" || kill -INT "$witness"
	wait "$witness" || true
	pid=$(jq .pid trace/holdup.json)
	workers=$(json trace '[.threads[] | select(.state_ns.lock > 0) | .tid]')
	kernel=$(sed -n "s/^@ns\[$pid, \([0-9]*\)\]: \([0-9]*\)$/\1 \2/p" futexes.txt |
		jq -n --argjson workers "$workers" \
			'[inputs as $tid | [$tid, input]] | map(select(.[0] as $t | $workers | index($t)) | .[1]) | add')
	ours=$(json trace '[.locks[] | select(.kind == "mutex") | .wait_ns.total] | add')
	echo "kernel $kernel ns, holdup $ours ns"
	# Ours begins a little earlier and ends a little later than the call.
	jq -ne "$kernel > 0 and $ours / $kernel > 0.9 and $ours / $kernel < 1.1"
}
