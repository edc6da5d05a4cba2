// Non-local return: the two halves of what C calls setjmp and longjmp.
#ifndef JUMP_H
#define JUMP_H

#include <stdint.h>

// What calls keep: r4..r11, sp and lr; on RISC-V ra, sp and s0..s11; on Xtensa, of which this is enough, a0, sp and a12..a15.
#ifdef __riscv
typedef uint32_t jump_registers_t[14];
#else
typedef uint32_t jump_registers_t[10];
#endif

// Returns 0 when called, and 1 each time jump_back() returns to it.
int jump_save(jump_registers_t registers) __attribute__((returns_twice));
void jump_back(const jump_registers_t registers) __attribute__((noreturn));

#endif
