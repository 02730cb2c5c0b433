# Programs that are hard to record: their counts must come out exact.

setup() {
	bats_require_minimum_version 1.5.0
	PATH=$BUILD/bin:$PATH
	cd "$BATS_TEST_TMPDIR" || return 1
}

# Records `programs $1`, then leaves its report in r.json.
record() { holdup record -o t "$BUILD/aid/programs" "$1"; }
report() { holdup report t --format json -o r.json; }

# Sum of a key of that lock, over all processes.
counted() { jq "[.locks[] | select(.label | startswith(\"counted\")) | .$1] | add" r.json; }

@test "a program killed with -9 keeps its counts, its holder and its waiter" {
	run -137 record killed
	report
	[ "$(counted acquisitions)" = 3028 ]
	[ "$(jq '.unfinished | length' r.json)" -ge 1 ]
	jq -e '.unfinished[] | select(.state == "lock") | .owner > 0 and (.lock | length > 0)' r.json
}

@test "ten thousand threads are counted, each with its one acquisition" {
	run record crowd
	[ "$status" != 77 ] || skip "so many threads are not allowed here"
	[ "$status" = 0 ]
	report
	[ "$(jq .run.threads r.json)" = 10008 ]
	[ "$(counted acquisitions)" = 10007 ]
}

@test "a thousand signals a second change no count" {
	run -0 record signals
	report
	[ "$(counted acquisitions)" = 80044 ]
}

@test "a child after fork and what it executes have counts of their own" {
	run -0 record family
	report
	[ "$(counted acquisitions)" = 83 ]
	# The name is told once by each program: the forked child inherits it.
	[ "$(jq '[.locks[] | select(.name == "counted") | .acquisitions] | sort' -c r.json)" = '[23,29,31]' ]
}

@test "threads that are cancelled in a condition wait give the mutex back" {
	run -0 record cancel
	report
	# 13 locks, 13 times taken again by the wait, once by main.
	[ "$(counted acquisitions)" = 27 ]
	[ "$(jq '.unfinished | length' r.json)" = 0 ]
}

@test "locks before main and after exit are counted" {
	run -0 record early
	report
	[ "$(counted acquisitions)" = 5 ]
}

@test "locks of a library that is loaded late have names" {
	cat >plugin.c <<-'END'
		#include <pthread.h>
		static pthread_mutex_t plugin_lock = PTHREAD_MUTEX_INITIALIZER;
		void plugin_work(void)
		{
			pthread_mutex_lock(&plugin_lock);
			pthread_mutex_unlock(&plugin_lock);
		}
	END
	cat >host.c <<-'END'
		#include <dlfcn.h>
		int main(void)
		{
			for (int i = 0; i < 3; i++) {
				void *plugin = dlopen("./plugin.so", RTLD_NOW);
				void (*work)(void) = dlsym(plugin, "plugin_work");

				for (int j = 0; j < 7; j++)
					work();
				if (dlclose(plugin))
					return 1;
			}
			return 0;
		}
	END
	gcc -g -shared -fPIC -o plugin.so plugin.c
	gcc -g -o host host.c
	run -0 holdup record -o t ./host
	report
	[ "$(jq '[.locks[] | select(.label | startswith("plugin_lock")) |
		.acquisitions] | add' r.json)" = 21 ]
	[ "$(jq -c '[.locks[].sites[].function] | unique' r.json)" = \
		'["plugin_work"]' ]
}
