# What becomes of a recording, of its program, and of what it leaves behind.
# shellcheck disable=SC2016,SC2030,SC2031  # dollars for the recorded shell; one shell a test
# shellcheck source=tests/e2e/recording.sh
source "$BATS_TEST_DIRNAME/recording.sh"

@test "output, input and exit status of the program pass through" {
	run -3 --separate-stderr holdup record -- \
		sh -c 'cat; echo to stderr >&2; exit 3' <<<"to stdout"
	[ "$output" = "to stdout" ]
	# shellcheck disable=SC2154  # set by run
	[ "$stderr" = "to stderr" ]
	[ "$(manifest .exit_status)" = 3 ]
	[ "$(manifest .ended)" = exit ]
}

@test "a program killed by a signal makes 128 + its number" {
	run -137 holdup record -- sh -c 'kill -KILL $$'
	[ "$(manifest .signal)" = 9 ]
	run -134 holdup record -- sh -c 'kill -ABRT $$'
}

# The words of FILE without signals 32 and 33.
signals() { # FILE
	local name mask
	while read -r name mask; do
		printf '%s %x\n' "$name" $((0x$mask & ~0x180000000))
	done <"$1"
}

@test "environment, signal mask and ignored signals are those of the caller" {
	set -- env --ignore-signal=USR1 --ignore-signal=CHLD
	"$@" grep -E '^Sig(Blk|Ign)' /proc/self/status >bare
	"$@" holdup record -- grep -E '^Sig(Blk|Ign)' /proc/self/status >recorded
	# Signals 32 and 33 are glibc's own, which it sets up with threads.
	[ "$(signals bare)" = "$(signals recorded)" ]
	FOO='a b' run -0 holdup record -- sh -c 'echo "$FOO"'
	[ "$output" = "a b" ]
}

@test "no descriptor of ours reaches the program" {
	# LTTng-UST has some of its own: sockets, pipes, shared memory, eventfds.
	run -0 holdup record -- sh -c 'exec 3>&- 4>&-; readlink /proc/$$/fd/*; true'
	[[ "$output" != *holdup.trace* ]]
	[[ "$output" != *perf_event* ]]
	[[ "$output" != *"$work"* ]]
}

@test "an existing recording becomes .old, anything else is left alone" {
	holdup record true
	holdup record -- sh -c 'exit 4' || true
	[ "$(manifest .exit_status)" = 4 ]
	[ "$(manifest .exit_status holdup.trace.old)" = 0 ]
	mkdir precious && touch precious/file
	run -125 --separate-stderr holdup record -o precious true
	[[ "$stderr" == "holdup: '"*"precious' exists and is no recording"* ]]
	[ -e precious/file ]
}

@test "both parts of a trace are merged by babeltrace2 in one order of time" {
	holdup record -- sh -c 'true | true'
	run -0 --separate-stderr babeltrace2 --clock-cycles --no-delta holdup.trace
	[ "$stderr" = "" ]
	[[ "$output" == *"holdup:process_start"* ]]
	[[ "$output" == *"board_process"* ]]
	cut -d']' -f1 <<<"$output" | tr -d '[' | sort -nc
	if [ "$(manifest .scheduler.source)" != none ]; then
		[[ "$output" == *"sched_switch"* ]]
	fi
}

@test "two recordings at once do not mix" {
	program=(cat gate)
	record -o first
	holdup record -o second -- sh -c 'exit 7' || [ $? = 7 ]
	open_gate
	ends_as 0
	[ "$(manifest .command[-1] first)" = gate ]
	[ "$(manifest .exit_status second)" = 7 ]
	for trace in first second; do
		own=$(manifest .pid $trace)
		run -0 babeltrace2 $trace/ust
		[[ "$output" == *"vpid = $own,"* ]]
		[ "$(grep -o 'vpid = [0-9]*' <<<"$output" | sort -u | wc -l)" = 1 ]
	done
}

@test "two recordings into one directory: the second is refused" {
	program=(sleep 60)
	record
	run -125 --separate-stderr holdup record true
	[[ "$stderr" == *"is being written by another recording"* ]]
	kill "$main"
	ends_as 143
	[ ! -e holdup.trace.old ]
}

@test "the output directory is removed meanwhile: one line, status of the program" {
	program=(sleep 60)
	record
	rm -r holdup.trace
	kill "$main"
	ends_as 143
	grep -q 'was removed or renamed' err
	await nothing_left "$run"
}

@test "a full disk leaves the program alone and a recording that can be read" {
	[ "$(id -u)" = 0 ] || skip "mounting takes root"
	cat >full.sh <<-'EOF'
		mount -t tmpfs -o size=300k tmpfs "$1" && cd "$1" || exit 99
		holdup record -- sh -c 'for i in 1 2 3 4 5 6 7 8 9; do
			dd if=/dev/zero bs=1k count=2000 of=fill 2>/dev/null
			seq 2000 | while read -r _; do true; done; ls / >/dev/null
		done; echo finished'
		status=$?
		rm -f fill
		jq -r .ended holdup.trace/holdup.json
		babeltrace2 holdup.trace >/dev/null && echo readable
		exit $status
	EOF
	mkdir small
	run -0 --separate-stderr unshare -m bash full.sh "$work/small"
	[[ "$output" == finished*exit*readable ]]
	[[ "$stderr" == *"No space left"* ]]
}

@test "a static program is recorded from outside, and it says so" {
	echo 'int main(void) { return 5; }' >static.c
	gcc -static -o static static.c || skip "no static libc"
	run -5 --separate-stderr holdup record ./static
	[[ "$stderr" == "holdup: './static' cannot be entered: it is statically linked"* ]]
	[ "$(manifest .entered)" = false ]
	[ "$(manifest .processes)" = 0 ]
	babeltrace2 holdup.trace >/dev/null
}

@test "a setuid program is recorded from outside, and its loader is not upset" {
	[ "$(id -u)" = 0 ] || skip "making one takes root"
	chmod 755 "$work" && mkdir -m 777 user
	cp "$(type -P true)" user/true && chmod 4755 user/true && cd user
	run -0 --separate-stderr setpriv --reuid 65534 --regid 65534 \
		--clear-groups holdup record ./true
	[[ "$stderr" == "holdup: './true' cannot be entered: it gains privileges"* ]]
	[ "$(wc -l <<<"$stderr")" = 1 ]
	[ "$(manifest .entered user/holdup.trace)" = false ]
}

@test "Ctrl-C while the recording starts: the program is never started" {
	env --default-signal=INT holdup record -- touch started &
	pid=$!
	kill -INT "$pid"
	ends_as 130 || ends_as 0 # or it was too late
	[ ! -e holdup.trace ] || [ -e started ] || [ "$(manifest .signal)" = 2 ]
}

# Two threads of $main wait for two mutexes: futex() waits on both.
waits_of_two() {
	[ "$(cat "/proc/$main/task/"*/syscall 2>/dev/null |
		awk '$1 == 202 && $3 == "0x80" { print $2 }' | sort -u | wc -l)" = 2 ]
}

@test "a hang that is cut off: its waits and holds are named" {
	program=("$BUILD/lib/holdup/workloads/deadlock" --scale 1000)
	record
	await waits_of_two
	kill -TERM "$pid"
	ends_as 143
	run -0 babeltrace2 holdup.trace/board
	[ "$(grep -c thread_open <<<"$output")" -ge 2 ]
	[ "$(grep -c lock_open <<<"$output")" -ge 2 ]
	[ "$(manifest .interrupted)" = 15 ]
}

@test "no session daemon: one line that names the package" {
	mkdir bin
	for tool in sh env true; do ln -s "$(type -P "$tool")" bin/; done
	run -125 --separate-stderr env PATH="$work/bin" "$BUILD/bin/holdup" \
		record true
	[[ "$stderr" == *"apt-get install lttng-tools"* ]]
	[ ! -e holdup.trace ]
}

@test "a program that is missing or no program exits 127 or 126" {
	run -127 --separate-stderr holdup record ./missing
	[[ "$stderr" == "holdup: cannot run './missing': No such file"* ]]
	touch plain
	run -126 holdup record ./plain
	run -126 holdup record "$work"
	printf '#!/no/such/interpreter\n' >script
	chmod +x script
	run -127 holdup record ./script
	[ ! -e holdup.trace ]
}

@test "an ordinary user can record, with the scheduler or the reason why not" {
	[ "$(id -u)" = 0 ] || skip "becoming another user takes root"
	chmod 755 "$work" && mkdir -m 777 user && cd user
	setpriv --reuid 65534 --regid 65534 --clear-groups holdup record -- \
		sh -c 'echo $LTTNG_HOME; exit 0' >../run
	[ "$(manifest .processes user/holdup.trace)" = 1 ]
	[ "$(manifest .ust.packets user/holdup.trace)" -gt 0 ]
	[[ "$(manifest .scheduler.source user/holdup.trace)" =~ ^(system|task|none)$ ]]
	[ "$(manifest .scheduler.why user/holdup.trace)" != "" ]
	await nothing_left "$(cat ../run)"
	babeltrace2 holdup.trace >/dev/null
}

@test "the machine's own session daemon is left as it is" {
	[ "$(id -u)" = 0 ] || skip "a private /run takes root"
	cat >own.sh <<-'EOF'
		mkdir "$1/run" && mount --bind "$1/run" /run || exit 99
		mount -t tmpfs tmpfs /dev/shm
		lttng-sessiond --no-kernel --daemonize
		lttng -n create mine --output "$1/mine" >/dev/null
		lttng enable-event -u -s mine 'holdup:*' >/dev/null
		lttng start mine >/dev/null
		before=$(ls -lR /run)
		holdup record -o "$1/ours" true
		[ "$before" = "$(ls -lR /run)" ] && echo same
		lttng list mine | grep -c '\[active\]'
		lttng destroy mine >/dev/null
		kill "$(cat /run/lttng/lttng-sessiond.pid)"
	EOF
	run -0 unshare -m bash own.sh "$work"
	[[ "$output" == *same*1* ]]
}

@test "each process of a program has its board, and none is left" {
	run -0 holdup record -- sh -c \
		'echo $LTTNG_HOME >told; for i in 1 2 3 4; do /bin/true & done; wait'
	[ "$(manifest .processes)" -ge 5 ]
	[ "$(manifest .outlived)" = 0 ]
	await nothing_left "$(cat told)"
}

@test "--no-sched leaves the scheduler out, --baseline measures bare runs" {
	holdup record --no-sched --baseline 3 -- sh -c 'echo run >>count'
	[ "$(manifest .scheduler.source)" = none ]
	[ ! -e holdup.trace/kernel ]
	[ "$(manifest '.baseline.runs | length')" = 3 ]
	[ "$(grep -c run count)" = 4 ]
}

@test "bare runs are silent, have the same input, and stand around the recorded" {
	echo data >input
	run -0 --separate-stderr holdup record --baseline 4 -- sh -c '
		echo "$(cat) ${HOLDUP_BOARD:+recorded}" | tee -a order; echo err >&2
		' <input
	[ "$output" = "data recorded" ]
	[ "$stderr" = err ]
	[ "$(tr '\n' , <order)" = "data ,data ,data recorded,data ,data ," ]
	[ "$(manifest '.baseline.runs | length')" = 4 ]
	[ "$(manifest .ended)" = exit ]
}

@test "a signal during a bare run ends it all, and leaves what was before" {
	holdup record true
	holdup record --baseline 3 -- sh -c 'echo $$ >told; exec sleep 60' &
	pid=$!
	await test -s told
	kill -TERM $pid
	ends_as 143
	[ "$(manifest .command[0])" = true ]
	[ ! -e holdup.trace.old ]
}

@test "a session daemon that hangs is given up, and the program's status stays" {
	program=(cat gate)
	record
	kill -STOP "$(session_daemon)"
	open_gate
	ends_as 0
	grep -q 'cannot stop the session' err
	[ "$(manifest .exit_status)" = 0 ]
	await nothing_left "$run"
}

@test "standard streams that the caller has closed stay closed" {
	holdup record -- sh -c 'for fd in 0 1 2; do
		[ ! -e /proc/$$/fd/$fd ] || touch open.$fd; done' <&- >&- 2>&-
	[ ! -e open.0 ] && [ ! -e open.1 ] && [ ! -e open.2 ]
	[ "$(manifest .ended)" = exit ]
}

@test "a limit on the size of files does not limit the recording" {
	(ulimit -S -f 1 && holdup record -- sh -c 'ulimit -f >limit')
	[ "$(cat limit)" = "$(ulimit -S -f 1 && sh -c 'ulimit -f')" ]
	[ "$(manifest .ust.packets)" -gt 0 ]
}

@test "odd names of the output directory are taken as they are" {
	holdup record -o 'a b%20:ü' true
	[ "$(manifest .ust.packets 'a b%20:ü')" -gt 0 ]
	babeltrace2 'a b%20:ü' >/dev/null
}

@test "the output directory may be named by way of .. and of links" {
	mkdir -p here deep/er
	ln -s ../deep/er here/link
	cd here
	for dir in ../a ../here/b link/../c; do
		holdup record -o "$dir" true
		[ -s "$dir/holdup.json" ]
	done
	[ -d ../deep/c ]
}

@test "a recording within a recording: both are whole" {
	# On one CPU, too, LTTng's descriptors in the inner recorder stay open.
	for way in "" "taskset -c $(taskset -cp $$ | sed 's/.*[ ,-]//')"; do
		$way holdup record -o outer -- holdup record -o inner true
		[ "$(manifest .processes inner)" = 1 ]
		[ "$(manifest .processes outer)" -ge 2 ]
		[ "$(manifest .ended outer)" = exit ]
	done
}

@test "a program that stops and goes on is recorded on" {
	program=(sh -c 'kill -STOP $$; touch went-on')
	record
	await grep -q '^State:.*stopped' "/proc/$main/status"
	kill -CONT "$main"
	ends_as 0
	[ -e went-on ]
}

@test "10,007 threads: none is missing, nothing is lost on the board" {
	cat >many.c <<-'EOF'
		#include <pthread.h>
		static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
		static void *work(void *count)
		{
			pthread_mutex_lock(&lock);
			++*(long *)count;
			pthread_mutex_unlock(&lock);
			return count;
		}
		int main(void)
		{
			long count = 0;
			for (int i = 0; i < 10007; i++) {
				pthread_t t;
				pthread_create(&t, 0, work, &count);
				if (i % 7 == 0)
					pthread_join(t, 0);
				else
					pthread_detach(t);
			}
			while (__atomic_load_n(&count, __ATOMIC_SEQ_CST) < 10007)
				;
			return 0;
		}
	EOF
	gcc -O1 -pthread -o many many.c
	run -0 holdup record ./many
	[ "$(manifest '[.board.lost[]] | add')" = 0 ]
	babeltrace2 holdup.trace/board | awk '/lock_stats/ {
		match($0, /acquisitions = [0-9]+/)
		n += substr($0, RSTART + 15, RLENGTH - 15)
	} END { exit n != 10007 }'
}

@test "kill -9 at once after 7,064 acquisitions: all of them are counted" {
	cat >killed.c <<-'EOF'
		#include <pthread.h>
		#include <signal.h>
		#include <unistd.h>
		static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
		static void *work(void *data)
		{
			for (int i = 0; i < 1009; i++) {
				pthread_mutex_lock(&lock);
				pthread_mutex_unlock(&lock);
			}
			return data;
		}
		int main(void)
		{
			pthread_t t[7];
			for (int i = 0; i < 7; i++)
				pthread_create(&t[i], 0, work, 0);
			for (int i = 0; i < 7; i++)
				pthread_join(t[i], 0);
			pthread_mutex_lock(&lock);
			kill(getpid(), SIGKILL);
			pause();
		}
	EOF
	gcc -O1 -pthread -o killed killed.c
	run -137 holdup record ./killed
	babeltrace2 holdup.trace/board | awk '/lock_stats/ {
		match($0, /acquisitions = [0-9]+/)
		n += substr($0, RSTART + 15, RLENGTH - 15)
	} /lock_open/ { open++ } END { exit n != 7064 || open != 1 }'
}

@test "events that find no room are counted, and the remedy works" {
	cat >fast.c <<-'EOF'
		#include <pthread.h>
		static pthread_mutex_t lock[2];
		static void *work(void *m)
		{
			for (int i = 0; i < 200000; i++) {
				pthread_mutex_lock(m);
				pthread_mutex_unlock(m);
			}
			return 0;
		}
		int main(void)
		{
			pthread_t t;
			pthread_create(&t, 0, work, &lock[0]);
			work(&lock[1]);
			return pthread_join(t, 0);
		}
	EOF
	gcc -O1 -pthread -o fast fast.c
	run -0 --separate-stderr holdup record --detail all --buffer 64K ./fast
	[ "$(manifest .ust.discarded)" -gt 0 ]
	needed=$(($(manifest .buffer_needed_bytes) >> 20))
	[[ "$stderr" == *"events were lost: try --buffer ${needed}M" ]]
	[[ "$(holdup report | tr -s "\n " " ")" == *"record with --buffer ${needed}M."* ]]
	told=$(babeltrace2 holdup.trace/ust 2>/dev/null | grep -c holdup:lock_held)
	[ "$told" -lt 400000 ]
	# How much the consumer takes away meanwhile differs from run to run.
	for ((last = 0; needed > last; last = needed)); do
		holdup record --detail all --buffer "${needed}M" ./fast
		[ "$(manifest .ust.discarded)" -gt 0 ] || break
		needed=$(($(manifest .buffer_needed_bytes) >> 20))
	done
	[ "$(manifest .ust.discarded)" = 0 ]
	[ "$(babeltrace2 holdup.trace/ust | grep -c holdup:lock_held)" = 400000 ]
}

@test "what the recording before lost sizes the buffers of the next" {
	holdup record true
	before=$(manifest .buffer_bytes)
	[ "$(manifest .buffer_learned)" = false ]
	needed=$((before * 4))
	jq ".buffer_needed_bytes = $needed" holdup.trace/holdup.json >new
	mv new holdup.trace/holdup.json
	holdup record true
	[ "$(manifest .buffer_bytes)" = "$needed" ]
	holdup record true # it was enough
	[ "$(manifest .buffer_bytes)" = "$needed" ]
	holdup record false || true # another program
	[ "$(manifest .buffer_bytes)" = "$before" ]
	holdup record --buffer 1M false || true
	[ "$(manifest .buffer_bytes)" = 1048576 ]
}

@test "a budget that loses events is lowered while the program runs" {
	cat >queue.c <<-'EOF'
		#include <fcntl.h>
		#include <pthread.h>
		#include <time.h>
		#include <unistd.h>
		static void *work(void *data)
		{
			struct timespec end, now;
			int fd = open("/dev/null", O_WRONLY);
			clock_gettime(CLOCK_MONOTONIC, &end);
			for (int n = 0;; n++) {
				for (int i = 0; i < 1000; i++)
					if (write(fd, "x", 1) != 1)
						return data;
				clock_gettime(CLOCK_MONOTONIC, &now);
				if (n > 60 && now.tv_sec >= end.tv_sec + 3)
					break;
			}
			return 0;
		}
		int main(void)
		{
			pthread_t t;
			pthread_create(&t, 0, work, 0);
			work(0);
			return pthread_join(t, 0);
		}
	EOF
	gcc -O1 -pthread -o queue queue.c
	run -0 --separate-stderr holdup record --budget 4000000000 --buffer 64K ./queue
	[ "$(manifest .ust.discarded)" -gt 0 ]
	[ "$(manifest .budget_end)" -lt 4000000000 ]
	[[ "$stderr" == *"the budget was lowered from 4000000000 to"* ]]
	# What samples stand for adds up to what the board counted.
	holdup report --format json >r.json
	jq -e '[.io[] | select(.operation == "write") | .count] | add > 100000' r.json
}
