/* Calls between flash and RAM, too far apart for a branch: the linker puts veneers between (__ram_work_veneer, __malloc_veneer). */
#include <stdlib.h>

void *volatile kept;
__attribute__((noinline)) static void flash_leaf(unsigned size) {
  free(kept);
  kept = malloc(size);
  __asm volatile("" ::: "memory");
}
__attribute__((section(".ramfunc"), noinline)) void ram_inner(unsigned size) {
  kept = malloc(size);
  flash_leaf(size + 1);
  __asm volatile("" ::: "memory");
}
/* Ends in a call through a veneer: the frame is gone when malloc is entered, and only call-site data tell of it. */
__attribute__((section(".ramfunc"), noinline)) void *ram_tail(unsigned size) { return malloc(size); }
__attribute__((section(".ramfunc"), noinline)) void ram_work(unsigned depth) {
  if (depth > 0) ram_work(depth - 1);
  else ram_inner(24);
  __asm volatile("" ::: "memory");
}
int main(void) {
  ram_work(0);
  ram_work(3);
  kept = ram_tail(40);
  __asm volatile("" ::: "memory");
  return 0;
}
