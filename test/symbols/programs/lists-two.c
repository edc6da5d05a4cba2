int first(int left, int right);

__attribute__((noinline)) int other(int value) { return value * 3; }

__attribute__((noinline)) int second(int low, int middle, int high) {
  int sum = other(high);
  sum += other(sum + middle);
  return sum + low;
}

volatile int result;

int main(void) {
  for (int round = 0;; round++) result = second(first(round, 2), round, 3);
}
