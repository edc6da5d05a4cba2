/* Vector table and reset of the Cortex-M3. A firmware overrides a handler by defining it. */
#include "uart.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#ifdef __PICOLIBC__
#include <picotls.h>
#endif

extern char __stack_top[];
extern char __data_load[], __data_start[], __data_end[];
extern char __bss_start[], __bss_end[];
extern char __reference_bss_start[], __reference_bss_end[];
extern char __tls_base[];
extern void (*__preinit_array_start[])(void), (*__preinit_array_end[])(void);
extern void (*__init_array_start[])(void), (*__init_array_end[])(void);

/* crtbegin.o, which is not linked, would define this for the destructors of C++ statics. */
void *__dso_handle;

int main(void);
void reset_handler(void);
void unexpected_exception(void);
void svc_handler(void);
void pendsv_handler(void);
void systick_handler(void);
void timer0_handler(void);

static void call_each(void (**from)(void), void (**to)(void))
{
    while (from < to) {
        (*from++)();
    }
}

void reset_handler(void)
{
    memcpy(__data_start, __data_load, (size_t)(__data_end - __data_start));
    memset(__bss_start, 0, (size_t)(__bss_end - __bss_start));
    memset(__reference_bss_start, 0, (size_t)(__reference_bss_end - __reference_bss_start));
#ifdef __PICOLIBC__
    _set_tls(__tls_base);
#endif
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

#define OVERRIDABLE __attribute__((weak, alias("unexpected_exception")))
OVERRIDABLE void svc_handler(void);
OVERRIDABLE void pendsv_handler(void);
OVERRIDABLE void systick_handler(void);
OVERRIDABLE void timer0_handler(void);

struct vector_table {
    char *initial_stack;
    void (*exceptions[15])(void);
    void (*interrupts[32])(void);
};

#define TIMER0_IRQ 8

__attribute__((section(".vectors"), used)) static const struct vector_table vectors = {
    .initial_stack = __stack_top,
    .exceptions = {reset_handler, unexpected_exception, unexpected_exception, unexpected_exception,
                   unexpected_exception, unexpected_exception, 0, 0, 0, 0, svc_handler, unexpected_exception,
                   0, pendsv_handler, systick_handler},
    .interrupts = {[0 ... TIMER0_IRQ - 1] = unexpected_exception,
                   [TIMER0_IRQ] = timer0_handler,
                   [TIMER0_IRQ + 1 ... 31] = unexpected_exception},
};
