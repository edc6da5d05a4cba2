#include "malloc.h"

#include "error.h"
#include "gc.h"

static void *checked(void *ptr)
{
    if (ptr == NULL) {
        raise("out of memory", NIL);
    }
    return ptr;
}

void *m_malloc(size_t n_bytes)
{
    return checked(gc_alloc(n_bytes, 0));
}

void *m_malloc_with_finaliser(size_t n_bytes)
{
    return checked(gc_alloc(n_bytes, GC_ALLOC_FLAG_HAS_FINALISER));
}

void *m_realloc(void *ptr, size_t n_bytes)
{
    return checked(gc_realloc(ptr, n_bytes, true));
}

void m_free(void *ptr)
{
    gc_free(ptr);
}
