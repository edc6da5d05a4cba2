/* Reset handler and vectors, enough for QEMU's microbit and mps2-an385. */
#include <stdint.h>
#include <string.h>

#include "board.h"

extern char __data_start[], __data_end[], __data_load[], __bss_start[], __bss_end[];
int main(void);
void reset_handler(void);
void fault_handler(void);

__attribute__((section(".vectors"), used)) static void *const vectors[16] = {
    [0] = __stack_top,
    [1] = (void *)reset_handler,
    [2] = (void *)fault_handler,
    [3] = (void *)fault_handler,
};

void reset_handler(void)
{
    memcpy(__data_start, __data_load, (size_t)(__data_end - __data_start));
    /* .noinit lies outside: the tracer's settings survive a warm reset there. */
    memset(__bss_start, 0, (size_t)(__bss_end - __bss_start));
    main();
    for (;;) {
    }
}

void fault_handler(void)
{
    for (;;) {
    }
}
