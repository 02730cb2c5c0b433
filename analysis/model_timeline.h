/*
 * The timeline of a thread (model_thread.c): what the scheduler and its own
 * calls say, and when that is final. Private to the model; model_parts.h
 * includes it.
 */
#ifndef ANALYSIS_MODEL_TIMELINE_H
#define ANALYSIS_MODEL_TIMELINE_H

void timeline_segment(struct model *m, struct m_thread *t, uint64_t ns,
		      enum raw raw, int16_t cpu, int32_t waker);
void timeline_open(struct model *m, struct m_thread *t,
		   const struct cover *cover);
/* Ends the cover that began at cover->begin, or adds it whole. */
void timeline_close(struct model *m, struct m_thread *t,
		    const struct cover *cover);
/* Is that wait open already? */
bool timeline_is_open(const struct m_thread *t, const struct cover *cover);
/*
 * Ends the open wait for `lock` at `ns`, when it was taken. Returns when it
 * began, 0 if there is none.
 */
uint64_t timeline_end_wait(struct m_thread *t, int32_t lock, uint64_t ns);
/*
 * When the thread blocked once more before `end`, woken `after` that from what
 * it was blocked in; 0 if it did not.
 */
uint64_t timeline_blocked_again(const struct m_thread *t, uint64_t after,
				uint64_t end);
/* There was no such wait after all. */
void timeline_cancel(struct m_thread *t, uint64_t begin, uint8_t state);
/* A thread that was never told: what was settled of it is no longer so. */
void timeline_forget(struct m_thread *t);
/* The thread did something at `ns`: what it was in before was over by then. */
void timeline_alive(struct m_thread *t, uint64_t ns);
void timeline_section(struct model *m, struct m_thread *t,
		      const struct section *section);
void timeline_settle(struct model *m, struct m_thread *t, uint64_t until);
/* When it ended for good, NEVER if that is not known. */
uint64_t timeline_end(const struct model *m, const struct m_thread *t);
void timeline_begin(struct model *m, struct m_thread *t, uint64_t ns);
/* The time up to which nothing told later can change it. */
/* When its earliest open wait for a lock began, NEVER if there is none. */
uint64_t timeline_lock_wait(const struct m_thread *t);
uint64_t timeline_safe(const struct m_thread *t, uint64_t now);

#endif
