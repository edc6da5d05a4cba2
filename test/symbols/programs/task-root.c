/* A task as FreeRTOS starts it: lr is the entry of prvTaskExitError, which stands behind another function. */
#include <stdlib.h>

extern void finished(void);
volatile int sink;

__attribute__((noinline, used, section(".text.a"))) void uxListRemove(void) { sink++; }
__attribute__((noinline, used, section(".text.b"))) void prvTaskExitError(void) {
  for (;;) sink++;
}

__attribute__((noinline)) static void work(unsigned size) {
  free(malloc(size));
  sink++;
}

__attribute__((noinline, noreturn)) static void task(void) {
  work(10);
  work(20);
  finished();
  for (;;) {}
}

int main(void) {
  uxListRemove();
  __asm volatile("mov lr, %0\n bx %1" ::"r"(prvTaskExitError), "r"(task));
  __builtin_unreachable();
}
