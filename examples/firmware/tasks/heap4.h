#ifndef HEAP4_H
#define HEAP4_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The two functions of FreeRTOS's heap; NULL when no block fits, after heap_exhausted() was told. */
void *pvPortMalloc(size_t xWantedSize);
void vPortFree(void *pv);

#ifdef __cplusplus
}
#endif

#endif
