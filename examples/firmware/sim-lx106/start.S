/* From reset to C. The machine starts at the first byte of .init: the constants stand behind a jump. */
    .section .init, "ax"
    .global reset_handler
    .type reset_handler, @function
reset_handler:
    j       .Lstart
    .align 4
.Lstack:   .word __stack_top
.Lstart_c: .word start_c
.Lstart:
    l32r    a1, .Lstack
    l32r    a0, .Lstart_c
    callx0  a0
1:  j       1b
    .size reset_handler, . - reset_handler
