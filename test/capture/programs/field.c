/*
 * What captures meet in the field, one program each: -D chooses what main does. take() and give() are the allocator; done() is where the
 * capture ends. Nothing here returns from main.
 */
#include <stdint.h>

#define NOINLINE __attribute__((noinline))

static volatile uint32_t sink;
static uint32_t next_free = 0x20010000;

/* A request that never returns: the chip is reset in it. */
#define RESET_SIZE 0x5e5e

static void reset_chip(void);

NOINLINE void *take(uint32_t size)
{
  if (size == RESET_SIZE) reset_chip();
  void *block = (void *)next_free;
  next_free += (size + 15) & ~15u;
  __asm volatile("");
  return block;
}

NOINLINE void give(void *block) { sink += (uint32_t)block; }

NOINLINE void done(void)
{
  for (;;) __asm volatile("wfi");
}

NOINLINE void parse(uint32_t n)
{
  void *block = take(24 + n);
  sink += (uint32_t)block;
  give(block);
}

NOINLINE void big_buffer(uint32_t n)
{
  volatile char buffer[BUFFER_BYTES];
  for (uint32_t at = 0; at < sizeof buffer; at += 512) buffer[at] = (char)n;
  parse(n);
  sink += buffer[n];
}

NOINLINE void handler(uint32_t n)
{
  big_buffer(n);
  sink++;
}

/* One allocation below `n` further calls. */
NOINLINE uint32_t down(uint32_t n)
{
  volatile uint32_t locals[4] = {n};
  if (n == 0) {
    sink += (uint32_t)take(24);
    return locals[0];
  }
  return down(n - 1) + locals[0];
}

NOINLINE void app(void)
{
  volatile uint8_t locals[300];
  locals[3] = 1;
  for (uint32_t i = 0; i < 20; i++) {
    parse(i);
    handler(i);
  }
  sink += locals[3];
  done();
}

void via_asm(void);

/* A function whose author saves what it likes: no compiler knows. */
__attribute__((naked, noinline)) void bare(void)
{
  __asm volatile("push {r4, r5, r6, lr}\n bl one_block\n pop {r4, r5, r6, pc}");
}

NOINLINE void one_block(void) { parse(1); __asm volatile(""); }

NOINLINE void callback(void) { sink++; }

/* Assembly that pushes without a word to the call frame information: `word` is read for the return address. */
NOINLINE void pushes(uint32_t word)
{
  register uint32_t r0 __asm("r0") = word;
  register uint32_t r1 __asm("r1") = word;
  __asm volatile("push {r0, r1}\n bl one_block\n add sp, #8" : "+r"(r0), "+r"(r1) : : "r2", "r3", "r12", "lr", "memory");
  sink++;
}

__attribute__((noinline)) void fault(void) { *(volatile uint32_t *)0xFFFFFFF0 = 1; }

/* Holds its value over a reset: outside of what the ELF file initialises. */
#define RESET_COUNT (*(volatile uint32_t *)0x20008000)
#define AIRCR (*(volatile uint32_t *)0xE000ED0C)

static void reset_chip(void)
{
  RESET_COUNT++;
  AIRCR = 0x05FA0004;
  for (;;) sink++;
}

/* In the middle of an allocation, where a brown-out may come, the chip is reset; the third time it goes on. */
NOINLINE void resets(void)
{
  parse(1);
  sink += (uint32_t)take(40);
  sink += (uint32_t)take(RESET_COUNT == 2 ? 8 : RESET_SIZE);
}

#if defined(OTHER_STACK)
/* The application runs on another stack than the one whose end the vector table holds. */
__attribute__((naked)) int main(void)
{
  __asm volatile("push {r4, lr}\n ldr r4, =app_stack_top\n mov r3, sp\n mov sp, r4\n mov r4, r3\n bl app\n .ltorg");
}
#else
int main(void)
{
#if defined(DEEP)
  app();
#elif defined(RECURSION)
  down(20);
  down(126);
  down(127);
  down(300);
#elif defined(CIRCLES)
  via_asm();
  via_asm();
#elif defined(BARE)
  bare();
  parse(2);
#elif defined(PUSHES)
  callback();
  pushes(0);
  pushes((uint32_t)callback);
  parse(2);
#elif defined(FAULT)
  fault();
#elif defined(STUCK)
  for (;;) sink++;
#elif defined(ASLEEP)
  done();
#elif defined(RESETS)
  resets();
#endif
  done();
  return 0;
}
#endif

void reset_handler(void)
{
  main();
  done();
}

void fault_handler(void)
{
  for (;;) sink++;
}

extern char stack_top[];
__attribute__((section(".vectors"), used)) const void *const vectors[16] = {
  stack_top, reset_handler, fault_handler, fault_handler, fault_handler, fault_handler, fault_handler,
  /* Kept though nobody calls it: the allocator must be there in all programs. */
  [15] = app,
};
