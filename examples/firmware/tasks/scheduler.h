#ifndef SCHEDULER_H
#define SCHEDULER_H

#ifdef __cplusplus
extern "C" {
#endif

#include <stdint.h>

struct task {
    uint32_t *stack_pointer; /* first: where a debugger looks for it */
    int id;
    int finished;
};

/* The task whose code runs, or which an interrupt has interrupted. */
extern struct task *volatile current_task;

#define CONTEXT_BOOT 0
#define CONTEXT_INTERRUPT 3

/* The task's id, CONTEXT_BOOT before the scheduler runs, CONTEXT_INTERRUPT in a handler. */
int running_context(void);

void task_create(void (*entry)(void));
void scheduler_start(void) __attribute__((noreturn));

/* Gives the core to the next task now. */
void yield(void);

/* Computes until SysTick takes the core away, and returns when this task has it again. */
void run_until_preempted(void);

/* Ends the calling task; the last one calls tasks_done. */
void task_exit(void) __attribute__((noreturn));

/* Both tasks have ended: idles for ever. A capture can end at its entry. */
void tasks_done(void) __attribute__((noreturn));

#ifdef __cplusplus
}
#endif

#endif
