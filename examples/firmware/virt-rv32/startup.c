/* Reset of the RV32 core, behind start.S. A firmware overrides the handler of traps by defining it. */
#include "uart.h"

#include <stddef.h>
#include <string.h>

extern char __data_load[], __data_start[], __data_end[];
extern char __bss_start[], __bss_end[];
extern char __reference_bss_start[], __reference_bss_end[];
extern void (*__preinit_array_start[])(void), (*__preinit_array_end[])(void);
extern void (*__init_array_start[])(void), (*__init_array_end[])(void);

/* crtbegin.o, which is not linked, would define this for the destructors of C++ statics. */
void *__dso_handle;

int main(void);
void start_c(void);
void trap_entry(void);
void unexpected_exception(void);

static void call_each(void (**from)(void), void (**to)(void))
{
    while (from < to) {
        (*from++)();
    }
}

void start_c(void)
{
    memcpy(__data_start, __data_load, (size_t)(__data_end - __data_start));
    memset(__bss_start, 0, (size_t)(__bss_end - __bss_start));
    memset(__reference_bss_start, 0, (size_t)(__reference_bss_end - __reference_bss_start));
    uart_init();
    call_each(__preinit_array_start, __preinit_array_end);
    call_each(__init_array_start, __init_array_end);
    main();
    unexpected_exception();
}

void unexpected_exception(void)
{
    uart_puts("\r\nunexpected exception, or main returned\r\n");
    for (;;) {
        __asm volatile("wfi");
    }
}

__attribute__((weak, aligned(4))) void trap_entry(void)
{
    unexpected_exception();
}
