# Programs that change who they are, beside threads of LTTng that must follow.

setup() {
	bats_require_minimum_version 1.5.0
	PATH=$BUILD/bin:$PATH
	cd "$BATS_TEST_TMPDIR" || return 1
	command -v lttng-sessiond >/dev/null || skip "no lttng-sessiond"
}

@test "capabilities that are kept and raised, then groups: the same as bare" {
	"$BUILD/aid/rights" >bare
	run -0 holdup record -o t "$BUILD/aid/rights"
	diff bare <(echo "$output")
	run -0 holdup record --no-sched -o t "$BUILD/aid/rights"
	diff bare <(echo "$output")
}

@test "setpriv gives up user and groups in front of a program that is recorded" {
	[ "$(id -u)" = 0 ] || skip "becoming another user takes root"
	run -0 --separate-stderr holdup record -o t -- \
		setpriv --reuid 65534 --regid 65534 --clear-groups id
	[[ "$output" == "uid=65534"*"gid=65534"* ]]
	[ "$(jq .processes t/holdup.json)" = 2 ] # it, and what it becomes
	[ "$(jq .ended t/holdup.json)" = '"exit"' ]
}

@test "a program that gives up root goes on to be recorded as another user" {
	[ "$(id -u)" = 0 ] || skip "becoming another user takes root"
	cat >drop.c <<-'CODE'
		#include <grp.h>
		#include <pthread.h>
		#include <sys/wait.h>
		#include <unistd.h>
		static pthread_mutex_t dropped = PTHREAD_MUTEX_INITIALIZER;
		static void *work(void *data)
		{
			for (int i = 0; i < 1009; i++) {
				pthread_mutex_lock(&dropped);
				pthread_mutex_unlock(&dropped);
			}
			return data;
		}
		int main(void)
		{
			pthread_t t[2];
			pthread_create(&t[0], 0, work, 0);
			if (setgroups(0, 0) || setgid(65534) || setuid(65534) ||
			    !setuid(0))
				return 1;
			pthread_create(&t[1], 0, work, 0);
			pthread_join(t[0], 0);
			pthread_join(t[1], 0);
			if (fork() == 0) {
				work(0);
				return 0;
			}
			return wait(0) < 0;
		}
	CODE
	gcc -g -O1 -pthread -o drop drop.c
	run -0 holdup record -o t ./drop
	holdup report --format json t >r.json
	[ "$(jq -c '[.locks[] | select(.label | startswith("dropped")) | .acquisitions] | sort' r.json)" = '[1009,2018]' ]
}
