/* Six blocks of which two are held at the end; lost are those of 16, 17, 18 and 19 bytes. */
#include <stdlib.h>

void finished(void);
void *volatile kept[4];

static void *make(unsigned n) { return malloc(16 + n); }

int main(void) {
  for (unsigned i = 0; i < 6; i++) kept[i & 1] = make(i);
  kept[3] = realloc(malloc(100), 300);
  free(kept[3]);
  kept[3] = 0;
  finished();
  return 0;
}
