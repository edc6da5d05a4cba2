// Thumb-1 instructions only, so that one file serves Cortex-M0 and Cortex-M3.
    .syntax unified
    .cfi_sections .debug_frame
    .text

    .global jump_save
    .type jump_save, %function
    .thumb_func
jump_save:
    .cfi_startproc
    stmia   r0!, {r4-r7}
    mov     r1, r8
    mov     r2, r9
    mov     r3, r10
    stmia   r0!, {r1-r3}
    mov     r1, r11
    mov     r2, sp
    mov     r3, lr
    stmia   r0!, {r1-r3}
    movs    r0, #0
    bx      lr
    .cfi_endproc
    .size jump_save, . - jump_save

    .global jump_back
    .type jump_back, %function
    .thumb_func
jump_back:
    .cfi_startproc
    adds    r0, #16
    ldmia   r0!, {r1-r3}
    mov     r8, r1
    mov     r9, r2
    mov     r10, r3
    ldmia   r0!, {r1-r3}
    mov     r11, r1
    mov     sp, r2
    mov     lr, r3
    subs    r0, #40
    ldmia   r0!, {r4-r7}
    movs    r0, #1
    bx      lr
    .cfi_endproc
    .size jump_back, . - jump_back
