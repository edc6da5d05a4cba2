// QEMU's sim machine with an lx106 core: its simulator calls reach a console (Xtensa ISS, "simcall").
#include "board.h"

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

void board_init(void)
{
}

void board_put_char(char c)
{
    char bytes[1] = { c };
    simulator_call(CALL_WRITE, OUTPUT, bytes);
}

char board_get_char(void)
{
    char bytes[1];
    while (simulator_call(CALL_READ, INPUT, bytes) != 1) {
    }
    return bytes[0];
}

// What the ROM of an ESP8266 has, and the compiler's own library therefore not: division.
unsigned __udivsi3(unsigned dividend, unsigned divisor);
unsigned __umodsi3(unsigned dividend, unsigned divisor);
int __divsi3(int dividend, int divisor);
int __modsi3(int dividend, int divisor);

static unsigned divide(unsigned dividend, unsigned divisor, unsigned *remainder)
{
    unsigned quotient = 0;
    unsigned rest = 0;
    for (int bit = 31; bit >= 0; bit--) {
        rest = rest << 1 | (dividend >> bit & 1);
        if (rest >= divisor) {
            rest -= divisor;
            quotient |= 1u << bit;
        }
    }
    *remainder = rest;
    return quotient;
}

unsigned __udivsi3(unsigned dividend, unsigned divisor)
{
    unsigned rest;
    return divide(dividend, divisor, &rest);
}

unsigned __umodsi3(unsigned dividend, unsigned divisor)
{
    unsigned rest;
    divide(dividend, divisor, &rest);
    return rest;
}

static unsigned magnitude(int value)
{
    return value < 0 ? -(unsigned)value : (unsigned)value;
}

int __divsi3(int dividend, int divisor)
{
    unsigned quotient = __udivsi3(magnitude(dividend), magnitude(divisor));
    return (int)((dividend < 0) != (divisor < 0) ? -quotient : quotient);
}

int __modsi3(int dividend, int divisor)
{
    unsigned rest = __umodsi3(magnitude(dividend), magnitude(divisor));
    return (int)(dividend < 0 ? -rest : rest);
}
