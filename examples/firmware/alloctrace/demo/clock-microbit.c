/* nRF51 TIMER0 (nRF51 reference manual, chapter 18): 32 bits at 1 MHz. */
#include <stdint.h>

#include "alloctrace.h"
#include "board.h"

#define TIMER0 0x40008000u
#define REGISTER(offset) (*(volatile uint32_t *)(TIMER0 + (offset)))
#define TASKS_START REGISTER(0x000)
#define TASKS_CAPTURE0 REGISTER(0x040)
#define BITMODE REGISTER(0x508)
#define PRESCALER REGISTER(0x510)
#define CC0 REGISTER(0x540)

void board_start_clock(void)
{
    BITMODE = 3u;   /* 32 bits */
    PRESCALER = 4u; /* 16 MHz / 2^4 */
    TASKS_START = 1u;
}

uint32_t alloctrace_clock(void)
{
    TASKS_CAPTURE0 = 1u;
    return CC0;
}
