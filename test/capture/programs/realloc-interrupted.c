/*
 * An interrupt at each moment that realloc lets go of newlib's lock: the block that it left, or cut off, is the interrupt's before
 * realloc has returned.
 */
#include <stdint.h>
#include <stdlib.h>

struct _reent;
static volatile int in_realloc, in_handler;
static void *volatile stolen[4];
static unsigned next;

void __malloc_lock(struct _reent *r) { (void)r; }
void __malloc_unlock(struct _reent *r) {
  (void)r;
  if (!in_realloc || in_handler) return;
  *(volatile uint32_t *)0xE000ED04 = 1u << 28; /* PendSV, at once */
  __asm volatile("dsb\nisb" ::: "memory");
}
void PendSV_Handler(void) {
  in_handler = 1;
  free(stolen[next % 4]);
  stolen[next++ % 4] = malloc(24);
  in_handler = 0;
}
__attribute__((noinline)) static void *resize(void *old, size_t size) {
  in_realloc = 1;
  void *block = realloc(old, size);
  in_realloc = 0;
  return block;
}
int main(void) {
  for (unsigned round = 0; round < 12; round++) {
    void *block = malloc(24);
    void *behind = malloc(8); /* keeps the block from growing in place */
    block = resize(block, 72 + 8 * round);
    block = resize(block, 16); /* newlib cuts off the rest */
    block = resize(block, 0);  /* nano frees it */
    free(block);
    free(behind);
  }
  return 0;
}
