/* What there is between reset and main(), and the few functions of a C library that the firmware needs: there is none for the lx106. */
#include "uart.h"

#include <setjmp.h>
#include <stddef.h>
#include <string.h>

extern char __data_load[], __data_start[], __data_end[];
extern char __bss_start[], __bss_end[];
extern char __reference_bss_start[], __reference_bss_end[];

int main(void);
void start_c(void);

void start_c(void)
{
    memcpy(__data_start, __data_load, (size_t)(__data_end - __data_start));
    memset(__bss_start, 0, (size_t)(__bss_end - __bss_start));
    memset(__reference_bss_start, 0, (size_t)(__reference_bss_end - __reference_bss_start));
    uart_init();
    main();
    uart_puts("\r\nmain returned\r\n");
    for (;;) {
    }
}

void *memcpy(void *to, const void *from, size_t count)
{
    volatile char *target = to;
    const char *source = from;
    while (count-- > 0) {
        *target++ = *source++;
    }
    return to;
}

void *memmove(void *to, const void *from, size_t count)
{
    if (to <= from) {
        return memcpy(to, from, count);
    }
    volatile char *target = (char *)to + count;
    const char *source = (const char *)from + count;
    while (count-- > 0) {
        *--target = *--source;
    }
    return to;
}

void *memset(void *to, int value, size_t count)
{
    volatile char *target = to;
    while (count-- > 0) {
        *target++ = (char)value;
    }
    return to;
}

#ifndef __XTENSA_WINDOWED_ABI__
/* The call0 ABI: a0 is the return address, a1 the stack pointer, calls keep a12 to a15. */
__asm(".text\n"
      ".global setjmp\n"
      ".type setjmp, @function\n"
      ".align 4\n"
      "setjmp:\n"
      "s32i a0, a2, 0\n s32i a1, a2, 4\n s32i a12, a2, 8\n s32i a13, a2, 12\n s32i a14, a2, 16\n s32i a15, a2, 20\n"
      "movi a2, 0\n"
      "ret\n"
      ".size setjmp, . - setjmp\n"
      ".global longjmp\n"
      ".type longjmp, @function\n"
      ".align 4\n"
      "longjmp:\n"
      "l32i a0, a2, 0\n l32i a1, a2, 4\n l32i a12, a2, 8\n l32i a13, a2, 12\n l32i a14, a2, 16\n l32i a15, a2, 20\n"
      "mov a2, a3\n"
      "ret\n"
      ".size longjmp, . - longjmp\n");
#endif
