/*
 * Two tasks on their own stacks, switched by the machine's software interrupt; handlers use a stack of their own.
 *
 * The time slice is not free running: the timer is armed where run_until_preempted() is called, and the task spins until
 * it fires. The switch is a true one, from an interrupt, but it comes at the same point of the program in
 * every run, also when a debugger or a REFERENCE=1 build makes everything else slower.
 */
#include "scheduler.h"
#include "timer-riscv.h"
#include "uart.h"

#include <stddef.h>

#define TASKS 2
#define STACK_WORDS 1024
#define INITIAL_STATUS 0x1880u /* machine mode, interrupts on behind mret */
#define FRAME_WORDS 32         /* as trap_entry stores them: the registers by their numbers; mepc and mstatus in the places of x0 and sp */
#define FRAME_PC 0
#define FRAME_RA 1
#define FRAME_STATUS 2

#define SOFTWARE_PENDING (*(volatile uint32_t *)0x02000000)
#define INTERRUPT 0x80000000u
#define SOFTWARE_INTERRUPT (INTERRUPT | 3u)
#define TIMER_INTERRUPT (INTERRUPT | 7u)
#define ENABLE_SOFTWARE_AND_TIMER 0x88u
#define ENABLE_INTERRUPTS 8u

struct task *volatile current_task;

static struct task boot = {.id = CONTEXT_BOOT, .finished = 1};
static struct task tasks[TASKS];
static int task_count;
static uint32_t stacks[TASKS][STACK_WORDS] __attribute__((aligned(16)));
static volatile unsigned ticks;
static volatile int in_handler;

__attribute__((used, aligned(16))) uint32_t handler_stack[512];

uint32_t *handle_trap(uint32_t *frame);
void unexpected_exception(void);

/* The start of a stack, for unwinders: what was interrupted did not call it. */
__asm(".text\n"
      ".balign 4\n"
      ".global trap_entry\n"
      ".type trap_entry, @function\n"
      "trap_entry:\n"
      ".cfi_startproc\n"
      ".cfi_undefined ra\n"
      "addi sp, sp, -128\n"
      "sw x1, 4(sp)\n"
      "sw x5, 20(sp)\n  sw x6, 24(sp)\n  sw x7, 28(sp)\n  sw x8, 32(sp)\n  sw x9, 36(sp)\n  sw x10, 40(sp)\n"
      "sw x11, 44(sp)\n sw x12, 48(sp)\n sw x13, 52(sp)\n sw x14, 56(sp)\n sw x15, 60(sp)\n sw x16, 64(sp)\n"
      "sw x17, 68(sp)\n sw x18, 72(sp)\n sw x19, 76(sp)\n sw x20, 80(sp)\n sw x21, 84(sp)\n sw x22, 88(sp)\n"
      "sw x23, 92(sp)\n sw x24, 96(sp)\n sw x25, 100(sp)\n sw x26, 104(sp)\n sw x27, 108(sp)\n sw x28, 112(sp)\n"
      "sw x29, 116(sp)\n sw x30, 120(sp)\n sw x31, 124(sp)\n"
      "csrr t0, mepc\n"
      "sw t0, 0(sp)\n"
      "csrr t0, mstatus\n"
      "sw t0, 8(sp)\n"
      "mv a0, sp\n"
      "la sp, handler_stack + 2048\n"
      "call handle_trap\n"
      "mv sp, a0\n"
      "lw t0, 8(sp)\n"
      "csrw mstatus, t0\n"
      "lw t0, 0(sp)\n"
      "csrw mepc, t0\n"
      "lw x1, 4(sp)\n"
      "lw x5, 20(sp)\n  lw x6, 24(sp)\n  lw x7, 28(sp)\n  lw x8, 32(sp)\n  lw x9, 36(sp)\n  lw x10, 40(sp)\n"
      "lw x11, 44(sp)\n lw x12, 48(sp)\n lw x13, 52(sp)\n lw x14, 56(sp)\n lw x15, 60(sp)\n lw x16, 64(sp)\n"
      "lw x17, 68(sp)\n lw x18, 72(sp)\n lw x19, 76(sp)\n lw x20, 80(sp)\n lw x21, 84(sp)\n lw x22, 88(sp)\n"
      "lw x23, 92(sp)\n lw x24, 96(sp)\n lw x25, 100(sp)\n lw x26, 104(sp)\n lw x27, 108(sp)\n lw x28, 112(sp)\n"
      "lw x29, 116(sp)\n lw x30, 120(sp)\n lw x31, 124(sp)\n"
      "addi sp, sp, 128\n"
      "mret\n"
      ".cfi_endproc\n"
      ".size trap_entry, . - trap_entry\n");

int running_context(void)
{
    if (in_handler) {
        return CONTEXT_INTERRUPT;
    }
    return current_task == NULL ? CONTEXT_BOOT : current_task->id;
}

void task_create(void (*entry)(void))
{
    struct task *task = &tasks[task_count];
    uint32_t *frame = stacks[task_count] + STACK_WORDS - FRAME_WORDS;
    frame[FRAME_RA] = (uint32_t)task_exit;
    frame[FRAME_PC] = (uint32_t)entry;
    frame[FRAME_STATUS] = INITIAL_STATUS;
    task->stack_pointer = frame;
    task->id = ++task_count;
}

/* Round robin over the tasks that have not finished. */
static uint32_t *switch_task(uint32_t *stack_pointer)
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

/* Returns the stack pointer to go on with. */
uint32_t *handle_trap(uint32_t *frame)
{
    uint32_t cause;
    __asm volatile("csrr %0, mcause" : "=r"(cause));
    in_handler = 1;
    if (cause == SOFTWARE_INTERRUPT) {
        SOFTWARE_PENDING = 0;
        frame = switch_task(frame);
    } else if (cause == TIMER_INTERRUPT) {
        if (timer_handler()) {
            ticks++;
            frame = switch_task(frame);
        }
    } else {
        unexpected_exception();
    }
    in_handler = 0;
    return frame;
}

void yield(void)
{
    SOFTWARE_PENDING = 1;
    __asm volatile("fence" ::: "memory");
    while (SOFTWARE_PENDING != 0) {
    }
}

void run_until_preempted(void)
{
    unsigned before = ticks;
    timer_arm(TIMER_SLICE);
    while (ticks == before) {
    }
}

void scheduler_start(void)
{
    current_task = &boot;
    __asm volatile("csrw mie, %0\n"
                   "csrs mstatus, %1\n" ::"r"(ENABLE_SOFTWARE_AND_TIMER),
                   "r"(ENABLE_INTERRUPTS));
    yield();
    for (;;) {
    }
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
