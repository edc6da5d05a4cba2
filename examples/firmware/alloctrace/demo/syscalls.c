/* The part of the C library that the allocator needs: memory from the linker script's heap, and no more than that. */
#include <errno.h>
#include <stddef.h>

#include "board.h"

#ifdef __PICOLIBC__
#define _sbrk sbrk
#endif

void *_sbrk(ptrdiff_t increment);

void *_sbrk(ptrdiff_t increment)
{
    static char *end = __heap_start;
    if (increment > __heap_end - end || increment < __heap_start - end) {
        errno = ENOMEM;
        return (void *)-1;
    }
    char *before = end;
    end += increment;
    return before;
}
