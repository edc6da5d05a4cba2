/* The console of QEMU's sim machine: simulator calls (Xtensa ISS, "simcall"), with -semihosting. */
#include "uart.h"

#define CALL_READ 3
#define CALL_WRITE 4
#define INPUT 0
#define OUTPUT 1

static int simulator_call(int call, int file, char *bytes)
{
    register int a2 __asm__("a2") = call;
    register int a3 __asm__("a3") = file;
    register char *a4 __asm__("a4") = bytes;
    register int a5 __asm__("a5") = 1;
    __asm__ volatile("simcall" : "+r"(a2), "+r"(a3) : "r"(a4), "r"(a5) : "memory");
    return a2;
}

void uart_init(void)
{
}

void uart_putc(char c)
{
    char bytes[1] = {c};
    simulator_call(CALL_WRITE, OUTPUT, bytes);
}

void uart_puts(const char *text)
{
    while (*text != '\0') {
        uart_putc(*text++);
    }
}

char uart_getc(void)
{
    char bytes[1];
    while (simulator_call(CALL_READ, INPUT, bytes) != 1) {
    }
    return bytes[0];
}
