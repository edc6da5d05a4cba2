#ifndef PORT_HEAP_H
#define PORT_HEAP_H

#include "tlsf.h"

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The tier that CircuitPython 9 and later has above TLSF. */
extern tlsf_t heap;

void port_heap_init(void);
void *port_malloc(size_t size, bool dma_capable);
void *port_realloc(void *pointer, size_t size);
void port_free(void *pointer);

#ifdef __cplusplus
}
#endif

#endif
