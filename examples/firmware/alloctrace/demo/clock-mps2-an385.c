/* CMSDK timer 0 (ARM DDI 0479): counts down at 25 MHz. */
#include <stdint.h>

#include "alloctrace.h"
#include "board.h"

#define TIMER ((volatile uint32_t *)0x40000000)
enum { CTRL = 0, VALUE = 1, RELOAD = 2 };

void board_start_clock(void)
{
    TIMER[RELOAD] = 0xffffffffu;
    TIMER[VALUE] = 0xffffffffu;
    TIMER[CTRL] = 1u;
}

uint32_t alloctrace_clock(void) { return 0xffffffffu - TIMER[VALUE]; }
