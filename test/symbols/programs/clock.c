/* Allocates at known moments of its own clocks: counters that its work counts, and SysTick's, of 1 ms of a core clock of 25 MHz. */
#include <stdint.h>
#include <stdlib.h>

#define WORD(address) (*(volatile uint32_t *)(address))
volatile uint32_t steps;
volatile uint16_t short_steps = 65530; /* wraps between the events */
volatile uint64_t long_steps;
volatile uint8_t byte_steps;
volatile uint32_t ticks;
void *volatile kept;

void SysTick_Handler(void) { ticks++; }
static void work_until(uint32_t step) {
  while (steps < step) {
    steps++;
    short_steps++;
    long_steps++;
    byte_steps++;
  }
}
int main(void) {
  WORD(0xE000E014) = 25000 - 1;
  WORD(0xE000E018) = 0;
  WORD(0xE000E010) = 7;
  work_until(5);
  kept = malloc(24);
  work_until(12);
  free(kept);
  work_until(20);
  while (ticks < 40) {}
  kept = malloc(8);
  return 0;
}
