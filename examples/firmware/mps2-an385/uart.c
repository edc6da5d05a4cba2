/* The CMSDK APB UART (Arm DDI 0479, section 4.3), polled. */
#include "uart.h"

#include <stdint.h>

struct cmsdk_uart {
    volatile uint32_t data;
    volatile uint32_t state;
    volatile uint32_t control;
    volatile uint32_t interrupt_clear;
    volatile uint32_t baud_divider;
};

#define UART0 ((struct cmsdk_uart *)0x40004000)
#define STATE_TX_FULL (1u << 0)
#define STATE_RX_FULL (1u << 1)
#define CONTROL_TX_ENABLE (1u << 0)
#define CONTROL_RX_ENABLE (1u << 1)
#define CONTROL_RX_INTERRUPT (1u << 3)
#define INTERRUPT_RX (1u << 1)

#define NVIC_ENABLE (*(volatile uint32_t *)0xE000E100)
#define NVIC_CLEAR_PENDING (*(volatile uint32_t *)0xE000E280)
#define UART0_RX_IRQ 0u

void uart_init(void)
{
    UART0->baud_divider = 217; /* 25 MHz / 115200 */
    UART0->control = CONTROL_TX_ENABLE | CONTROL_RX_ENABLE;
}

void uart_putc(char c)
{
    while (UART0->state & STATE_TX_FULL) {
    }
    UART0->data = (uint8_t)c;
}

void uart_puts(const char *text)
{
    while (*text != '\0') {
        uart_putc(*text++);
    }
}

char uart_getc(void)
{
    /* A masked interrupt still ends WFI, so the core sleeps here without a handler. */
    __asm volatile("cpsid i");
    UART0->control |= CONTROL_RX_INTERRUPT;
    NVIC_ENABLE = 1u << UART0_RX_IRQ;
    while (!(UART0->state & STATE_RX_FULL)) {
        __asm volatile("wfi");
    }
    char c = (char)UART0->data;
    UART0->control &= ~CONTROL_RX_INTERRUPT;
    UART0->interrupt_clear = INTERRUPT_RX;
    NVIC_CLEAR_PENDING = 1u << UART0_RX_IRQ;
    __asm volatile("cpsie i");
    return c;
}
