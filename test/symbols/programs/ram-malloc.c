#include <stdlib.h>
/* A function in RAM, in a section of its own that nothing writes to: before the start-up code has run it is in flash only. */
__attribute__((section(".ramfunc"), noinline)) void *in_ram(unsigned size) { return malloc(size); }
int main(void) {
  free(in_ram(10));
  return 0;
}
