// operator new above pvPortMalloc or port_malloc, as C++ firmwares without a libc heap define it.
#include "allocator.h"

#include <new>

void *operator new(size_t size)
{
    return allocate(size);
}

void *operator new[](size_t size)
{
    return allocate(size);
}

void operator delete(void *pointer) noexcept
{
    release(pointer);
}

void operator delete[](void *pointer) noexcept
{
    release(pointer);
}

void operator delete(void *pointer, size_t) noexcept
{
    release(pointer);
}

void operator delete[](void *pointer, size_t) noexcept
{
    release(pointer);
}
