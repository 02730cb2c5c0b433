# Programs that confine themselves, or are confined: the same as bare, and their
# report as exact as any.

setup() {
	# shellcheck source=tests/e2e/common.sh
	. "$BATS_TEST_DIRNAME/common.sh"
	command -v lttng-sessiond >/dev/null || skip "no lttng-sessiond"
	ulimit -c 0
}

# Of the mutexes of primes.c and processes.c: no other ones are taken so often.
counts() {
	json t '[.locks[] | select(.kind == "mutex" and .acquisitions > 6) | .acquisitions] | sort'
}

# As most containers have one: its first process is called 1 in there.
apart() { unshare --pid --fork --mount-proc "$@"; }
needs_apart() { apart true 2>/dev/null || skip "no PID namespaces for this user"; }

# N threads of primes.c, each of which sleeps three times, and none of which has
# the name of another.
linked() {
	[ "$(json t '[.threads[] | select(.tid != .pid)] | length')" = "$1" ]
	[ "$(json t '[.threads[].tid] | length - (unique | length)')" = 0 ]
	[ "$(json t '[.findings[] | select(.kind == "unrecorded")] | length')" = 0 ]
	[ "$(json t .run.scheduler)" != '"none"' ] || return 0
	[ "$(json t '[.threads[] | select(.tid != .pid and .switches.voluntary >= 3)] | length')" = "$1" ]
}

@test "threads in a PID namespace are those that the scheduler tells of" {
	needs_apart
	record t -- unshare --pid --fork --mount-proc "$BUILD/aid/primes"
	linked 7
	[ "$(counts)" = "[161]" ]
	[ "$(jq -c '[.processes, .outlived]' t/holdup.json)" = '[3,0]' ]
	"$BUILD/aid/check_report" t
}

@test "two namespaces have the same ids inside, and are not mixed up" {
	needs_apart
	# shellcheck disable=SC2016
	record t --detail all -- sh -c '
		unshare --pid --fork --mount-proc "$0" & unshare --pid --fork "$0" & wait
	' "$BUILD/aid/primes"
	linked 14
	[ "$(counts)" = "[161,161]" ]
	"$BUILD/aid/check_report" t
}

@test "a namespace in the recorder's own, without /proc, by own switch records" {
	needs_apart
	# shellcheck disable=SC2016
	apart holdup record -o t -- unshare --mount --pid --fork sh -c '
		mount -t tmpfs none /proc && "$0"' "$BUILD/aid/primes"
	linked 7
	[ "$(counts)" = "[161]" ]
	"$BUILD/aid/check_report" t
}

@test "in a namespace: a daemon that closes all descriptors, and what it spawned" {
	needs_apart
	# The first process of a namespace takes all others with it.
	# shellcheck disable=SC2016
	record t -- unshare --pid --fork --mount-proc sh -c '
		"$0" daemon; "$0" spawn; "$0" ends; true' "$BUILD/aid/processes"
	[ "$(counts)" = '[7,31,31,31,31,31,37,53]' ]
	[ "$(json t '[.findings[] | select(.kind == "unrecorded")] | length')" = 0 ]
	"$BUILD/aid/check_report" t
}

@test "in a namespace: threads that may no longer ask what they are called" {
	needs_apart
	gcc -g -O1 -pthread -o sealed -x c - <<-'CODE'
		#include <linux/filter.h>
		#include <linux/seccomp.h>
		#include <pthread.h>
		#include <stddef.h>
		#include <sys/prctl.h>
		#include <sys/syscall.h>
		#include <unistd.h>
		static pthread_mutex_t counted = PTHREAD_MUTEX_INITIALIZER;
		static void *work(void *data)
		{
			for (int i = 0; i < 53; i++) {
				pthread_mutex_lock(&counted);
				pthread_mutex_unlock(&counted);
			}
			return data;
		}
		int main(void)
		{
			struct sock_filter steps[] = {
				BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
					 offsetof(struct seccomp_data, nr)),
				BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_readlinkat, 0, 1),
				BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
				BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
			};
			struct sock_fprog filter = { 4, steps };
			pthread_t t[2];
			if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
			    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter))
				return 77;
			for (int i = 0; i < 2; i++)
				pthread_create(&t[i], 0, work, 0);
			for (int i = 0; i < 2; i++)
				pthread_join(t[i], 0);
			return 7;
		}
	CODE
	run -7 record t -- unshare --pid --fork --mount-proc ./sealed
	[ "$(counts)" = '[106]' ]
	"$BUILD/aid/check_report" t
}

# What the report says of the one process that it knows.
unrecorded() { json t '[.processes[].reason, (.findings[].kind | select(. == "unrecorded"))]'; }

@test "a program that sheds the interposer on its way is named as not recorded" {
	for shed in -i LD_PRELOAD=; do
		record t -- env "$shed" "$BUILD/aid/primes"
		[[ "$(unrecorded)" == *"not in the program that it became"*unrecorded* ]]
		[[ "$(unrecorded)" == *primes* ]] || [ "$(json t .run.scheduler)" = '"none"' ]
	done
}

@test "a program whose events do not arrive is named, and its counts are exact" {
	record t -- env LTTNG_HOME=/nonexistent LTTNG_UST_REGISTER_TIMEOUT=0 \
		"$BUILD/aid/primes"
	[[ "$(unrecorded)" == *"none of its events arrived"*unrecorded* ]]
	[ "$(counts)" = "[161]" ]
	"$BUILD/aid/check_report" t
}

# shm BYTES CMD...: with a /dev/shm of that size.
shm() {
	# shellcheck disable=SC2016
	unshare --mount sh -c 'mount -t tmpfs -o "size=$0" none /dev/shm && exec "$@"' "$@"
}

@test "a /dev/shm with hardly any room costs neither the program nor counts" {
	shm 1m true || skip "no mounts for this user"
	for size in 64k 1m; do
		shm "$size" holdup record -o t -- "$BUILD/aid/primes"
		[ "$(counts)" = "[161]" ]
		# LTTng forks to make its files there.
		[ "$(json t '.processes | length')" = 1 ]
	done
	run -125 shm 16k holdup record -o t -- "$BUILD/aid/primes"
	[[ "$output" == *"'/dev/shm' is full"* ]]
}

@test "limits that the program is to have are not those of the recorder" {
	for limit in "-Sn 40" "-Sv 400000" "-l 0" "-Sf 20000"; do
		# shellcheck disable=SC2086
		(ulimit $limit && holdup record -o t -- "$BUILD/aid/primes")
		[ "$(counts)" = "[161]" ]
	done
	# Who may raise it does.
	run bash -c 'ulimit -n 64 && holdup record -o t -- true'
	[ "$status" = 0 ] || [[ "$output" == *"64 open files (ulimit -n) are too few"* ]]
}

@test "root without any capability records, with what an ordinary user may" {
	[ "$(id -u)" = 0 ] || skip "giving up capabilities takes some"
	setpriv --bounding-set -all --inh-caps -all holdup record -o t -- "$BUILD/aid/primes"
	[ "$(counts)" = "[161]" ] || { json t '[.run, .locks]' && false; }
	"$BUILD/aid/check_report" t
}

@test "a CPU quota that holds the program back is told of" {
	for root in /sys/fs/cgroup/cpu /sys/fs/cgroup; do
		for quota in "cpu.cfs_quota_us 1000 -1" "cpu.max 1000 max"; do
			group=$(mktemp -d "$root/holdup.XXXXXX" 2>/dev/null) || continue
			read -r file little all <<<"$quota"
			{ echo "$little" >"$group/$file" && echo "$all" >"$group/$file"; } 2>/dev/null &&
				break 2
			rmdir "$group"
			group=
		done
	done
	[ -n "${group:-}" ] || skip "no control groups for this user"
	cat >loop <<-'SHELL'
		echo "$2" >"$1"
		i=0
		while [ $i -lt 20000 ]; do i=$((i + 1)); done
		echo "$3" >"$1"
	SHELL
	# The whole recording is in it, as in a container; its program has the
	# quota made a hundredth of a CPU for a while.
	status=0
	(echo "$BASHPID" >"$group/cgroup.procs" &&
		exec timeout 100 holdup record -o t -- sh loop "$group/$file" "$little" "$all") || status=$?
	await rmdir "$group"
	[ "$status" = 0 ]
	json t .run.notes | grep -q "CPU quota of a control group held the program back"
}

@test "what it costs to be taken in is told, and is no time of a process" {
	record t --no-sched -- sh -c 'sleep 0.01; sleep 0.01; sleep 0.01; true'
	# The first one's lies before the run.
	[ "$(json t '.overhead.tracing | .process_starts >= 3 and .process_start_mean_ns > 100000')" = true ]
	# None lives on until the recorder looks.
	# shellcheck disable=SC2016
	[ "$(json t '.threads | sort_by(.begin_ns) | .[1:] |
		[range(length - 1) as $i | .[$i].end_ns <= .[$i + 1].begin_ns] | all')" = true ]
}

@test "a program that enters the mount namespace of another" {
	unshare --mount true || skip "no mount namespaces for this user"
	unshare --mount sh -c 'echo up >up; exec sleep 60' &
	await test -s up
	status=0
	record t -- nsenter --mount="/proc/$!/ns/mnt" "$BUILD/aid/primes" || status=$?
	kill $!
	[ "$status" = 0 ]
	[ "$(counts)" = "[161]" ]
}
