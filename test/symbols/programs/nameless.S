/*
 * What clang -gline-tables-only leaves of a C++ program, by hand: functions that the compiler made (an initialiser, a thunk) have an entry
 * without a name, and others none at all. Their names are in the symbol table.
 */
  .syntax unified
  .thumb
  .text
.Lbegin:
  .type _GLOBAL__sub_I_a.cpp, %function
  .thumb_func
_GLOBAL__sub_I_a.cpp:
  .file 1 "a.cpp"
  .loc 1 3 1
  movs r0, #3
  bx lr
  .size _GLOBAL__sub_I_a.cpp, . - _GLOBAL__sub_I_a.cpp
.Lthunk:
  .type _ZThn8_N1C1gEv, %function
  .thumb_func
  .globl _ZThn8_N1C1gEv
_ZThn8_N1C1gEv:
  .loc 1 2 1
  subs r0, #8
  bx lr
  .size _ZThn8_N1C1gEv, . - _ZThn8_N1C1gEv
.Lplain:
  .type _ZN1A1fEv, %function
  .thumb_func
  .globl _ZN1A1fEv
_ZN1A1fEv:
  .loc 1 5 1
  ldr r0, [r0]
  bx lr
  .size _ZN1A1fEv, . - _ZN1A1fEv
.Lend:
  .section .debug_info, "", %progbits
  .4byte .Linfo_end - .Linfo
.Linfo:
  .2byte 4
  .4byte .Labbrev
  .byte 4
  .uleb128 1
  .asciz "a.cpp"
  .2byte 0x21
  .4byte .Lline
  .4byte .Lbegin
  .4byte .Lend - .Lbegin
  .uleb128 2
  .4byte .Lbegin
  .4byte .Lthunk - .Lbegin
  .uleb128 2
  .4byte .Lthunk
  .4byte .Lplain - .Lthunk
  .byte 0
.Linfo_end:
  .section .debug_abbrev, "", %progbits
.Labbrev:
  .uleb128 1
  .uleb128 0x11
  .byte 1
  .uleb128 0x03
  .uleb128 0x08
  .uleb128 0x13
  .uleb128 0x05
  .uleb128 0x10
  .uleb128 0x17
  .uleb128 0x11
  .uleb128 0x01
  .uleb128 0x12
  .uleb128 0x06
  .byte 0, 0
  .uleb128 2
  .uleb128 0x2e
  .byte 0
  .uleb128 0x11
  .uleb128 0x01
  .uleb128 0x12
  .uleb128 0x06
  .byte 0, 0
  .byte 0
  .section .debug_line, "", %progbits
.Lline:
