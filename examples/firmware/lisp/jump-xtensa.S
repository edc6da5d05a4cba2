// The two halves of a non-local return: a0, sp and the registers that calls of the call0 ABI keep.
    .text
    .global jump_save
    .type jump_save, @function
    .align 4
jump_save:
    s32i    a0, a2, 0
    s32i    a1, a2, 4
    s32i    a12, a2, 8
    s32i    a13, a2, 12
    s32i    a14, a2, 16
    s32i    a15, a2, 20
    movi    a2, 0
    ret
    .size jump_save, . - jump_save

    .global jump_back
    .type jump_back, @function
    .align 4
jump_back:
    l32i    a0, a2, 0
    l32i    a1, a2, 4
    l32i    a12, a2, 8
    l32i    a13, a2, 12
    l32i    a14, a2, 16
    l32i    a15, a2, 20
    movi    a2, 1
    ret
    .size jump_back, . - jump_back
