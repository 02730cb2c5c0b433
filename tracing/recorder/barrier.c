#include "tracing/recorder/target.h"

#include <elf.h>
#include <fcntl.h>
#include <glib.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

static const char is_32_bit[] = "it is a 32-bit program";
static const char is_privileged[] =
	"it gains privileges when it starts (setuid)";

#define SCRIPT_DEPTH                                            \
	4 /* interpreters of interpreters, as the kernel has it \
	   */

static const char *judge(const char *path, int depth);

/* The first word behind "#!". */
static const char *judge_script(char *line, int depth)
{
	char *word = line + 2 + strspn(line + 2, " \t");

	word[strcspn(word, " \t\r\n")] = '\0';
	return depth < SCRIPT_DEPTH && *word ? judge(word, depth + 1) : NULL;
}

/* A program without an interpreter has no dynamic loader that could preload. */
static const char *judge_elf64(int fd, const Elf64_Ehdr *head)
{
	for (int i = 0; i < head->e_phnum; i++) {
		Elf64_Phdr part;
		off_t at = (off_t)(head->e_phoff +
				   (uint64_t)i * head->e_phentsize);
		char loader[256] = "";

		if (pread(fd, &part, sizeof(part), at) != sizeof(part))
			return NULL;
		if (part.p_type != PT_INTERP)
			continue;
		if (pread(fd, loader, MIN(part.p_filesz, sizeof(loader) - 1),
			  (off_t)part.p_offset) <= 0)
			return NULL;
		return strstr(loader, "ld-linux") || strstr(loader, "ld64") ||
				       strstr(loader, "/ld.so")
			       ? NULL
			       : "it does not use the GNU C library";
	}
	return "it is statically linked";
}

/* The loader ignores LD_PRELOAD for programs that gain privileges. */
static bool gains_privileges(int fd)
{
	struct stat st;

	if (fstat(fd, &st))
		return false;
	if (st.st_mode & S_ISUID && st.st_uid != geteuid())
		return true;
	if (st.st_mode & S_ISGID && st.st_mode & S_IXGRP &&
	    st.st_gid != getegid())
		return true;
	return geteuid() && fgetxattr(fd, "security.capability", NULL, 0) > 0;
}

static const char *judge(const char *path, int depth)
{
	union {
		unsigned char ident[EI_NIDENT];
		Elf64_Ehdr elf;
		char text[PATH_MAX];
	} head;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	const char *why = NULL;
	ssize_t n;

	if (fd < 0)
		return NULL;
	memset(&head, 0, sizeof(head));
	n = pread(fd, &head, sizeof(head) - 1, 0);
	if (n > 2 && !memcmp(head.text, "#!", 2))
		why = judge_script(head.text, depth);
	else if (n < (ssize_t)sizeof(head.elf) ||
		 memcmp(head.ident, ELFMAG, SELFMAG) != 0)
		why = NULL; /* execvp() gives it to the shell */
	else if (head.ident[EI_CLASS] != ELFCLASS64)
		why = is_32_bit;
	else if (gains_privileges(fd))
		why = is_privileged;
	else
		why = judge_elf64(fd, &head.elf);
	close(fd);
	return why;
}

bool target_rejects(const char *barrier)
{
	return barrier == is_32_bit || barrier == is_privileged;
}

const char *target_barrier(const char *path)
{
	return judge(path, 0);
}
