#include "analysis/select.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

bool select_lock(const struct lock *lock, const char *asked)
{
	return !asked || !strcmp(lock->id, asked) || strstr(lock->label, asked);
}

bool select_thread(const struct thread *thread, const char *asked)
{
	char tid[16];

	if (!asked)
		return true;
	snprintf(tid, sizeof(tid), "%" PRId32, thread->tid);
	return !strcmp(tid, asked) ||
	       (thread->name && strstr(thread->name, asked));
}

static bool has_lock(const struct report *report, const char *asked)
{
	for (size_t i = 0; i < report->n_locks; i++)
		if (select_lock(&report->locks[i], asked))
			return true;
	return false;
}

static bool has_thread(const struct report *report, const char *asked)
{
	for (size_t i = 0; i < report->n_threads; i++)
		if (select_thread(&report->threads[i], asked))
			return true;
	return false;
}

int select_check(const struct report *report, const char *lock,
		 const char *thread, struct err *err)
{
	if (lock && !has_lock(report, lock))
		return err_set(err, "no lock is called '%s'", lock);
	if (thread && !has_thread(report, thread))
		return err_set(err, "no thread is called '%s'", thread);
	return 0;
}
