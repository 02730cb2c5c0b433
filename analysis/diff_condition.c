/* The conditions of --fail-if, as words. */
#include "analysis/diff.h"

#include <string.h>

#include "tracing/base/opts.h"

static int parse_scope(const char *text, struct diff_condition *to,
		       const char **rest)
{
	for (int i = 0; i < DIFF_NSCOPES; i++) {
		size_t n = strlen(diff_scope_names[i]);

		if (strncmp(text, diff_scope_names[i], n) != 0 ||
		    (text[n] != '.' && text[n] != '['))
			continue;
		to->scope = (enum diff_scope)i;
		*rest = text + n;
		return 0;
	}
	return -1;
}

/* "[LABEL]", where a lock is named. */
static int parse_label(const char **text, struct diff_condition *to)
{
	const char *end = strchr(*text, ']');
	size_t n = end ? (size_t)(end - *text) - 1 : 0;

	if (**text != '[')
		return 0;
	/* A label may have brackets of its own: the last one counts. */
	for (const char *next = end; next; next = strchr(next + 1, ']'))
		n = (size_t)(next - *text) - 1;
	if (!end || to->scope != DIFF_LOCK || !n || n >= sizeof(to->lock))
		return -1;
	memcpy(to->lock, *text + 1, n);
	*text += n + 2;
	return 0;
}

/* " +10%" or " -5%". */
static int parse_change(const char *text, struct diff_condition *to)
{
	char number[32];
	size_t n;
	double sign, value = 0;

	text += strspn(text, " ");
	if (*text != '+' && *text != '-')
		return -1;
	sign = *text++ == '-' ? -1 : 1;
	n = strlen(text);
	if (n < 2 || n > sizeof(number) || text[n - 1] != '%')
		return -1;
	memcpy(number, text, n - 1);
	number[n - 1] = '\0';
	if (opts_factor(number, &value, NULL))
		return -1;
	to->change = sign * value / 100;
	return 0;
}

int diff_parse(const char *text, struct diff_condition *condition,
	       struct err *err)
{
	const char *rest = text;
	size_t n;

	*condition = (struct diff_condition){ 0 };
	if (parse_scope(text, condition, &rest) ||
	    parse_label(&rest, condition) || *rest != '.')
		return err_set(err,
			       "'%s' is not a condition such as "
			       "'lock.wait_ns +10%%'",
			       text);
	rest++;
	n = strcspn(rest, " +-");
	if (n < sizeof(condition->metric))
		memcpy(condition->metric, rest, n);
	if (!diff_has_metric(condition->scope, condition->metric))
		return err_set(err, "'%s' names no measure of a %s", text,
			       diff_scope_names[condition->scope]);
	if (parse_change(rest + n, condition))
		return err_set(err, "'%s' ends in no change such as +10%%",
			       text);
	return 0;
}
