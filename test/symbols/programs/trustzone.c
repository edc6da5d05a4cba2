/*
 * For qemu's mps2-an505: the secure SysTick interrupts the non-secure state and allocates in its handler. What was interrupted lies on
 * the non-secure stack (EXC_RETURN with S = 0, ES = 1), whose pointer a capture does not have.
 */
#include <stdint.h>

#define WORD(address) (*(volatile uint32_t *)(address))
extern char stack_top[], ns_begin[], ns_end[], ns_load[];

__attribute__((noinline, used)) void finished(void) {
  for (;;) __asm volatile("wfi");
}

/* The non-secure world: a vector table, a stack, a loop in functions. */
__attribute__((section(".ns_data"), aligned(8))) uint32_t ns_stack[128] = {1};
__attribute__((section(".ns_data"))) volatile uint32_t ns_count = 1;
__attribute__((section(".ns"), noinline)) uint32_t ns_inner(uint32_t n) {
  volatile uint32_t local[4]; /* no initialiser: memset would be a call into the secure state */
  local[0] = n;
  for (uint32_t i = 0; i < 500; i++) ns_count += local[0] + i;
  return local[0];
}
__attribute__((section(".ns"), noinline)) uint32_t ns_outer(uint32_t n) {
  volatile uint32_t local[8];
  local[0] = n;
  local[1] = ns_inner(local[0]);
  return local[1] + ns_count;
}
__attribute__((section(".ns"))) void ns_reset(void) {
  for (;;) ns_outer(ns_count);
}
__attribute__((section(".ns_vectors"), used)) const void *const ns_vectors[16] = {ns_stack + 128, (void *)ns_reset};

/* The secure world: an allocator of one line, a handler that uses it. */
static char heap[4096];
static unsigned used, ticks;
__attribute__((noinline, used)) void *heap_alloc(unsigned size) {
  void *block = heap + used;
  used += (size + 7) & ~7u;
  return used > sizeof heap ? 0 : block;
}
__attribute__((noinline, used)) void heap_free(void *block) { __asm volatile("" ::"r"(block) : "memory"); }
__attribute__((noinline)) static void work(unsigned size) {
  heap_free(heap_alloc(size));
  __asm volatile("" ::: "memory");
}
void SysTick_Handler(void) {
  work(16 + ticks);
  if (++ticks == 4) finished();
}

void Reset_Handler(void) {
  const uint32_t mpc = 0x58009000; /* opens the non-secure SRAM's protection controller */
  WORD(mpc) &= ~(1u << 8);
  for (uint32_t i = 0, last = WORD(mpc + 0x10); i <= last; i++) {
    WORD(mpc + 0x18) = i;
    WORD(mpc + 0x1c) = 0xffffffff;
  }
  WORD(0xE000EDD0) = 2; /* SAU: all that the IDAU does not say is non-secure */
  __asm volatile("dsb\nisb");
  for (uint32_t i = 0; i < (uint32_t)(ns_end - ns_begin); i++) ns_begin[i] = ns_load[i];
  WORD(0xE002ED08) = (uint32_t)ns_begin; /* VTOR_NS */
  __asm volatile("msr msp_ns, %0" ::"r"(ns_stack + 128));
  work(8);
  WORD(0xE000E014) = 20000;
  WORD(0xE000E018) = 0;
  WORD(0xE000E010) = 7;
  typedef void __attribute__((cmse_nonsecure_call)) NonSecure(void);
  ((NonSecure *)((uint32_t)ns_reset & ~1u))();
}
static void Default_Handler(void) {
  for (;;) {}
}
__attribute__((section(".vectors"), used)) static const void *const vectors[16] = {
    stack_top, (void *)Reset_Handler, (void *)Default_Handler, (void *)Default_Handler, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, (void *)SysTick_Handler,
};
