// QEMU's virt machine: a 16550 UART (TL16C550C datasheet, chapter 8).
#include "board.h"

#include <stdint.h>

#define UART_BASE 0x10000000u
#define UART_REG(offset) (*(volatile uint8_t *)(UART_BASE + (offset)))

#define DATA UART_REG(0)
#define LINE_CONTROL UART_REG(3)
#define LINE_STATUS UART_REG(5)

#define LINE_8N1 3u
#define STATUS_RX_READY (1u << 0)
#define STATUS_TX_EMPTY (1u << 5)

void board_init(void)
{
    LINE_CONTROL = LINE_8N1;
}

void board_put_char(char c)
{
    while (!(LINE_STATUS & STATUS_TX_EMPTY)) {
    }
    DATA = (uint8_t)c;
}

char board_get_char(void)
{
    while (!(LINE_STATUS & STATUS_RX_READY)) {
    }
    return (char)DATA;
}
