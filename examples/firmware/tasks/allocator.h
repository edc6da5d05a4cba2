#ifndef ALLOCATOR_H
#define ALLOCATOR_H

/* The allocator of this build: the C library's, or the one that ALLOC= names. All four may be called anywhere. */

#include <stddef.h>

#if defined(ALLOC_HEAP4)
#include "heap4.h"
#elif defined(ALLOC_TLSF)
#include "heap-lock.h"
#include "port-heap.h"
#elif defined(ALLOC_UMM)
#include "umm.h"
#else
#include <malloc.h>
#include <stdlib.h>
#endif

#ifdef __cplusplus
extern "C" {
#endif

#if defined(ALLOC_HEAP4)

#define ALLOCATOR_NAME "heap_4"

static inline void *allocate(size_t size)
{
    return pvPortMalloc(size);
}

static inline void release(void *pointer)
{
    vPortFree(pointer);
}

/* FreeRTOS has no realloc: its users allocate, copy and free. size is never below the old one here. */
void *reallocate(void *old, size_t size);

static inline void *allocate_aligned(size_t alignment, size_t size)
{
    (void)alignment;
    return pvPortMalloc(size);
}

#elif defined(ALLOC_TLSF)

#define ALLOCATOR_NAME "tlsf"

static inline void *allocate(size_t size)
{
    return port_malloc(size, 0);
}

static inline void release(void *pointer)
{
    port_free(pointer);
}

static inline void *reallocate(void *old, size_t size)
{
    return port_realloc(old, size);
}

static inline void *allocate_aligned(size_t alignment, size_t size)
{
    heap_lock();
    void *result = tlsf_memalign(heap, alignment, size);
    heap_unlock();
    return result;
}

#else

#ifdef ALLOC_UMM
#define ALLOCATOR_NAME "umm"
#else
#define ALLOCATOR_NAME "libc"
#endif

static inline void *allocate(size_t size)
{
    return malloc(size);
}

static inline void release(void *pointer)
{
    free(pointer);
}

static inline void *reallocate(void *old, size_t size)
{
    return realloc(old, size);
}

static inline void *allocate_aligned(size_t alignment, size_t size)
{
#ifdef ALLOC_UMM
    (void)alignment;
    return malloc(size);
#else
    return memalign(alignment, size);
#endif
}

#endif

#ifdef __cplusplus
}
#endif

#endif
