/* Functions of one size and shape, most of them discarded by --gc-sections: with flash at 0 all of those claim address 0. */
volatile unsigned sink;

static inline __attribute__((always_inline)) void poke(unsigned value) {
  sink = value;
  sink ^= value;
}

void discarded_long(unsigned n) {
  poke(n);
  poke(n + 1);
  poke(n + 2);
  poke(n + 3);
  poke(n * 3);
  poke(n * 5);
  poke(n * 7);
  poke(n * 9);
  poke(n * 11);
  poke(n * 13);
}

void discarded_short(void) { sink = 1; }

#ifdef FIRST_IN_C
/* The first of the program: .start is placed at its begin. */
__attribute__((section(".start"), used)) void _start(void) {
  sink = 2;
  for (;;) sink++;
}
#endif

static inline __attribute__((always_inline)) unsigned inner(unsigned value) {
  sink += value;
  return value * 3;
}

__attribute__((noinline)) unsigned kept(unsigned value) {
  unsigned result = inner(value);
  if (result & 1) result += inner(value + 1);
  sink = result;
  return result;
}

__attribute__((used)) int main(void) { return (int)kept(sink); }
