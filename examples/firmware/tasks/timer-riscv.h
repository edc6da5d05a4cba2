#ifndef TIMER_RISCV_H
#define TIMER_RISCV_H

/* What the machine timer, of which there is one, is armed for. */
enum timer_purpose { TIMER_OFF, TIMER_SLICE, TIMER_SAMPLE };

void timer_arm(enum timer_purpose purpose);

/* Runs in the trap handler. Returns whether a task's slice has ended. */
int timer_handler(void);

#endif
