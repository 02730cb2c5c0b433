# Processes of all kinds, and their ends: counts are exact, nothing is left.

setup() {
	# shellcheck source=tests/e2e/common.sh
	. "$BATS_TEST_DIRNAME/common.sh"
	command -v lttng-sessiond >/dev/null || skip "no lttng-sessiond"
	ulimit -c 0
}

report() { holdup report t --format json -o r.json; }
counts() {
	jq -c '[.locks[] | select(.label | startswith("counted")) | .acquisitions] | sort' r.json
}

@test "a daemon: forked twice, all descriptors closed, counted to its end" {
	recorded 0 "$BUILD/aid/processes" daemon
	report
	[ "$(counts)" = '[7,37]' ]
	"$BUILD/aid/check_report" t
}

@test "five processes at once by posix_spawn" {
	recorded 0 "$BUILD/aid/processes" spawn
	report
	[ "$(counts)" = '[31,31,31,31,31]' ]
	"$BUILD/aid/check_report" t
}

@test "a child of a program that wrote its title over its environment" {
	recorded 0 "$BUILD/aid/processes" title
	report
	[ "$(counts)" = '[5,29]' ]
	[ "$(babeltrace2 t/ust | grep -c 'holdup:process_fork')" = 1 ]
	"$BUILD/aid/check_report" t
}

@test "children that cannot be recorded are named as such" {
	recorded 0 "$BUILD/aid/processes" raw
	report
	[ "$(counts)" = '[11]' ]
	[ "$(jq -r .scheduler.source t/holdup.json)" != none ] || skip "no scheduler records"
	[ "$(jq '[.findings[] | select(.kind == "unrecorded")] | length' r.json)" = 3 ]
}

@test "threads that return, exit, are cancelled, and one that ends the process" {
	recorded 5 "$BUILD/aid/processes" ends
	report
	[ "$(counts)" = '[53]' ]
	babeltrace2 t/board | grep -q lock_open
	# END_RETURN, END_EXIT, END_CANCEL of schema.h; main's and the exiting one's
	# end is that of the process.
	run -0 bash -c "babeltrace2 t/ust | grep -o 'thread_exit.*how = [0-9]*' | grep -o '[0-9]*$' | sort -n | tr '\n' ' '"
	[[ "$output" == *"1 2 3"* ]]
}

@test "a crash: counts up to it, and what was held" {
	recorded 139 "$BUILD/aid/processes" crash
	report
	[ "$(counts)" = '[18]' ]
	[ "$(jq -r .ended t/holdup.json)" = signal ]
	babeltrace2 t/board | grep -q lock_open
	[[ "$(holdup report t)" == *"killed by signal 11"* ]]
}

@test "abort(): counts up to it, and what was held" {
	recorded 134 "$BUILD/aid/processes" abort
	report
	[ "$(counts)" = '[18]' ]
	babeltrace2 t/board | grep -q lock_open
}

@test "a library that is loaded later, with locks, a constructor and a thread" {
	cat >plugin.c <<-'CODE'
		#include <pthread.h>
		static pthread_mutex_t in_plugin = PTHREAD_MUTEX_INITIALIZER;
		static void *work(void *times)
		{
			for (long i = 0; i < (long)times; i++) {
				pthread_mutex_lock(&in_plugin);
				pthread_mutex_unlock(&in_plugin);
			}
			return 0;
		}
		__attribute__((constructor)) static void begin(void) { work((void *)3); }
		__attribute__((destructor)) static void end(void) { work((void *)5); }
		void plugin(void)
		{
			pthread_t t;
			pthread_create(&t, 0, work, (void *)101);
			pthread_join(t, 0);
		}
	CODE
	cat >host.c <<-'CODE'
		#include <dlfcn.h>
		int main(void)
		{
			for (int i = 0; i < 2; i++) {
				void *library = dlopen("./plugin.so", RTLD_NOW);
				((void (*)(void))dlsym(library, "plugin"))();
				dlclose(library);
			}
			return 0;
		}
	CODE
	gcc -g -O1 -shared -fPIC -o plugin.so plugin.c
	gcc -g -O1 -o host host.c
	recorded 0 ./host
	report
	[ "$(jq '[.locks[] | select(.kind == "mutex") | .acquisitions] | add' r.json)" = 218 ]
	[ "$(jq '[.locks[] | select(.label | startswith("in_plugin")) | .acquisitions] | add' r.json)" = 218 ]
	"$BUILD/aid/check_report" t
}

@test "another allocator that is preloaded beside us" {
	allocators=$(ldconfig -p | awk '/libjemalloc\.so|libtcmalloc(_minimal)?\.so/ { print $NF }')
	[ -n "$allocators" ] || skip "neither jemalloc nor tcmalloc is here"
	for allocator in $allocators; do
		LD_PRELOAD=$allocator recorded 0 "$BUILD/aid/primes"
		grep -q "$allocator" t/holdup.json || true
		"$BUILD/aid/check_report" t
		LD_PRELOAD=$allocator recorded 0 "$BUILD/aid/processes" daemon
		report
		[ "$(counts)" = '[7,37]' ]
	done
}

@test "C++: std::mutex, shared_mutex, condition_variable, async" {
	command -v g++ >/dev/null || skip "no g++"
	cat >cpp.cc <<-'CODE'
		#include <condition_variable>
		#include <future>
		#include <mutex>
		#include <shared_mutex>
		static std::mutex counted;
		static std::shared_mutex shared;
		static std::condition_variable condition;
		static int turn;
		static long work(int me)
		{
			for (int i = 0; i < 101; i++) {
				std::unique_lock<std::mutex> guard(counted);
				condition.wait(guard, [me] { return turn % 2 == me; });
				turn++;
				condition.notify_all();
			}
			for (int i = 0; i < 7; i++)
				std::shared_lock<std::shared_mutex> guard(shared);
			std::lock_guard<std::shared_mutex> guard(shared);
			return 0;
		}
		int main()
		{
			auto other = std::async(std::launch::async, work, 1);
			work(0);
			return (int)other.get();
		}
	CODE
	g++ -g -O1 -std=c++17 -pthread -o cpp cpp.cc
	recorded 0 ./cpp
	report
	[ "$(jq '.locks[] | select(.label | startswith("shared")) | [.read_acquisitions, .write_acquisitions]' -c r.json)" = '[14,2]' ]
	jq -e '.locks[] | select(.kind == "mutex" and (.label | startswith("counted"))) | .acquisitions >= 202' r.json
	jq -e '.locks[] | select(.kind == "condition" and (.label | startswith("condition"))) | .signals == 202' r.json
	"$BUILD/aid/check_report" t
}

@test "Python: threads over its global lock" {
	command -v python3 >/dev/null || skip "no python3"
	recorded 0 python3 -c '
import threading
lock = threading.Lock()
def work():
    for i in range(2000):
        with lock:
            pass
threads = [threading.Thread(target=work) for i in range(3)]
for t in threads: t.start()
for t in threads: t.join()'
	report
	[ "$(jq '[.threads[] | select(.name == "python3" and .pid != .tid)] | length' r.json)" = 3 ]
	jq -e '[.locks[].label | select(test("GIL|interpreter lock"))] | length > 0' r.json
	"$BUILD/aid/check_report" t
}

@test "Rust: its futex locks" {
	command -v rustc >/dev/null || skip "no rustc"
	cat >rust.rs <<-'CODE'
		use std::sync::{Arc, Mutex};
		fn main() {
		    let count = Arc::new(Mutex::new(0));
		    let threads: Vec<_> = (0..4).map(|_| {
		        let count = count.clone();
		        std::thread::spawn(move || for _ in 0..10000 { *count.lock().unwrap() += 1; })
		    }).collect();
		    for t in threads { t.join().unwrap(); }
		    assert_eq!(*count.lock().unwrap(), 40000);
		}
	CODE
	rustc -g -o rust rust.rs
	recorded 0 ./rust
	report
	[ "$(jq '.run.threads' r.json)" = 5 ]
	"$BUILD/aid/check_report" t
}

@test "children that outlive the program take nothing of the recording along" {
	# shellcheck disable=SC2016  # expanded by the recorded shell
	timeout 100 holdup record -o t -- sh -c 'echo "$LTTNG_HOME" >home
		sleep 60 & echo $! >child' >t.log 2>&1
	grep -q '1 process of the program still runs' t.log
	kill "$(cat child)"
	await nothing_left
}

@test "a stream of short processes" {
	recorded 0 sh -c 'for i in 1 2 3 4 5 6 7 8; do sh -c "/bin/true; exit 3"; done; exit 0'
	report
	[ "$(jq .run.processes r.json)" -ge 17 ]
	"$BUILD/aid/check_report" t
}

@test "who waits for a futex of a library's is the one that called it" {
	command -v clang++ >/dev/null || skip "no clang++"
	cat >gate.cc <<-'CODE'
		#include <chrono>
		#include <semaphore>
		#include <thread>
		#include <vector>
		namespace bank {
		std::counting_semaphore<4> *gate;
		[[gnu::noinline]] void deposit()
		{
			gate->acquire();
			std::this_thread::sleep_for(std::chrono::microseconds(300));
			gate->release();
		}
		}
		int main()
		{
			std::vector<std::thread> threads;
			bank::gate = new std::counting_semaphore<4>(1);
			for (int i = 0; i < 3; i++)
				threads.emplace_back([] { for (int j = 0; j < 53; j++) bank::deposit(); });
			for (auto &thread : threads)
				thread.join();
		}
	CODE
	clang++ -std=c++20 -g -O2 -pthread -o gate gate.cc ||
		skip "no C++20 library"
	recorded 0 ./gate
	report
	jq -e '[.locks[] | select(.kind == "futex")][0] |
		.label | startswith("futex in bank::deposit (gate.cc:")' r.json
	jq -e '[.locks[] | select(.kind == "futex")][0].sites[0].stack |
		any(startswith("bank::deposit"))' r.json
}
