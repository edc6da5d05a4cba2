#ifndef WORKLOAD_H
#define WORKLOAD_H

#include <stddef.h>

/* The allocator under test: newlib's through the wraps, or the FreeRTOS-like one of freertos-heap.c. */
#ifdef DEMO_FREERTOS
void *pvPortMalloc(size_t size);
void vPortFree(void *block);
#endif

/* Allocates, resizes and frees by a fixed pseudo-random plan; the same calls in the same order each time. */
void workload(unsigned steps);

/* The end: a debugger stops here. */
void alloctrace_done(void);

#endif
