// operator new above pvPortMalloc or port_malloc, as C++ firmwares without a libc heap define it.
#include "allocator.h"

// Not every C library for microcontrollers comes with the C++ library.
#if __has_include(<new>)
#include <new>
#endif

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
