// The heap as the interpreter uses it: memory or an exception, never NULL.
#ifndef MALLOC_H
#define MALLOC_H

#include <stddef.h>

void *m_malloc(size_t n_bytes);
void *m_malloc_with_finaliser(size_t n_bytes);
void *m_realloc(void *ptr, size_t n_bytes);
void m_free(void *ptr);
// Raises "out of memory".
void m_malloc_fail(size_t n_bytes) __attribute__((noreturn));

#endif
