// A free of which gcc inlines the first test and keeps the body apart: gc_free.part.0. USER: called from a function that nobody hooks.
// WHOLE: inlined there with its body.
#include <stddef.h>
#include <stdint.h>
volatile uint32_t table[64];
volatile int lock;
void *gc_alloc(size_t n);
void gc_free(void *ptr);
__attribute__((noinline)) void *gc_alloc(size_t n)
{
    for (size_t i = 0; i < 64; i++) if (!table[i]) { table[i] = n; return (void *)(0x1000 + i * 16); }
    return NULL;
}
#ifdef WHOLE
__attribute__((always_inline))
#endif
void gc_free(void *ptr)
{
    if (ptr == NULL || lock) return;
    size_t block = ((uintptr_t)ptr - 0x1000) / 16;
    for (size_t i = block; i < 64; i++) { table[i] = table[i] * 3 + i; if (table[i] == 77) table[i ^ 1] = 5; }
    for (size_t i = 0; i < block; i++) { table[i] ^= table[block]; if (table[i] == 78) table[i ^ 3] = 6; }
    table[block] = 0;
}
__attribute__((noinline)) void *gc_realloc(void *ptr, size_t n, _Bool move)
{
    if (n == 0) { gc_free(ptr); return NULL; }
    if (!move) return NULL;
    void *to = gc_alloc(n);
    gc_free(ptr);
    return to;
}
#ifdef USER
__attribute__((noinline)) void m_del(void **p) { gc_free(*p); *p = NULL; }
#endif
int main(void)
{
    void *p = gc_alloc(5);
    p = gc_realloc(p, 7, 1);
    gc_realloc(p, 9, 0);
#ifdef USER
    m_del(&p);
#endif
    for (;;) { }
}
void gc_collect_end(void) { lock++; }
