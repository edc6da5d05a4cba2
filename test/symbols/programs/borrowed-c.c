#include <stdlib.h>

volatile unsigned sink;
__attribute__((noinline)) void *leaf(unsigned n) {
  void *block = malloc(n + 1);
  sink += (unsigned)block;
  free(block);
  return (void *)sink;
}
__attribute__((noinline)) void middle(unsigned n) {
  unsigned values[6] = {n, n + 1};
  sink += values[n & 3];
  leaf(values[1]);
  sink++;
}
void small(unsigned n) __asm("_Z5smallj");
int main(void) {
  middle(3);
  small(4);
  return 0;
}
