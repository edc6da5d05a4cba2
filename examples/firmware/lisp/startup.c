// The vector table and the way from reset to main().
#include <stdint.h>

extern uint32_t __stack_top[];
extern uint32_t __data_start[], __data_end[], __data_load[];
extern uint32_t __bss_start[], __bss_end[];

int main(void);
void Reset_Handler(void);

// Unexpected exceptions stay here, where a debugger finds them.
static void Default_Handler(void)
{
    for (;;) {
    }
}

void Reset_Handler(void)
{
    // Nothing called this function: tell unwinders that its return address does not exist, so that every
    // backtrace ends here instead of with whatever LR holds.
    __asm__ volatile(".cfi_undefined lr");

    const uint32_t *from = __data_load;
    for (uint32_t *to = __data_start; to < __data_end;) {
        *to++ = *from++;
    }
    for (uint32_t *to = __bss_start; to < __bss_end;) {
        *to++ = 0;
    }
    main();
    for (;;) {
    }
}

// ARMv6-M and ARMv7-M: the first stack pointer, then the 15 system exceptions. No interrupt is ever enabled.
typedef union {
    uint32_t *stack;
    void (*handler)(void);
} vector_t;

__attribute__((section(".vectors"), used)) static const vector_t vectors[16] = {
    { .stack = __stack_top },
    { .handler = Reset_Handler },
    { .handler = Default_Handler }, // NMI
    { .handler = Default_Handler }, // HardFault
    { .handler = Default_Handler }, // MemManage (ARMv7-M)
    { .handler = Default_Handler }, // BusFault (ARMv7-M)
    { .handler = Default_Handler }, // UsageFault (ARMv7-M)
    { .stack = 0 },
    { .stack = 0 },
    { .stack = 0 },
    { .stack = 0 },
    { .handler = Default_Handler }, // SVCall
    { .handler = Default_Handler }, // DebugMonitor (ARMv7-M)
    { .stack = 0 },
    { .handler = Default_Handler }, // PendSV
    { .handler = Default_Handler }, // SysTick
};
