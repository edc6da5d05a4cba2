/*
 * From reset to C on a core with register windows: the handlers of window overflow and underflow (Xtensa Instruction Set Architecture
 * Reference Manual, 4.7.1.4), and the two halves of a non-local return.
 */
    .include "../sim-de212/windowed.inc"

    .set WINDOWBASE, 72
    .set WINDOWSTART, 73
    .set PS, 230
    .set VECBASE, 231

    .section .init, "ax"
    .global reset_handler
    .type reset_handler, @function
reset_handler:
    j       .Lstart
    .align 4
.Lstack:   .word __stack_top
.Lvectors: .word window_vectors
.Lps:      .word 0x4000f
.Lstart_c: .word start_c
.Lstart:
    l32r    a2, .Lvectors
    write_special a2, VECBASE
    movi    a2, 0
    write_special a2, WINDOWBASE
    movi    a2, 1
    write_special a2, WINDOWSTART
    l32r    a1, .Lstack
    // Windows on, interrupts off; nothing called.
    l32r    a2, .Lps
    write_special a2, PS
    rsync
    movi    a0, 0
    l32r    a4, .Lstart_c
    callx4  a4
1:  j       1b
    .size reset_handler, . - reset_handler

    .section .vectors, "ax"
    .global window_vectors
    .type window_vectors, @function
    .align 1024
window_vectors:
    // WindowOverflow4
    s32e    a0, a5, -16
    s32e    a1, a5, -12
    s32e    a2, a5, -8
    s32e    a3, a5, -4
    rfwo
    .org window_vectors + 0x40
    // WindowUnderflow4
    l32e    a0, a5, -16
    l32e    a1, a5, -12
    l32e    a2, a5, -8
    l32e    a3, a5, -4
    rfwu
    .org window_vectors + 0x80
    // WindowOverflow8
    s32e    a0, a9, -16
    l32e    a0, a1, -12
    s32e    a1, a9, -12
    s32e    a2, a9, -8
    s32e    a3, a9, -4
    s32e    a4, a0, -32
    s32e    a5, a0, -28
    s32e    a6, a0, -24
    s32e    a7, a0, -20
    rfwo
    .org window_vectors + 0xc0
    // WindowUnderflow8
    l32e    a0, a9, -16
    l32e    a1, a9, -12
    l32e    a2, a9, -8
    l32e    a7, a1, -12
    l32e    a3, a9, -4
    l32e    a4, a7, -32
    l32e    a5, a7, -28
    l32e    a6, a7, -24
    l32e    a7, a7, -20
    rfwu
    .org window_vectors + 0x100
    // WindowOverflow12
    s32e    a0, a13, -16
    l32e    a0, a1, -12
    s32e    a1, a13, -12
    s32e    a2, a13, -8
    s32e    a3, a13, -4
    s32e    a4, a0, -48
    s32e    a5, a0, -44
    s32e    a6, a0, -40
    s32e    a7, a0, -36
    s32e    a8, a0, -32
    s32e    a9, a0, -28
    s32e    a10, a0, -24
    s32e    a11, a0, -20
    rfwo
    .org window_vectors + 0x140
    // WindowUnderflow12
    l32e    a0, a13, -16
    l32e    a1, a13, -12
    l32e    a2, a13, -8
    l32e    a11, a1, -12
    l32e    a3, a13, -4
    l32e    a4, a11, -48
    l32e    a5, a11, -44
    l32e    a6, a11, -40
    l32e    a7, a11, -36
    l32e    a8, a11, -32
    l32e    a9, a11, -28
    l32e    a10, a11, -24
    l32e    a11, a11, -20
    rfwu
    .size window_vectors, . - window_vectors

    // Once around the 32 registers: each window of a caller is spilled when one of its registers is used.
    .macro spill_windows
    and     a12, a12, a12
    rotate  3
    and     a12, a12, a12
    rotate  3
    and     a4, a4, a4
    rotate  2
    .endm

    .text
    .global setjmp
    .type setjmp, @function
    .align 4
setjmp:
    entry   sp, 32
    spill_windows
    addi    a3, a1, -16
    l32i    a4, a3, 0
    l32i    a5, a3, 4
    l32i    a6, a3, 8
    l32i    a7, a3, 12
    s32i    a4, a2, 0
    s32i    a5, a2, 4
    s32i    a6, a2, 8
    s32i    a7, a2, 12
    s32i    a0, a2, 16
    s32i    a1, a2, 20
    movi    a2, 0
    retw
    .size setjmp, . - setjmp

    .global longjmp
    .type longjmp, @function
    .align 4
longjmp:
    entry   sp, 32
    spill_windows
    l32i    a1, a2, 20
    addi    a8, a1, -16
    l32i    a4, a2, 0
    l32i    a5, a2, 4
    l32i    a6, a2, 8
    l32i    a7, a2, 12
    s32i    a4, a8, 0
    s32i    a5, a8, 4
    s32i    a6, a8, 8
    s32i    a7, a8, 12
    l32i    a0, a2, 16
    mov     a2, a3
    retw
    .size longjmp, . - longjmp
