/*
 * Blocks of one size from an array; `drop` gives one back as `give` does, but is not hooked: its block is handed out again, with INSIDE
 * from its middle on.
 */
#ifdef INSIDE
#define SKIP(dropped) ((dropped) * 8)
#else
#define SKIP(dropped) 0
#endif
static int dropped;
static char blocks[4][32];
static char used[4];

__attribute__((noinline)) void *take(unsigned size) {
  for (int i = 0; i < 4 && size <= 32; i++) {
    if (used[i]) continue;
    used[i] = 1;
    return blocks[i] + SKIP(dropped);
  }
  return 0;
}
__attribute__((noinline)) void give(void *block) { used[((char *)block - blocks[0]) / 32] = 0; }
__attribute__((noinline)) void drop(void *block) {
  used[((char *)block - blocks[0]) / 32] = 0;
  dropped = 1;
}
int main(void) {
  void *volatile first = take(16);
  drop(first);
  void *volatile second = take(20);
  give(second);
  return 0;
}
