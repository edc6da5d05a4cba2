/* A firmware in Arm state, as for classic Arm and Cortex-A processors: it can be named, not captured. */
#include <stdlib.h>

static int sum(const int *values, int count) {
  int total = 0;
  for (int index = 0; index < count; index++) total += values[index];
  return total;
}

int finished(int value) { return value; }

int main(void) {
  int *values = malloc(12 * sizeof *values);
  if (!values) return 1;
  for (int index = 0; index < 12; index++) values[index] = index;
  int total = sum(values, 12);
  free(values);
  return finished(total);
}
