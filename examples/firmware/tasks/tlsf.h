#ifndef TLSF_H
#define TLSF_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef void *tlsf_t;

/* Puts the control block at the start of memory (aligned to 4) and one free block in the rest. */
tlsf_t tlsf_create_with_pool(void *memory, size_t bytes);
void *tlsf_malloc(tlsf_t tlsf, size_t size);
void *tlsf_memalign(tlsf_t tlsf, size_t alignment, size_t size);
void *tlsf_realloc(tlsf_t tlsf, void *pointer, size_t size);
void tlsf_free(tlsf_t tlsf, void *pointer);

#ifdef __cplusplus
}
#endif

#endif
