/* Interposers of the calls that sleep. */
#include "tracing/interposer/real.h"
#include "tracing/interposer/section.h"

#include <errno.h>

/* A sleep that goes on; its end runs when it is cancelled, too. */
struct nap {
	uint64_t site;
	struct inside before;
	uint64_t begin_ticks;
	uint64_t begin_ns;
	int error;
	uint32_t weight;
	bool recorded;
};

static uint64_t to_ns(const struct timespec *time)
{
	return time ? (uint64_t)time->tv_sec * 1000000000 +
			       (uint64_t)time->tv_nsec
		    : 0;
}

static void nap_begin(struct nap *nap, uint64_t asked_ns, bool absolute,
		      uint64_t site)
{
	union fact fact;
	struct inside inside;

	nap->error = ECANCELED;
	nap->site = site;
	nap->recorded = thread_is_open(site) && !module_is_foreign(site);
	if (!nap->recorded)
		return;
	nap->begin_ticks = clock_ticks();
	nap->weight = tell_weight(&self.more->io, nap->begin_ticks);
	nap->begin_ns = clock_now_ns();
	inside = (struct inside){ .in = IN_SLEEP,
				  .since_ns = nap->begin_ns,
				  .site = site };
	inside_enter(&inside, &nap->before);
	fact.sleep_begin = (struct fact_sleep_begin){
		.asked_ns = asked_ns,
		.absolute = absolute,
		.site = site,
		.begin_ns = nap->begin_ns,
	};
	if (nap->weight)
		tell_now(TELL_sleep_begin, &fact);
	else
		tell_pending();
}

static void nap_end(struct nap *nap)
{
	union fact fact;

	if (!nap->recorded || !self.open)
		return;
	inside_leave(&nap->before);
	fact.sleep_end = (struct fact_sleep_end){
		.site = nap->site,
		.begin_ns = nap->begin_ns,
		.end_ns = clock_now_ns(),
		.result = nap->error,
	};
	if (tell_weight_ended(nap->weight, clock_ticks() - nap->begin_ticks))
		tell(TELL_sleep_end, &fact);
}

EXPORT int nanosleep(const struct timespec *asked, struct timespec *left)
{
	struct nap nap __attribute__((cleanup(nap_end))) = { 0 };
	int result;

	nap_begin(&nap, to_ns(asked), false, SITE);
	result = real.nanosleep(asked, left);
	nap.error = result ? errno : 0;
	return result;
}

EXPORT int clock_nanosleep(clockid_t clock, int flags,
			   const struct timespec *asked, struct timespec *left)
{
	struct nap nap __attribute__((cleanup(nap_end))) = { 0 };

	nap_begin(&nap, to_ns(asked), flags & TIMER_ABSTIME, SITE);
	nap.error = real.clock_nanosleep(clock, flags, asked, left);
	return nap.error;
}

EXPORT int usleep(useconds_t asked)
{
	struct nap nap __attribute__((cleanup(nap_end))) = { 0 };
	int result;

	nap_begin(&nap, (uint64_t)asked * 1000, false, SITE);
	result = real.usleep(asked);
	nap.error = result ? errno : 0;
	return result;
}

EXPORT unsigned sleep(unsigned asked)
{
	struct nap nap __attribute__((cleanup(nap_end))) = { 0 };
	unsigned left;

	nap_begin(&nap, (uint64_t)asked * 1000000000, false, SITE);
	left = real.sleep(asked);
	nap.error = left ? EINTR : 0;
	return left;
}

EXPORT int thrd_sleep(const struct timespec *asked, struct timespec *left)
{
	struct nap nap __attribute__((cleanup(nap_end))) = { 0 };
	int result;

	nap_begin(&nap, to_ns(asked), false, SITE);
	result = real.thrd_sleep(asked, left);
	nap.error = result == -1 ? EINTR : result ? EINVAL : 0;
	return result;
}
