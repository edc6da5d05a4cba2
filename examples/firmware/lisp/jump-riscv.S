// The two halves of a non-local return: ra, sp and the registers that calls keep.
    .cfi_sections .debug_frame
    .text

    .global jump_save
    .type jump_save, @function
jump_save:
    .cfi_startproc
    sw      ra, 0(a0)
    sw      sp, 4(a0)
    sw      s0, 8(a0)
    sw      s1, 12(a0)
    sw      s2, 16(a0)
    sw      s3, 20(a0)
    sw      s4, 24(a0)
    sw      s5, 28(a0)
    sw      s6, 32(a0)
    sw      s7, 36(a0)
    sw      s8, 40(a0)
    sw      s9, 44(a0)
    sw      s10, 48(a0)
    sw      s11, 52(a0)
    li      a0, 0
    ret
    .cfi_endproc
    .size jump_save, . - jump_save

    .global jump_back
    .type jump_back, @function
jump_back:
    .cfi_startproc
    lw      ra, 0(a0)
    lw      sp, 4(a0)
    lw      s0, 8(a0)
    lw      s1, 12(a0)
    lw      s2, 16(a0)
    lw      s3, 20(a0)
    lw      s4, 24(a0)
    lw      s5, 28(a0)
    lw      s6, 32(a0)
    lw      s7, 36(a0)
    lw      s8, 40(a0)
    lw      s9, 44(a0)
    lw      s10, 48(a0)
    lw      s11, 52(a0)
    li      a0, 1
    ret
    .cfi_endproc
    .size jump_back, . - jump_back
