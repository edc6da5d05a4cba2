/*
 * Hooks for newlib and newlib-nano. Link with
 *   -Wl,--wrap=_malloc_r,--wrap=_free_r,--wrap=_realloc_r,--wrap=_calloc_r,--wrap=_memalign_r
 * The reentrant functions are wrapped, not malloc: strdup, stdio and C++ call those, and malloc calls _malloc_r.
 *
 * An allocator calls itself (realloc calls malloc and free): only the outermost call is an event. The lock of newlib is
 * taken around it, which newlib requires to be recursive; so the events stand in the order in which the heap changed.
 */
#include "alloctrace.h"

#include <reent.h>

void __malloc_lock(struct _reent *reent);
void __malloc_unlock(struct _reent *reent);
void *__real__malloc_r(struct _reent *reent, size_t size);
void __real__free_r(struct _reent *reent, void *block);
void *__real__realloc_r(struct _reent *reent, void *block, size_t size);
void *__real__calloc_r(struct _reent *reent, size_t count, size_t size);
void *__real__memalign_r(struct _reent *reent, size_t align, size_t size);
void *__wrap__malloc_r(struct _reent *reent, size_t size);
void __wrap__free_r(struct _reent *reent, void *block);
void *__wrap__realloc_r(struct _reent *reent, void *block, size_t size);
void *__wrap__calloc_r(struct _reent *reent, size_t count, size_t size);
void *__wrap__memalign_r(struct _reent *reent, size_t align, size_t size);

/* Calls in progress; changed under newlib's lock only. */
static uint32_t nesting;

static uint32_t enter(struct _reent *reent)
{
    __malloc_lock(reent);
    return nesting++ == 0 ? alloctrace_before() : 0u;
}

static void *leave(struct _reent *reent, void *block, size_t size, uint32_t before, uintptr_t pc,
                   const void *frame)
{
    if (--nesting == 0)
        alloctrace_record(block != NULL ? ALLOCTRACE_ALLOC : ALLOCTRACE_FAILED, (uintptr_t)block, size, 0, before,
                          pc, frame);
    __malloc_unlock(reent);
    return block;
}

void *__wrap__malloc_r(struct _reent *reent, size_t size)
{
    uint32_t before = enter(reent);
    return leave(reent, __real__malloc_r(reent, size), size, before, ALLOCTRACE_CALLER);
}

void *__wrap__calloc_r(struct _reent *reent, size_t count, size_t size)
{
    uint32_t before = enter(reent);
    return leave(reent, __real__calloc_r(reent, count, size), count * size, before, ALLOCTRACE_CALLER);
}

void *__wrap__memalign_r(struct _reent *reent, size_t align, size_t size)
{
    uint32_t before = enter(reent);
    return leave(reent, __real__memalign_r(reent, align, size), size, before, ALLOCTRACE_CALLER);
}

void __wrap__free_r(struct _reent *reent, void *block)
{
    uintptr_t address = (uintptr_t)block;
    uint32_t before = enter(reent);
    __real__free_r(reent, block);
    if (--nesting == 0 && address != 0)
        alloctrace_record(ALLOCTRACE_FREE, address, 0, 0, before, ALLOCTRACE_CALLER);
    __malloc_unlock(reent);
}

void *__wrap__realloc_r(struct _reent *reent, void *block, size_t size)
{
    uintptr_t from = (uintptr_t)block;
    uint32_t before = enter(reent);
    void *moved = __real__realloc_r(reent, block, size);
    if (from == 0)
        return leave(reent, moved, size, before, ALLOCTRACE_CALLER);
    if (--nesting == 0) {
        if (moved != NULL)
            alloctrace_record(ALLOCTRACE_REALLOC, (uintptr_t)moved, size, from, before, ALLOCTRACE_CALLER);
        else if (size == 0) /* newlib-nano frees the block then */
            alloctrace_record(ALLOCTRACE_FREE, from, 0, 0, before, ALLOCTRACE_CALLER);
        else
            alloctrace_record(ALLOCTRACE_FAILED, 0, size, from, before, ALLOCTRACE_CALLER);
    }
    __malloc_unlock(reent);
    return moved;
}
