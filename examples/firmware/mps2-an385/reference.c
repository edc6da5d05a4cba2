/*
 * The test oracle, linked by REFERENCE=1 only: -Wl,--wrap sends every call of the allocator through here,
 * and each outermost one becomes a line on the UART.
 *
 *     #M result size              malloc           #A result alignment size    memalign
 *     #C result count size        calloc           #F pointer                  free, at its entry
 *     #R result old size          realloc          #X                          a call that longjmp left
 *
 * Pointers are hexadecimal, sizes decimal; result 00000000 is a failure, free(NULL) is a line like any other.
 * A firmware with tasks defines running_context(), and each line ends in " @context".
 * A line is written when the call returns, except #F: the block is free for others before free returns.
 *
 * link.ld gives this file a flash and a RAM region of its own, and nothing here allocates, so the heap and
 * all other code lie where they lie without it. --gc-sections drops the wrappers that the firmware does not use.
 */
#include "uart.h"

#include <stddef.h>
#include <stdint.h>

#define CONTEXTS 4

/* How deep each context is inside the allocator: only depth 0 -> 1 is an event. */
static unsigned depth[CONTEXTS];

__attribute__((weak)) int running_context(void);

static int context(void)
{
    return running_context == NULL ? 0 : running_context();
}

static int enter(void)
{
    return depth[context()]++ == 0;
}

static void leave(void)
{
    depth[context()]--;
}

static void put_hex(const void *pointer)
{
    uart_putc(' ');
    for (int shift = 28; shift >= 0; shift -= 4) {
        uart_putc("0123456789abcdef"[((uintptr_t)pointer >> shift) & 15]);
    }
}

static void put_decimal(size_t value)
{
    char digits[11];
    char *first = digits + sizeof digits - 1;
    *first = '\0';
    do {
        *--first = (char)('0' + value % 10);
        value /= 10;
    } while (value != 0);
    uart_putc(' ');
    uart_puts(first);
}

static void begin_line(char kind)
{
    uart_putc('#');
    uart_putc(kind);
}

static void end_line(void)
{
    if (running_context != NULL) {
        uart_puts(" @");
        uart_putc((char)('0' + context()));
    }
    uart_puts("\r\n");
}

static void print_malloc(const void *result, size_t size)
{
    begin_line('M');
    put_hex(result);
    put_decimal(size);
    end_line();
}

__attribute__((unused)) static void print_realloc(const void *result, const void *old, size_t size)
{
    begin_line('R');
    put_hex(result);
    put_hex(old);
    put_decimal(size);
    end_line();
}

static void print_free(const void *pointer)
{
    begin_line('F');
    put_hex(pointer);
    end_line();
}

/* calloc (count, size) and memalign (alignment, size). */
__attribute__((unused)) static void print_two(char kind, const void *result, size_t first, size_t second)
{
    begin_line(kind);
    put_hex(result);
    put_decimal(first);
    put_decimal(second);
    end_line();
}

/* The bodies; PRE is the reent argument of newlib's _r tier, or nothing. */
#define WRAP(type, name, parameters, arguments, print)                                                                 \
    type __real_##name parameters;                                                                                      \
    type __wrap_##name parameters;                                                                                     \
    type __wrap_##name parameters                                                                                      \
    {                                                                                                                  \
        int outermost = enter();                                                                                       \
        type result = __real_##name arguments;                                                                         \
        leave();                                                                                                       \
        if (outermost) {                                                                                               \
            print;                                                                                                     \
        }                                                                                                              \
        return result;                                                                                                 \
    }

#define WRAP_FREE(name, parameters, arguments)                                                                         \
    void __real_##name parameters;                                                                                      \
    void __wrap_##name parameters;                                                                                     \
    void __wrap_##name parameters                                                                                      \
    {                                                                                                                  \
        if (enter()) {                                                                                                 \
            print_free(pointer);                                                                                       \
        }                                                                                                              \
        __real_##name arguments;                                                                                       \
        leave();                                                                                                       \
    }

#if defined(WRAP_NEWLIB)

/* The _r tier: stdio calls it without passing malloc and free, and those two only jump to it. */
struct _reent;
WRAP(void *, _malloc_r, (struct _reent * r, size_t size), (r, size), print_malloc(result, size))
WRAP(void *, _calloc_r, (struct _reent * r, size_t n, size_t size), (r, n, size), print_two('C', result, n, size))
WRAP(void *, _realloc_r, (struct _reent * r, void *old, size_t size), (r, old, size), print_realloc(result, old, size))
WRAP(void *, _memalign_r, (struct _reent * r, size_t align, size_t size), (r, align, size),
     print_two('A', result, align, size))
WRAP_FREE(_free_r, (struct _reent * r, void *pointer), (r, pointer))

#elif defined(WRAP_PICOLIBC)

WRAP(void *, malloc, (size_t size), (size), print_malloc(result, size))
WRAP(void *, calloc, (size_t n, size_t size), (n, size), print_two('C', result, n, size))
WRAP(void *, realloc, (void *old, size_t size), (old, size), print_realloc(result, old, size))
WRAP(void *, memalign, (size_t align, size_t size), (align, size), print_two('A', result, align, size))
WRAP(void *, aligned_alloc, (size_t align, size_t size), (align, size), print_two('A', result, align, size))
WRAP_FREE(free, (void *pointer), (pointer))

#elif defined(WRAP_HEAP4)

WRAP(void *, pvPortMalloc, (size_t size), (size), print_malloc(result, size))
WRAP_FREE(vPortFree, (void *pointer), (pointer))

#elif defined(WRAP_TLSF)

typedef void *tlsf_t;
WRAP(void *, port_malloc, (size_t size, _Bool dma), (size, dma), print_malloc(result, size))
WRAP(void *, port_realloc, (void *old, size_t size), (old, size), print_realloc(result, old, size))
WRAP(void *, tlsf_memalign, (tlsf_t heap, size_t align, size_t size), (heap, align, size),
     print_two('A', result, align, size))
WRAP_FREE(port_free, (void *pointer), (pointer))

#else
#error "rules.mk says which allocator is wrapped"
#endif

/* The tasks firmware calls this where longjmp has left an allocator call open. */
void __real_malloc_abandoned(void);
void __wrap_malloc_abandoned(void);
void __wrap_malloc_abandoned(void)
{
    depth[context()] = 0;
    begin_line('X');
    end_line();
    __real_malloc_abandoned();
}
