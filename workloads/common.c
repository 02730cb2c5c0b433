#include "workloads/common.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

void tell_count(const char *key, uint64_t value)
{
	printf("%s: %llu\n", key, (unsigned long long)value);
}

void tell_real(const char *key, double value)
{
	printf("%s: %.6g\n", key, value);
}

void tell_text(const char *key, const char *value)
{
	printf("%s: %s\n", key, value);
}

static uint64_t clock_of(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (uint64_t)t.tv_sec * S + (uint64_t)t.tv_nsec;
}

uint64_t clock_ns(void)
{
	return clock_of(CLOCK_MONOTONIC);
}

uint64_t cpu_ns(void)
{
	return clock_of(CLOCK_THREAD_CPUTIME_ID);
}

uint64_t process_cpu_ns(void)
{
	return clock_of(CLOCK_PROCESS_CPUTIME_ID);
}

/* Numbers that no compiler can skip: xorshift64*. */
uint64_t churn(uint64_t rounds, uint64_t seed)
{
	uint64_t x = seed | 1;

	while (rounds-- > 0) {
		x ^= x >> 12;
		x ^= x << 25;
		x ^= x >> 27;
		x *= 0x2545f4914f6cdd1dULL;
	}
	return x;
}

void spend_cpu(uint64_t ns)
{
	uint64_t end = cpu_ns() + ns;
	uint64_t x = 1;

	while (cpu_ns() < end)
		x = churn(2000, x);
	__asm__ volatile("" : : "r"(x));
}

static struct timespec timespec_of(uint64_t ns)
{
	return (struct timespec){ .tv_sec = (time_t)(ns / S),
				  .tv_nsec = (long)(ns % S) };
}

struct timespec time_limit(uint64_t ns)
{
	return timespec_of(clock_of(CLOCK_REALTIME) + ns);
}

void pause_ns(uint64_t ns)
{
	struct timespec left = timespec_of(ns);

	while (nanosleep(&left, &left) && errno == EINTR)
		continue;
}

int timer_fd(uint64_t ns)
{
	struct itimerspec once = { .it_value = timespec_of(ns ? ns : 1) };
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);

	if (fd < 0 || timerfd_settime(fd, 0, &once, NULL))
		die("timer", errno);
	return fd;
}

void slow_read(uint64_t ns)
{
	uint64_t fired;
	int fd = timer_fd(ns);

	while (read(fd, &fired, sizeof(fired)) < 0)
		if (errno != EINTR)
			die("read", errno);
	close(fd);
}

unsigned cpus_online(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set))
		return 1;
	return (unsigned)CPU_COUNT(&set);
}

void pin_to_cpu(unsigned index)
{
	cpu_set_t may, one;

	CPU_ZERO(&one);
	if (sched_getaffinity(0, sizeof(may), &may))
		die("affinity", errno);
	index %= (unsigned)CPU_COUNT(&may);
	for (unsigned cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &may) || index-- > 0)
			continue;
		CPU_SET(cpu, &one);
		break;
	}
	if (sched_setaffinity(0, sizeof(one), &one))
		die("affinity", errno);
}

uint64_t memory_kib(bool own)
{
	FILE *file = fopen("/proc/self/smaps_rollup", "re");
	const char *key = own ? "Private_" : "Anonymous:";
	uint64_t kib = 0;
	char line[256];

	while (file && fgets(line, sizeof(line), file)) {
		char *colon = strchr(line, ':');

		if (colon && !strncmp(line, key, strlen(key)))
			kib += strtoull(colon + 1, NULL, 10);
	}
	if (file)
		fclose(file);
	return kib;
}

struct flight *flight_new(void)
{
	struct flight *flight =
		mmap(NULL, sizeof(*flight), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (flight == MAP_FAILED)
		die("memory", errno);
	return flight;
}

unsigned flight_enter(struct flight *flight)
{
	unsigned now = atomic_fetch_add(&flight->now, 1) + 1;
	unsigned most = atomic_load(&flight->most);

	while (now > most &&
	       !atomic_compare_exchange_weak(&flight->most, &most, now))
		continue;
	return now;
}

void flight_leave(struct flight *flight)
{
	atomic_fetch_sub(&flight->now, 1);
}

unsigned flight_most(struct flight *flight)
{
	unsigned most = atomic_load(&flight->most);

	munmap(flight, sizeof(*flight));
	return most;
}

pthread_t thread_start(const char *name, void *(*routine)(void *), void *arg)
{
	pthread_t thread;
	int number = pthread_create(&thread, NULL, routine, arg);

	if (number)
		die("pthread_create", number);
	if (name)
		pthread_setname_np(thread, name);
	return thread;
}

void thread_join(pthread_t thread)
{
	int number = pthread_join(thread, NULL);

	if (number)
		die("pthread_join", number);
}

void *must_alloc(size_t n, size_t bytes)
{
	void *memory = calloc(n ? n : 1, bytes);

	if (!memory)
		die("memory", ENOMEM);
	return memory;
}

void die(const char *what, int number)
{
	char words[128];

	fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what,
		strerror_r(number, words, sizeof(words)));
	_exit(3);
}
