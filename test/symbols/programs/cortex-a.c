/* For qemu's vexpress-a9: starts in Arm state, calls Thumb and Arm functions; its stack lies outside of what the program occupies. */
#include <stddef.h>
#include <stdlib.h>

extern char heap_begin[], heap_end[];
static char *heap_break = heap_begin;
void *volatile kept;

void *_sbrk(ptrdiff_t more) {
  char *before = heap_break;
  if (more > heap_end - heap_break) return (void *)-1;
  heap_break += more;
  return before;
}
__attribute__((noinline)) void finished(void) {
  for (;;) {}
}
__attribute__((noinline)) static void thumb_inner(unsigned size) {
  free(kept);
  kept = malloc(size);
  __asm volatile("" ::: "memory");
}
__attribute__((noinline)) static void thumb_outer(unsigned size) {
  thumb_inner(size + 1);
  __asm volatile("" ::: "memory");
}
__attribute__((noinline, target("arm"))) static void arm_caller(unsigned size) {
  kept = malloc(size);
  thumb_outer(size);
  __asm volatile("" ::: "memory");
}
int main(void) {
  for (unsigned i = 1; i <= 3; i++) arm_caller(16 * i);
  __asm volatile("" ::: "memory");
  return 0;
}
__attribute__((naked, target("arm"), section(".start"))) void Reset_Handler(void) {
  __asm volatile("ldr sp, =stack_top\n"
                 "ldr r0, =bss_begin\n"
                 "ldr r1, =bss_end\n"
                 "mov r2, #0\n"
                 "1: cmp r0, r1\n"
                 "strlo r2, [r0], #4\n"
                 "blo 1b\n"
                 "blx main\n"
                 "blx finished\n");
}
