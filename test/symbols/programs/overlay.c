/* Two overlays that share their addresses in RAM; main copies one and the other there. Their calls are equally far in: an address names either. */
#include <stdlib.h>
#include <string.h>

extern char ovl_begin[], ovl_one_load[], ovl_one_size[], ovl_two_load[], ovl_two_size[];
void *volatile kept;
__attribute__((noinline)) void resident(unsigned size) {
  free(kept);
  kept = malloc(size);
  __asm volatile("" ::: "memory");
}
__attribute__((section(".ovl_one"), noinline)) void first_part(unsigned size) {
  resident(size);
  __asm volatile("" ::: "memory");
}
__attribute__((section(".ovl_two"), noinline)) void second_part(unsigned size) {
  resident(size + 8);
  __asm volatile("" ::: "memory");
}
int main(void) {
  void (*volatile one)(unsigned) = first_part;
  void (*volatile two)(unsigned) = second_part;
  memcpy(ovl_begin, ovl_one_load, (size_t)ovl_one_size);
  one(16);
  memcpy(ovl_begin, ovl_two_load, (size_t)ovl_two_size);
  two(16);
  return 0;
}
