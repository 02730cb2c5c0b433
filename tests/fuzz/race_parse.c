/*
 * libFuzzer: reports of ThreadSanitizer and of valgrind, as bad as can be.
 *
 *   tests/fuzz/race_parse.sh [SECONDS]   builds it with ASan and UBSan, runs it
 */
#include <stddef.h>
#include <stdint.h>

#include "analysis/race/parse.h"
#include "analysis/race/rows.h"
#include "analysis/race/second.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct race_pool *pool = race_pool_new();
	struct race_rows *rows = rows_new();
	struct race_parsed parsed = { .reports = NULL };
	struct second second = { .tool = "drd" };
	char *text = g_strndup((const char *)data, bytes);

	race_parse(&parsed, text, NULL, pool);
	rows_add(rows, &parsed, 0, 1, pool);
	rows_add(rows, &parsed, 1, 2, pool);
	rows_sort(rows);
	for (guint i = 0; i < rows->rows->len; i++)
		rows_match(rows, rows_get(rows, i));
	second_parse(&second, text);
	second_clear(&second);
	race_parsed_clear(&parsed);
	rows_free(rows);
	race_pool_free(pool);
	g_free(text);
	return 0;
}
