// The second half of a non-local return (the first is in boards/sim-de212-start.S), and what the collector needs of register windows.
    .include "../sim-de212/windowed.inc"

    .text
    .global jump_back
    .type jump_back, @function
    .align 4
jump_back:
    entry   sp, 32
    mov     a10, a2
    movi    a11, 1
    call8   longjmp
    .size jump_back, . - jump_back

    // What setjmp does before it keeps anything. Above what it keeps are this frame's own save areas.
    .global spill_windows
    .type spill_windows, @function
    .align 4
spill_windows:
    entry   sp, 64
    mov     a10, sp
    call8   setjmp
    retw
    .size spill_windows, . - spill_windows
