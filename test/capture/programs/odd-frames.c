/*
 * Frames that compilers make seldom: of a size known at run time only, prologues behind an early return (shrink-wrapped), an interrupt
 * within an interrupt, stacks that were realigned on exception entry. take and give are the allocator.
 */
#include <stdint.h>

#define NOINLINE __attribute__((noinline))
#define WORD(address) (*(volatile uint32_t *)(address))
static char blocks[8][32];
static volatile unsigned used, sink;

NOINLINE void *take(unsigned size) {
  __asm volatile("" ::"r"(size) : "memory");
  return blocks[used++ & 7];
}
NOINLINE void give(void *block) { __asm volatile("" ::"r"(block) : "memory"); }

NOINLINE void use(volatile char *bytes, unsigned count) {
  bytes[count - 1] = 1;
  give(take(count));
  sink += (unsigned char)bytes[0];
}
NOINLINE void of_any_size(unsigned count) {
  volatile char bytes[count];
  bytes[0] = 2;
  use(bytes, count);
  sink += (unsigned char)bytes[0];
}
/* Nothing is pushed where it returns at once. */
NOINLINE unsigned seldom(unsigned n) {
  if (n < 3) return n;
  unsigned sum = n;
  for (unsigned i = 0; i < 2; i++) {
    give(take(n + i));
    sum += sink;
  }
  return sum;
}
void PendSV_Handler(void) {
  give(take(5));
  sink++;
}
void SysTick_Handler(void) {
  give(take(6));
  WORD(0xE000ED04) = 1u << 28; /* PendSV, which is more urgent here */
  __asm volatile("dsb\nisb");
  give(take(7));
  sink++;
}
/* Of four bytes more than a multiple of 8: the processor realigns the stack. */
__attribute__((naked, noinline)) void pend(void) {
  __asm volatile("push {lr}\n .cfi_def_cfa_offset 4\n .cfi_offset 14, -4\n ldr r0, =0xE000ED04\n mov r1, #1\n lsl r1, #26\n str r1, [r0]\n dsb\n isb\n pop {pc}\n .ltorg");
}
NOINLINE void interrupted(void) {
  pend();
  sink++;
}
int main(void) {
  WORD(0xE000ED20) = 0xC0400000; /* SysTick below PendSV */
  for (unsigned i = 1; i < 5; i++) {
    of_any_size(i * 9);
    sink += seldom(i);
  }
  interrupted();
  sink++;
  return 0;
}
