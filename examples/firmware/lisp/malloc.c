#include "malloc.h"

#include "error.h"
#include "gc.h"

// A function of its own, as MicroPython has it: a debugger that breaks here sees what the heap refused.
__attribute__((noinline, noipa)) void m_malloc_fail(size_t n_bytes)
{
    (void)n_bytes;
    raise("out of memory", NIL);
}

static void *checked(void *ptr, size_t n_bytes)
{
    if (ptr == NULL) {
        m_malloc_fail(n_bytes);
    }
    return ptr;
}

void *m_malloc(size_t n_bytes)
{
    return checked(gc_alloc(n_bytes, 0), n_bytes);
}

void *m_malloc_with_finaliser(size_t n_bytes)
{
    return checked(gc_alloc(n_bytes, GC_ALLOC_FLAG_HAS_FINALISER), n_bytes);
}

void *m_realloc(void *ptr, size_t n_bytes)
{
    return checked(gc_realloc(ptr, n_bytes, true), n_bytes);
}

void m_free(void *ptr)
{
    gc_free(ptr);
}
