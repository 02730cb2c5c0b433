# Programs that leave the recorder no CPU.

setup() {
	bats_require_minimum_version 1.5.0
	PATH=$BUILD/bin:$PATH
	cd "$BATS_TEST_TMPDIR" || return 1
	command -v lttng-sessiond >/dev/null || skip "no lttng-sessiond"
	[ "$(id -u)" = 0 ] || skip "real-time priorities take root"
}

# Pairs of real-time threads that wake each other for 2 s.
busy() {
	cat >busy.c <<-'CODE'
		#include <pthread.h>
		#include <semaphore.h>
		#include <time.h>
		static sem_t sems[16];
		static _Atomic int over;
		static void *play(void *data)
		{
			int i = (int)(long)data;
			while (!over) {
				sem_wait(&sems[i]);
				sem_post(&sems[i ^ 1]);
			}
			return 0;
		}
		int main(void)
		{
			struct timespec span = { 2, 0 };
			struct sched_param high = { .sched_priority = 20 };
			pthread_attr_t rt;
			pthread_t t[16];
			pthread_attr_init(&rt);
			pthread_attr_setinheritsched(&rt, PTHREAD_EXPLICIT_SCHED);
			pthread_attr_setschedpolicy(&rt, SCHED_FIFO);
			pthread_attr_setschedparam(&rt, &high);
			high.sched_priority = 30;
			pthread_setschedparam(pthread_self(), SCHED_FIFO, &high);
			for (long i = 0; i < 16; i++) {
				sem_init(&sems[i], 0, i % 2);
				if (pthread_create(&t[i], &rt, play, (void *)i))
					return 77;
			}
			nanosleep(&span, 0);
			over = 1;
			for (int i = 0; i < 16; i++)
				sem_post(&sems[i]);
			for (int i = 0; i < 16; i++)
				pthread_join(t[i], 0);
			return 0;
		}
	CODE
	gcc -O1 -pthread -o busy busy.c
	./busy || skip "no real-time threads here"
}

@test "no scheduler record is lost beside real-time threads on all CPUs" {
	busy
	run -0 holdup record -o t ./busy
	[ "$(jq -r .scheduler.source t/holdup.json)" = system ] ||
		skip "no scheduler records of the machine"
	[ "$(jq .scheduler.events t/holdup.json)" -gt 10000 ]
	[ "$(jq .scheduler.lost t/holdup.json)" = 0 ]
}

@test "the program has the priority that it has without the recorder" {
	look='ps -o ni=,cls=,rtprio= -p $$'
	[ "$(holdup record -o t -- sh -c "$look")" = "$(sh -c "$look")" ]
	[ "$(nice -n 5 holdup record -o t -- sh -c "$look")" = "$(nice -n 5 sh -c "$look")" ]
}

# The first recording measures what events cost, in a session that it drops:
# for that a thread of the daemon spins until another one has run.
@test "the daemons share one CPU with one another" {
	XDG_CACHE_HOME=$BATS_TEST_TMPDIR/cache run -0 --separate-stderr \
		taskset -c 0 holdup record -o t true
	[ -z "$stderr" ]
	[ "$(jq -r .ended t/holdup.json)" = exit ]
	[ "$(jq '.notes | length' t/holdup.json)" = 0 ]
}
