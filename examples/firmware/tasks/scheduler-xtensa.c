/* The two tasks one after the other on one stack: the lx106 of QEMU's sim machine has no interrupt controller to take the core away. */
#include "scheduler.h"
#include "timer.h"
#include "uart.h"

#include <stddef.h>

#define TASKS 2

struct task *volatile current_task;

static struct task tasks[TASKS];
static void (*entries[TASKS])(void);
static int task_count;

int running_context(void)
{
    return current_task == NULL ? CONTEXT_BOOT : current_task->id;
}

void task_create(void (*entry)(void))
{
    entries[task_count] = entry;
    tasks[task_count].id = task_count + 1;
    task_count++;
}

void yield(void)
{
}

void run_until_preempted(void)
{
}

void timer_init(void)
{
}

void run_until_timer_interrupt(void)
{
}

void scheduler_start(void)
{
    for (int index = 0; index < task_count; index++) {
        current_task = &tasks[index];
        entries[index]();
        tasks[index].finished = 1;
    }
    tasks_done();
}

__attribute__((noinline)) void tasks_done(void)
{
    uart_puts("tasks done\r\n");
    for (;;) {
    }
}
