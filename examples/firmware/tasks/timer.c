/* The CMSDK timer 0 (Arm DDI 0479, section 4.2). Its handler allocates, if the allocator is free. */
#include "timer.h"
#include "allocator.h"
#include "heap-lock.h"

#include <stddef.h>
#include <stdint.h>

struct cmsdk_timer {
    volatile uint32_t control;
    volatile uint32_t value;
    volatile uint32_t reload;
    volatile uint32_t interrupt_clear;
};

#define TIMER0 ((struct cmsdk_timer *)0x40000000)
#define CONTROL_ENABLE (1u << 0)
#define CONTROL_INTERRUPT (1u << 3)
#define NVIC_ENABLE (*(volatile uint32_t *)0xE000E100)
#define TIMER0_IRQ 8u
#define DELAY_CYCLES 100u
#define SAMPLE_BYTES 20u

static volatile unsigned interrupts;
static void *latest_sample;

void timer0_handler(void);

void timer_init(void)
{
    NVIC_ENABLE = 1u << TIMER0_IRQ;
}

void run_until_timer_interrupt(void)
{
    unsigned before = interrupts;
    TIMER0->reload = DELAY_CYCLES;
    TIMER0->value = DELAY_CYCLES;
    TIMER0->control = CONTROL_ENABLE | CONTROL_INTERRUPT;
    while (interrupts == before) {
    }
}

/* A sample in place of the one before. An interrupt cannot wait: while a task is in the allocator it is skipped. */
void timer0_handler(void)
{
    TIMER0->control = 0;
    TIMER0->interrupt_clear = 1;
    interrupts++;
    if (heap_is_locked()) {
        return;
    }
    void *sample = allocate(SAMPLE_BYTES + interrupts % 8);
    release(latest_sample);
    latest_sample = sample;
}
