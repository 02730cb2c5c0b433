/*
 * Files of a run: some lose their name at once and so are gone with the process
 * however it ends; others lie in a directory, which is removed at the end, or
 * by the signal that ends the process.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "workloads/common.h"

/* Filled once by the main thread, before it starts any other. */
static char scratch[128];
static int scratch_fd = -1;
static pid_t scratch_owner; /* not one of its children */

/* In memory fsync() costs nothing; /tmp often is. */
static bool is_in_memory(const char *path)
{
	struct statfs fs;

	return statfs(path, &fs) == 0 &&
	       (fs.f_type == TMPFS_MAGIC || fs.f_type == RAMFS_MAGIC);
}

static const char *base_dir(void)
{
	const char *base = getenv("TMPDIR");

	return base && strlen(base) < 100 && !is_in_memory(base) ? base
								 : "/var/tmp";
}

/*
 * As the kernel tells it, since this runs in a signal handler too, where
 * opendir() may not be called.
 */
static void remove_files(void)
{
	_Alignas(struct dirent64) char entries[4096];
	long n;

	lseek(scratch_fd, 0, SEEK_SET);
	while ((n = syscall(SYS_getdents64, scratch_fd, entries,
			    sizeof(entries))) > 0)
		for (long at = 0; at < n;) {
			struct dirent64 *entry = (void *)(entries + at);

			unlinkat(scratch_fd, entry->d_name, 0);
			at += entry->d_reclen;
		}
}

void scratch_clear(void)
{
	if (scratch_fd < 0 || getpid() != scratch_owner)
		return;
	remove_files();
	rmdir(scratch);
	close(scratch_fd);
	scratch_fd = -1;
}

static void clear_and_die(int number)
{
	int seen = errno;

	scratch_clear();
	signal(number, SIG_DFL);
	raise(number);
	errno = seen;
}

static void clear_at_signals(void)
{
	static const int numbers[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	struct sigaction old, action = { .sa_handler = clear_and_die };

	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		sigaction(numbers[i], NULL, &old);
		if (old.sa_handler == SIG_DFL) /* not one that is ignored */
			sigaction(numbers[i], &action, NULL);
	}
}

const char *scratch_dir(void)
{
	if (scratch_fd >= 0)
		return scratch;
	snprintf(scratch, sizeof(scratch), "%s/holdup-XXXXXX", base_dir());
	if (!mkdtemp(scratch))
		die(scratch, errno);
	scratch_owner = getpid();
	scratch_fd = open(scratch, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (scratch_fd < 0)
		die(scratch, errno);
	clear_at_signals();
	return scratch;
}

int scratch_open(const char *name, int flags)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", scratch_dir(), name);
	fd = open(path, flags | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		die(path, errno);
	return fd;
}

int scratch_file(const char *name)
{
	char dir[128], path[256];
	int fd;

	snprintf(dir, sizeof(dir), "%s/holdup-XXXXXX", base_dir());
	if (!mkdtemp(dir))
		die(dir, errno);
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		die(path, errno);
	unlink(path);
	rmdir(dir);
	return fd;
}
