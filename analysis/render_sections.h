/* The sections of a report as a document; private to render_*.c. */
#ifndef ANALYSIS_RENDER_SECTIONS_H
#define ANALYSIS_RENDER_SECTIONS_H

#include "analysis/doc.h"
#include "analysis/render.h"

struct page {
	const struct report *report;
	const struct render_options *options;
	struct doc *doc;
};

/* How many rows of `n` a table shows, `usual` unless --top says else. */
size_t page_rows(const struct page *page, size_t n, size_t usual);

/* Does the filter of the options let this row pass? */
bool page_shows_thread(const struct page *page, const struct thread *thread);

/* Words for a site, thread or lock, "?" for -1. */
const char *page_site(const struct page *page, int site);
const char *page_thread(const struct page *page, int thread);
const char *page_lock(const struct page *page, int lock);

/* "ledger" of "ledger (orders.c:41)", where there is little room. */
const char *page_lock_short(const struct page *page, int lock);

/* Groups in the order asked for, those that the filter lets pass. The caller
 * frees the array. */
const struct lock **page_locks(const struct page *page, bool held, size_t *n);

void section_summary(struct page *page);
void section_findings(struct page *page);
void section_unfinished(struct page *page);
void section_locks(struct page *page);
void section_waits(struct page *page);
void section_sites(struct page *page);
void section_blame(struct page *page);
void section_holds(struct page *page);
void section_threads(struct page *page);
void section_phases(struct page *page);
void section_utilization(struct page *page);
void section_io(struct page *page);
void section_path(struct page *page);
void section_order(struct page *page);
void section_whatif(struct page *page);
void section_overhead(struct page *page);
void section_losses(struct page *page);

#endif
