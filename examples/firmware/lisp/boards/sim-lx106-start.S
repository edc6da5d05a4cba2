// The way from reset to main(). The machine starts at the first byte of .init: the constants stand behind a jump.
    .section .init, "ax"
    .global Reset_Handler
    .type Reset_Handler, @function
Reset_Handler:
    j       .Lstart
    .align 4
.Lstack:      .word __stack_top
.Ldata_load:  .word __data_load
.Ldata_start: .word __data_start
.Ldata_end:   .word __data_end
.Lbss_start:  .word __bss_start
.Lbss_end:    .word __bss_end
.Lmain:       .word main
.Lstart:
    l32r    a1, .Lstack
    l32r    a2, .Ldata_load
    l32r    a3, .Ldata_start
    l32r    a4, .Ldata_end
1:  bgeu    a3, a4, 2f
    l32i    a5, a2, 0
    s32i    a5, a3, 0
    addi    a2, a2, 4
    addi    a3, a3, 4
    j       1b
2:  l32r    a3, .Lbss_start
    l32r    a4, .Lbss_end
    movi    a5, 0
3:  bgeu    a3, a4, 4f
    s32i    a5, a3, 0
    addi    a3, a3, 4
    j       3b
4:  l32r    a0, .Lmain
    callx0  a0
5:  j       5b
    .size Reset_Handler, . - Reset_Handler
