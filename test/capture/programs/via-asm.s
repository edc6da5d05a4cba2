@ Written by hand: no unwind information, and the return address is in r4.
  .syntax unified
  .thumb
  .text
  .global via_asm
  .type via_asm, %function
  .thumb_func
via_asm:
  push {r4}
  mov r4, lr
  bl one_block
  mov lr, r4
  pop {r4}
  bx lr
  .size via_asm, . - via_asm
