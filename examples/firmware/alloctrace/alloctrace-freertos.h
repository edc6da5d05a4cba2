/*
 * Hooks for the heap_1.c to heap_5.c of FreeRTOS: include this at the end of FreeRTOSConfig.h.
 * The kernel calls both macros with the scheduler suspended, inside pvPortMalloc and vPortFree, so the return address of the
 * function that they stand in is the caller of the allocator.
 */
#ifndef ALLOCTRACE_FREERTOS_H
#define ALLOCTRACE_FREERTOS_H

#include "alloctrace.h"

#define traceMALLOC(address, size)                                                                               \
    alloctrace_record((address) != NULL ? ALLOCTRACE_ALLOC : ALLOCTRACE_FAILED, (uintptr_t)(address), (size), 0, \
                      0u, ALLOCTRACE_CALLER)
/* The size that the kernel tells here counts its own header in, unlike that of the allocation: left out. */
#define traceFREE(address, size)                                               \
    alloctrace_record(ALLOCTRACE_FREE, (uintptr_t)(address), 0, 0, 0u,         \
                      ALLOCTRACE_CALLER)

#endif
