/* The 16550 UART of QEMU's virt machine (TL16C550C datasheet, chapter 8), polled. */
#include "uart.h"

#include <stdint.h>

#define UART_REG(offset) (*(volatile uint8_t *)(0x10000000u + (offset)))
#define DATA UART_REG(0)
#define LINE_CONTROL UART_REG(3)
#define LINE_STATUS UART_REG(5)
#define LINE_8N1 3u
#define STATUS_RX_READY (1u << 0)
#define STATUS_TX_EMPTY (1u << 5)

void uart_init(void)
{
    LINE_CONTROL = LINE_8N1;
}

void uart_putc(char c)
{
    while (!(LINE_STATUS & STATUS_TX_EMPTY)) {
    }
    DATA = (uint8_t)c;
}

void uart_puts(const char *text)
{
    while (*text != '\0') {
        uart_putc(*text++);
    }
}

char uart_getc(void)
{
    while (!(LINE_STATUS & STATUS_RX_READY)) {
    }
    return (char)DATA;
}
