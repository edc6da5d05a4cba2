/*
 * Two tasks on their own stacks (PSP), switched by PendSV; handlers use the main stack.
 *
 * The time slice is not free running: SysTick is armed where run_until_preempted() is called, and the task spins until
 * it fires. The switch is a true one, from an interrupt, but it comes at the same point of the program in
 * every run, also when a debugger or a REFERENCE=1 build makes everything else slower.
 */
#include "scheduler.h"
#include "uart.h"

#include <stddef.h>

#define TASKS 2
#define STACK_WORDS 1024
#define INITIAL_XPSR 0x01000000u /* Thumb */
#define FRAME_WORDS 16           /* r4-r11 of PendSV, then r0-r3, r12, lr, pc, xpsr of the core */
#define FRAME_LR 13
#define FRAME_PC 14
#define FRAME_XPSR 15

#define INTERRUPT_CONTROL (*(volatile uint32_t *)0xE000ED04)
#define PENDSV_SET (1u << 28)
#define SYSTEM_PRIORITY_3 (*(volatile uint32_t *)0xE000ED20)
#define PENDSV_SYSTICK_LOWEST 0xFFFF0000u
#define SYSTICK_CONTROL (*(volatile uint32_t *)0xE000E010)
#define SYSTICK_RELOAD (*(volatile uint32_t *)0xE000E014)
#define SYSTICK_VALUE (*(volatile uint32_t *)0xE000E018)
#define SYSTICK_ENABLED 7u /* core clock, interrupt, enable */
#define SLICE_CYCLES 500u

struct task *volatile current_task;

static struct task boot = {.id = CONTEXT_BOOT, .finished = 1};
static struct task tasks[TASKS];
static int task_count;
static uint32_t stacks[TASKS][STACK_WORDS] __attribute__((aligned(8)));
static volatile unsigned ticks;

__attribute__((used, aligned(8))) static uint32_t boot_stack[64];

void pendsv_handler(void);
void systick_handler(void);
uint32_t *switch_task(uint32_t *stack_pointer);

int running_context(void)
{
    uint32_t exception;
    __asm volatile("mrs %0, ipsr" : "=r"(exception));
    if (exception != 0) {
        return CONTEXT_INTERRUPT;
    }
    return current_task == NULL ? CONTEXT_BOOT : current_task->id;
}

void task_create(void (*entry)(void))
{
    struct task *task = &tasks[task_count];
    uint32_t *frame = stacks[task_count] + STACK_WORDS - FRAME_WORDS;
    frame[FRAME_LR] = (uint32_t)task_exit;
    frame[FRAME_PC] = (uint32_t)entry;
    frame[FRAME_XPSR] = INITIAL_XPSR;
    task->stack_pointer = frame;
    task->id = ++task_count;
}

/* Round robin over the tasks that have not finished. */
__attribute__((used)) uint32_t *switch_task(uint32_t *stack_pointer)
{
    current_task->stack_pointer = stack_pointer;
    int index = current_task->id; /* ids count from 1: the index of the next task */
    for (int i = 0; i < task_count; i++) {
        struct task *candidate = &tasks[(index + i) % task_count];
        if (!candidate->finished) {
            current_task = candidate;
            break;
        }
    }
    return current_task->stack_pointer;
}

__attribute__((naked)) void pendsv_handler(void)
{
    __asm volatile("mrs r0, psp\n"
                   "stmdb r0!, {r4-r11}\n"
                   "push {r3, lr}\n" /* r3 keeps the stack aligned to 8 */
                   "bl switch_task\n"
                   "pop {r3, lr}\n"
                   "ldmia r0!, {r4-r11}\n"
                   "msr psp, r0\n"
                   "bx lr\n");
}

void systick_handler(void)
{
    SYSTICK_CONTROL = 0;
    ticks++;
    INTERRUPT_CONTROL = PENDSV_SET;
}

void yield(void)
{
    INTERRUPT_CONTROL = PENDSV_SET;
    __asm volatile("dsb\n isb" ::: "memory");
}

void run_until_preempted(void)
{
    unsigned before = ticks;
    SYSTICK_RELOAD = SLICE_CYCLES;
    SYSTICK_VALUE = 0;
    SYSTICK_CONTROL = SYSTICK_ENABLED;
    while (ticks == before) {
    }
}

void scheduler_start(void)
{
    current_task = &boot;
    SYSTEM_PRIORITY_3 = PENDSV_SYSTICK_LOWEST;
    /* Leave the main stack to the handlers; the boot context is saved once and never runs again. */
    __asm volatile("msr psp, %0\n"
                   "msr control, %1\n"
                   "isb\n"
                   "str %3, [%2]\n"
                   "dsb\n"
                   "isb\n"
                   "b ." ::"r"(boot_stack + 64),
                   "r"(2), "r"(&INTERRUPT_CONTROL), "r"(PENDSV_SET)
                   : "memory");
    __builtin_unreachable();
}

void task_exit(void)
{
    current_task->finished = 1;
    for (int i = 0; i < task_count; i++) {
        if (!tasks[i].finished) {
            yield();
        }
    }
    tasks_done();
}

__attribute__((noinline)) void tasks_done(void)
{
    uart_puts("tasks done\r\n");
    for (;;) {
        __asm volatile("wfi");
    }
}
