#ifndef SETJMP_H
#define SETJMP_H

typedef unsigned jmp_buf[6];

int setjmp(jmp_buf here) __attribute__((returns_twice));
/* value is not 0. */
void longjmp(jmp_buf there, int value) __attribute__((noreturn));

#endif
