// The way from reset to main().
    .cfi_sections .debug_frame
    .section .init, "ax"

    .global Reset_Handler
    .type Reset_Handler, @function
Reset_Handler:
    .cfi_startproc
    // Nothing called this function: tell unwinders that its return address does not exist.
    .cfi_undefined ra
    .option push
    .option norelax
    la      gp, __global_pointer$
    .option pop
    la      sp, __stack_top
    la      t0, Default_Handler
    csrw    mtvec, t0
    la      a0, __data_load
    la      a1, __data_start
    la      a2, __data_end
1:  bgeu    a1, a2, 2f
    lw      t0, 0(a0)
    sw      t0, 0(a1)
    addi    a0, a0, 4
    addi    a1, a1, 4
    j       1b
2:  la      a1, __bss_start
    la      a2, __bss_end
3:  bgeu    a1, a2, 4f
    sw      zero, 0(a1)
    addi    a1, a1, 4
    j       3b
4:  call    main
5:  j       5b
    .cfi_endproc
    .size Reset_Handler, . - Reset_Handler

// Unexpected traps stay here, where a debugger finds them.
    .balign 4
    .type Default_Handler, @function
Default_Handler:
    j       Default_Handler
    .size Default_Handler, . - Default_Handler
