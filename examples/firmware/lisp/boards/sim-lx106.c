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

#include "../../sim-lx106/divide.c"
