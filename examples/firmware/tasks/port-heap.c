/* One TLSF pool behind port_malloc, port_realloc and port_free. */
#include "port-heap.h"
#include "heap-lock.h"

#include <stdint.h>

#define POOL_BYTES 24576

tlsf_t heap;

static uint8_t pool[POOL_BYTES] __attribute__((aligned(8)));

void port_heap_init(void)
{
    heap = tlsf_create_with_pool(pool, sizeof pool);
}

void *port_malloc(size_t size, bool dma_capable)
{
    (void)dma_capable;
    heap_lock();
    void *result = tlsf_malloc(heap, size);
    heap_unlock();
    return result;
}

void *port_realloc(void *pointer, size_t size)
{
    heap_lock();
    void *result = tlsf_realloc(heap, pointer, size);
    heap_unlock();
    return result;
}

void port_free(void *pointer)
{
    heap_lock();
    tlsf_free(heap, pointer);
    heap_unlock();
}
