#ifndef HEAP_LOCK_H
#define HEAP_LOCK_H

#ifdef __cplusplus
extern "C" {
#endif

/* The recursive lock around the allocator. It yields while another task holds it. */
void heap_lock(void);
void heap_unlock(void);
int heap_is_locked(void);

/* For a task that longjmp took out of the allocator: gives up the lock which it still holds. */
void malloc_abandoned(void);

#ifdef __cplusplus
}
#endif

#endif
