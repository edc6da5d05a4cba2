/*
 * A program without an operating system that stops in probe() at the end of every kind of stack that the unwinder must
 * understand: plain calls, recursion, calls back from a library without debug information, tail calls, exceptions that interrupt
 * the main and the process stack, large frames and frame pointers. Runs on qemu's mps2-an385 (Cortex-M3) and microbit (Cortex-M0), and,
 * without what only a Cortex-M has, on its virt machine (RV32).
 */
#include <stdint.h>
#include <stdlib.h>

extern uint32_t stack_top;
extern uint32_t bss_start, bss_end;

volatile int sink;
static uint64_t process_stack[64];

__attribute__((noinline)) void probe(int where) { sink = where; }

__attribute__((noinline)) static int recurse(int depth) {
  if (depth == 0) {
    probe(1);
    return 0;
  }
  return recurse(depth - 1) + sink;
}

static inline int inlined_inner(int value) {
  probe(2);
  return value + sink;
}

static inline int inlined_outer(int value) { return inlined_inner(value * 3) + 1; }

__attribute__((noinline)) static int with_inlines(int value) { return inlined_outer(value) + inlined_outer(value + 1) + sink; }

#ifdef WITHOUT_LIBRARY
#define qsort(values, count, size, order) (values)[0] = (order)(values, (values) + 1)
void *memset(void *to, int value, unsigned count) {
  for (char *at = to; count > 0; count--) *at++ = value;
  return to;
}
#endif

static int compare(const void *left, const void *right) {
  probe(3);
  return *(const int *)left - *(const int *)right;
}

__attribute__((noinline)) static int through_library(void) {
  int values[3] = {3, 1, 2};
  qsort(values, 3, sizeof values[0], compare);
  return values[0] + sink;
}

__attribute__((noinline)) static void tail_end(int value) {
  probe(4);
  sink = value;
}
__attribute__((noinline)) static void tail_middle(int value) { tail_end(value + sink); }
__attribute__((noinline)) static void tail_start(int value) { tail_middle(value + sink); }

__attribute__((noinline)) static int large_frame(int value) {
  volatile char buffer[3000];
  buffer[value] = 1;
  probe(5);
  return buffer[value] + sink;
}

__attribute__((noinline)) static int variable_frame(int size) {
  volatile char buffer[size];
  buffer[0] = 1;
  probe(6);
  return buffer[0] + sink;
}

#ifdef __riscv

/* What interrupted code goes on with is in mepc, which is no register that a stack is walked by: the backtrace ends here. */
__asm(".section .text.trap_entry, \"ax\"\n"
      ".global trap_entry\n"
      ".type trap_entry, @function\n"
      ".balign 4\n"
      "trap_entry:\n"
      ".cfi_startproc\n"
      ".cfi_undefined ra\n"
      "addi sp, sp, -16\n"
      ".cfi_adjust_cfa_offset 16\n"
      "sw ra, 12(sp)\n"
      "call handle_trap\n"
      "csrr ra, mepc\n"
      "addi ra, ra, 4\n"
      "csrw mepc, ra\n"
      "lw ra, 12(sp)\n"
      "addi sp, sp, 16\n"
      ".cfi_adjust_cfa_offset -16\n"
      "mret\n"
      ".cfi_endproc\n"
      ".size trap_entry, . - trap_entry\n"
      ".section .init, \"ax\"\n"
      ".global reset\n"
      ".type reset, @function\n"
      "reset:\n"
      ".cfi_startproc\n"
      ".cfi_undefined ra\n"
      "la sp, stack_top\n"
      "la t0, trap_entry\n"
      "csrw mtvec, t0\n"
      "call Reset_Handler\n"
      ".cfi_endproc\n"
      ".size reset, . - reset\n"
      ".text\n");

__attribute__((used)) void handle_trap(void) {
  probe(7);
  sink++;
}

__attribute__((noinline)) static void call_exception(void) {
  __asm volatile("ecall" ::: "memory", "ra", "t0", "t1", "t2", "t3", "t4", "t5", "t6", "a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7");
  sink++;
}

static void on_process_stack(void) { (void)process_stack; }

#else

void SVC_Handler(void) {
  probe(7);
  sink++;
}

__attribute__((noinline)) static void call_exception(void) {
  __asm volatile("svc 0" ::: "memory");
  sink++;
}

__attribute__((noinline)) static void thread(void) {
  call_exception();
  sink++;
}

/* Runs thread() on the process stack, then comes back to the main one. */
__attribute__((noinline)) static void on_process_stack(void) {
  uint32_t top = (uint32_t)&process_stack[64];
  __asm volatile("msr psp, %0\n movs r3, #2\n msr control, r3\n isb" ::"r"(top) : "r3", "memory");
  thread();
  __asm volatile("movs r3, #0\n msr control, r3\n isb" ::: "r3", "memory");
}

#endif

#ifdef TASK_LR
/* A task as an operating system starts it: nothing called it, lr holds whatever the system put there. */
__attribute__((noinline)) static void task(void) {
  for (;;) {
    probe(8);
    sink++;
  }
}

__attribute__((noinline)) static void start_task(void) {
  __asm volatile("mov lr, %0\n bx %1" ::"r"(TASK_LR), "r"(task));
  __builtin_unreachable();
}
#endif

int main(void) {
#ifdef TASK_LR
  start_task();
#endif
  for (;;) {
    recurse(3);
    with_inlines(sink);
    through_library();
    tail_start(sink);
    large_frame(5);
    variable_frame(24 + (sink & 3));
    call_exception();
    on_process_stack();
  }
}

void Reset_Handler(void) {
  for (uint32_t *word = &bss_start; word < &bss_end; word++) *word = 0;
  main();
}

void Default_Handler(void) {
  for (;;) sink = -1;
}

#ifndef __riscv
__attribute__((section(".vectors"), used)) static const void *const vectors[16] = {
    &stack_top, (void *)Reset_Handler, (void *)Default_Handler, (void *)Default_Handler, 0, 0, 0, 0, 0, 0, 0, (void *)SVC_Handler,
};
#endif

void *_sbrk(int increment) {
  (void)increment;
  return (void *)-1;
}
