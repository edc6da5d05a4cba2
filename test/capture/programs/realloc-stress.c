/*
 * 24 rounds of an allocator whose slots are handed out again last in, first out. In every third round an interrupt comes inside of
 * `resize`, after it gave the old slot back: it takes that slot, and gives back the one it took the time before. With UNSEEN it gives it
 * back through `drop`, which no hook sees. What each order of the events makes of that is worked out in the test.
 */
#include <stdint.h>

static char slots[8][32] __attribute__((aligned(8)));
static unsigned char unused[8] = {7, 6, 5, 4, 3, 2, 1, 0};
static unsigned left = 8;
static volatile int is_interrupted;
static void *held;

static inline __attribute__((always_inline)) void put_back(void *block) {
  unused[left++] = ((char *)block - slots[0]) / 32;
}

__attribute__((noinline)) void *take(unsigned size) { return size <= 32 && left > 0 ? slots[unused[--left]] : 0; }
__attribute__((noinline)) void give(void *block) { put_back(block); }
__attribute__((noinline)) void drop(void *block) { put_back(block); }
__attribute__((noinline)) void *resize(void *block, unsigned size) {
  if (size > 32 || left == 0) return 0;
  uint32_t *from = block, *to = (uint32_t *)slots[unused[--left]];
  for (int i = 0; i < 8; i++) to[i] = from[i];
  put_back(block);
  if (is_interrupted) {
    *(volatile uint32_t *)0xE000ED04 = 1u << 28; /* PendSV, at once */
    __asm volatile("dsb\nisb" ::: "memory");
  }
  return to;
}

#ifdef UNSEEN
#define LET_GO drop
#else
#define LET_GO give
#endif

void PendSV_Handler(void) {
  void *last = held;
  held = take(20);
  if (last) LET_GO(last);
}

__attribute__((noinline)) static void *grow(void *block) {
  void *volatile grown = resize(block, 24);
  return grown;
}

int main(void) {
  for (unsigned round = 0; round < 24; round++) {
    is_interrupted = round % 3 == 0;
    void *block = take(16);
    void *beside = take(12);
    block = grow(block);
    give(block);
    give(beside);
  }
  return 0;
}
