/* Resets the chip in mid-run, once, inside of an allocation that never returns; afterwards it allocates the same again. take and give are the allocator. */
#include <stdint.h>

#define WORD(address) (*(volatile uint32_t *)(address))
/* Behind all that the start-up code touches: it keeps its value over the reset. */
#define WAS_RESET WORD(0x20300000)
#define MAGIC 0x600dc0deu

static char blocks[8][32];
static unsigned used;

__attribute__((noinline)) void *take(unsigned size) {
  if (size == 3 && WAS_RESET != MAGIC) {
    WAS_RESET = MAGIC;
    WORD(0xE000ED0C) = 0x05FA0004; /* AIRCR: SYSRESETREQ */
    for (;;) {}
  }
  return blocks[used++];
}
__attribute__((noinline)) void give(void *block) { __asm volatile("" ::"r"(block) : "memory"); }

int main(void) {
  void *volatile kept = take(1);
  give(take(2));
  kept = take(3);
  (void)kept;
  return 0;
}
