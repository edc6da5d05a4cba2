/* small() has an entry in .ARM.exidx, the C functions behind it have none: the table goes on with small()'s for them. */
extern "C" void *leaf(unsigned);
extern "C" void middle(unsigned);

static void nothing(unsigned) {}
void (*volatile hook)(unsigned) = nothing;

__attribute__((noinline)) void small(unsigned n) noexcept {
  unsigned values[10] = {n};
  hook(values[n & 7]);
  leaf(n);
  middle(n);
}
