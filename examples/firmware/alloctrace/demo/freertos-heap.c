/*
 * Stands where the kernel's heap_3.c would: the C library's allocator behind FreeRTOS names, with the trace macros at
 * the places where the kernel has them.
 */
#include <stdlib.h>

#include "alloctrace-freertos.h"
#include "workload.h"

void *pvPortMalloc(size_t size)
{
    void *block = malloc(size);
    traceMALLOC(block, size);
    return block;
}

void vPortFree(void *block)
{
    if (block != NULL) {
        traceFREE(block, 0);
        free(block);
    }
}
