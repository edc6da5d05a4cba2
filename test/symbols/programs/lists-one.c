/* With lists-two.c: parameters that move between registers, in two units. */
int other(int value);

__attribute__((noinline)) int first(int left, int right) {
  int sum = other(right);
  return sum * left + other(left);
}
