/*
 * Makes the allocator safe for tasks, and unsafe for anyone who follows it: in some calls an interrupt
 * allocates before the task has the lock, and some tasks lose the core while they hold it.
 */
#include "heap-lock.h"
#include "scheduler.h"
#include "timer.h"

#ifdef ALLOC_LIBC
#include <malloc.h>
#endif

/* Which of a task's calls, counted together, meet the timer before the lock, inside it, and lose the core. */
#define INTERRUPTED(call) ((call) % 7 == 3)
#define INTERRUPTED_LOCKED(call) ((call) % 11 == 4)
#define PREEMPTED(call) ((call) % 5 == 2)

static volatile int owner = -1;
static unsigned depth;

int heap_is_locked(void)
{
    return owner != -1;
}

void heap_lock(void)
{
    static unsigned calls;
    int context = running_context();
    if (owner == context) {
        depth++;
        return;
    }
    int in_task = context != CONTEXT_BOOT && context != CONTEXT_INTERRUPT;
    unsigned call = in_task ? ++calls : 0;
    if (INTERRUPTED(call)) {
        run_until_timer_interrupt();
    }
    while (heap_is_locked()) {
        yield();
    }
    owner = context;
    depth = 1;
    if (INTERRUPTED_LOCKED(call)) {
        run_until_timer_interrupt();
    }
    if (PREEMPTED(call)) {
        run_until_preempted();
    }
}

void heap_unlock(void)
{
    if (--depth == 0) {
        owner = -1;
    }
}

void malloc_abandoned(void)
{
    if (owner == running_context()) {
        depth = 0;
        owner = -1;
    }
}

#ifdef ALLOC_LIBC

/* newlib's hooks: it calls them around everything that touches the heap, and nests them. */
void __malloc_lock(struct _reent *reent);
void __malloc_unlock(struct _reent *reent);

void __malloc_lock(struct _reent *reent)
{
    (void)reent;
    heap_lock();
}

void __malloc_unlock(struct _reent *reent)
{
    (void)reent;
    heap_unlock();
}

#endif
