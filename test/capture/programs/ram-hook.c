/* The allocator runs in RAM, to where the start-up code copies it, and the outer end of the stack is zeros: what a stop then shows looks
 * odd, and is not. */
static char blocks[8][32];
static unsigned used;

__attribute__((section(".ramfunc"), noinline)) void *take(unsigned size) {
  __asm volatile("" ::"r"(size));
  return blocks[used++ & 7];
}
__attribute__((section(".ramfunc"), noinline)) void give(void *block) { __asm volatile("" ::"r"(block) : "memory"); }

int main(void) {
  volatile unsigned zeros[64];
  for (unsigned i = 0; i < 64; i++) zeros[i] = 0;
  for (unsigned i = 0; i < 3; i++) give(take(8 + i + zeros[i]));
  return 0;
}
