// micro:bit v1: the UART of the nRF51822 (nRF51 Series Reference Manual, chapter 29).
#include "board.h"

#include <stdint.h>

#define UART_BASE 0x40002000u
#define UART_REG(offset) (*(volatile uint32_t *)(UART_BASE + (offset)))

#define TASKS_STARTRX UART_REG(0x000)
#define TASKS_STARTTX UART_REG(0x008)
#define EVENTS_RXDRDY UART_REG(0x108)
#define EVENTS_TXDRDY UART_REG(0x11C)
#define ENABLE UART_REG(0x500)
#define PSELTXD UART_REG(0x50C)
#define PSELRXD UART_REG(0x514)
#define RXD UART_REG(0x518)
#define TXD UART_REG(0x51C)
#define BAUDRATE UART_REG(0x524)

// The pins that the interface chip's USB serial port is wired to.
#define PIN_TX 24
#define PIN_RX 25
#define ENABLE_UART 4
#define BAUD_115200 0x01D7E000u

void board_init(void)
{
    PSELTXD = PIN_TX;
    PSELRXD = PIN_RX;
    BAUDRATE = BAUD_115200;
    ENABLE = ENABLE_UART;
    TASKS_STARTTX = 1;
    TASKS_STARTRX = 1;
}

void board_put_char(char c)
{
    EVENTS_TXDRDY = 0;
    TXD = (uint8_t)c;
    while (EVENTS_TXDRDY == 0) {
    }
}

char board_get_char(void)
{
    while (EVENTS_RXDRDY == 0) {
    }
    EVENTS_RXDRDY = 0;
    return (char)RXD;
}
