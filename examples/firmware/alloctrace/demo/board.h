#ifndef BOARD_H
#define BOARD_H

/* Starts a free-running clock for alloctrace_clock; BOARD_CLOCK_HZ is its rate. */
void board_start_clock(void);

/* Where the linker script put things. */
extern char __text_start[], __text_end[], __heap_start[], __heap_end[], __stack_top[];

#endif
