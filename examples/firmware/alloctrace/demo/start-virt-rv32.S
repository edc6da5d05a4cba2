/* The machine starts at the first byte of RAM, with nothing set. */
    .cfi_sections .debug_frame
    .section .init, "ax"
    .global start
    .type start, @function
start:
    .cfi_startproc
    .cfi_undefined ra
    .option push
    .option norelax
    la      gp, __global_pointer$
    .option pop
    la      sp, __stack_top
    la      tp, __tls_base
    call    reset_handler
    .cfi_endproc
    .size start, . - start
