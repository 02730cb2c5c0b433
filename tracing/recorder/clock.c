#include "tracing/recorder/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

__extension__ typedef unsigned __int128 wide;

static uint64_t read_clock(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

uint64_t clock_ns(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

/* The tightest of some attempts, so that being preempted in one is harmless. */
uint64_t clock_epoch_offset(void)
{
	uint64_t best = UINT64_MAX;
	uint64_t offset = 0;

	for (int i = 0; i < 10; i++) {
		uint64_t before = clock_ns();
		uint64_t wall = read_clock(CLOCK_REALTIME);
		uint64_t after = clock_ns();

		if (after - before >= best)
			continue;
		best = after - before;
		offset = wall - (before + best / 2);
	}
	return offset;
}

void clock_boot_id(char out[37])
{
	FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");

	memcpy(out, "00000000-0000-0000-0000-000000000000", 37);
	if (!file)
		return;
	if (fread(out, 1, 36, file) != 36)
		out[0] = '0';
	fclose(file);
}

bool clock_tsc_usable(void)
{
#if defined(__x86_64__)
	static const char path[] = "/sys/devices/system/clocksource/"
				   "clocksource0/current_clocksource";
	char name[16] = "";
	FILE *file = fopen(path, "re");

	/* The kernel has judged whether it is stable and in step. */
	if (!file)
		return false;
	if (!fgets(name, sizeof(name), file))
		name[0] = '\0';
	fclose(file);
	return !strcmp(name, "tsc\n");
#else
	return false;
#endif
}

static uint64_t read_ticks(void)
{
#if defined(__x86_64__)
	return __builtin_ia32_rdtsc();
#else
	return clock_ns();
#endif
}

struct clock_pair clock_pair_read(bool tsc)
{
	struct clock_pair best = { 0, 0 };
	uint64_t width = UINT64_MAX;

	for (int i = 0; i < 10; i++) {
		uint64_t before = tsc ? read_ticks() : 0;
		uint64_t ns = clock_ns();
		uint64_t after = tsc ? read_ticks() : 0;

		if (after - before >= width)
			continue;
		width = after - before;
		best.ns = ns;
		best.ticks = tsc ? before + width / 2 : ns;
	}
	return best;
}

uint64_t clock_rate_q32(struct clock_pair first, struct clock_pair last)
{
	wide ns = (wide)(last.ns - first.ns) << 32;

	if (last.ticks <= first.ticks)
		return 1ull << 32;
	return (uint64_t)(ns / (last.ticks - first.ticks));
}

uint64_t clock_ticks_to_ns(uint64_t ticks, uint64_t rate_q32)
{
	return (uint64_t)((wide)ticks * rate_q32 >> 32);
}
