#include "alloctrace.h"
#include "board.h"
#include "workload.h"

#ifndef WORKLOAD_STEPS
#define WORKLOAD_STEPS 400u
#endif

__attribute__((noinline)) void alloctrace_done(void)
{
    /* Keeps the call, and an address to break at. */
    __asm volatile("");
}

int main(void)
{
    static const struct alloctrace_config config = {
        .heap_base = __heap_start,
        .heap_size = HEAP_BYTES,
        .code_start = __text_start,
        .code_end = __text_end,
        .stack_end = __stack_top,
        .clock_hz = BOARD_CLOCK_HZ,
    };
    board_start_clock();
    alloctrace_start(&config);
    workload(WORKLOAD_STEPS);
    alloctrace_done();
    return 0;
}
