/* The machine timer (RISC-V privileged architecture, 3.2.1; QEMU's CLINT). Its handler allocates, if the allocator is free. */
#include "timer-riscv.h"
#include "allocator.h"
#include "heap-lock.h"
#include "timer.h"

#include <stddef.h>
#include <stdint.h>

#define TIME_LOW (*(volatile uint32_t *)0x0200BFF8)
#define COMPARE_LOW (*(volatile uint32_t *)0x02004000)
#define COMPARE_HIGH (*(volatile uint32_t *)0x02004004)
#define NEVER 0xffffffffu
#define DELAY_TICKS 5u
#define SAMPLE_BYTES 20u

static volatile unsigned interrupts;
static volatile enum timer_purpose armed_for;
static void *latest_sample;

void timer_init(void)
{
    COMPARE_HIGH = NEVER;
}

/* The firmware is done long before the low word of the time runs over. */
void timer_arm(enum timer_purpose purpose)
{
    armed_for = purpose;
    COMPARE_LOW = TIME_LOW + DELAY_TICKS;
    COMPARE_HIGH = 0;
}

void run_until_timer_interrupt(void)
{
    unsigned before = interrupts;
    timer_arm(TIMER_SAMPLE);
    while (interrupts == before) {
    }
}

/* A sample in place of the one before. An interrupt cannot wait: while a task is in the allocator it is skipped. */
static void take_sample(void)
{
    interrupts++;
    if (heap_is_locked()) {
        return;
    }
    void *sample = allocate(SAMPLE_BYTES + interrupts % 8);
    release(latest_sample);
    latest_sample = sample;
}

int timer_handler(void)
{
    enum timer_purpose purpose = armed_for;
    COMPARE_HIGH = NEVER;
    armed_for = TIMER_OFF;
    if (purpose == TIMER_SAMPLE) {
        take_sample();
    }
    return purpose == TIMER_SLICE;
}
