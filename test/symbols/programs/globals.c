/* Global variables for structFieldOffset: the shape of MicroPython's state, anonymous members, arrays, typedefs, bit-fields. */
#include <stddef.h>
#include <stdint.h>

typedef struct area {
  uint8_t *gc_alloc_table_start;
  size_t gc_alloc_table_byte_len;
  uint8_t *gc_pool_start;
  struct area *next;
} area_t;

typedef struct {
  uint32_t flags;
  area_t area;
  union {
    uint16_t small;
    struct {
      uint8_t low;
      uint8_t high;
    };
  };
  const volatile int16_t levels[3][5];
  unsigned first : 3, second : 9;
} memory_t;

struct state {
  char name[7];
  memory_t mem;
  memory_t more[2];
};

struct hidden;

struct state mp_state_ctx;
struct hidden *hidden_pointer;
__attribute__((used)) static volatile uint64_t counter;
double ratio = 1.5;

int main(void) {
  for (;;) {
    counter += mp_state_ctx.mem.flags + mp_state_ctx.more[1].small + (hidden_pointer != 0) + (ratio > 1.0);
    mp_state_ctx.mem.area.gc_alloc_table_byte_len++;
  }
}

/* What the test must find, as the compiler sees it: address and size in pairs. */
#define PLACE(field) (uint32_t) & mp_state_ctx.field, sizeof mp_state_ctx.field
__attribute__((used)) const uint32_t expected[] = {
    PLACE(mem.area.gc_alloc_table_start),
    PLACE(mem.area.gc_alloc_table_byte_len),
    PLACE(mem.area),
    PLACE(mem.small),
    PLACE(mem.high),
    PLACE(mem.levels),
    PLACE(mem.levels[2]),
    PLACE(mem.levels[2][3]),
    PLACE(more[1].area.next),
    PLACE(more),
    PLACE(name),
};

void Reset_Handler(void) { main(); }
