/* From reset to C: the machine starts at the first byte of .init, with nothing set. */
    .cfi_sections .debug_frame
    .section .init, "ax"
    .global reset_handler
    .type reset_handler, @function
reset_handler:
    .cfi_startproc
    .cfi_undefined ra
    .option push
    .option norelax
    la      gp, __global_pointer$
    .option pop
    la      sp, __stack_top
    la      tp, __tls_base
    la      t0, trap_entry
    csrw    mtvec, t0
    call    start_c
1:  j       1b
    .cfi_endproc
    .size reset_handler, . - reset_handler
