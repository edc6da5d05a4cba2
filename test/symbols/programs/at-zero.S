  .syntax unified
  .thumb
  .section .start, "ax", %progbits
  .type _start, %function
  .thumb_func
  .global _start
_start:
  bl main
  b .
  .size _start, . - _start
