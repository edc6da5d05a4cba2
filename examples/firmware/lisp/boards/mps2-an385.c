// MPS2 AN385: the first CMSDK APB UART (Cortex-M System Design Kit TRM, section 4.3).
#include "board.h"

#include <stdint.h>

#define UART_BASE 0x40004000u
#define UART_REG(offset) (*(volatile uint32_t *)(UART_BASE + (offset)))

#define DATA UART_REG(0x00)
#define STATE UART_REG(0x04)
#define CTRL UART_REG(0x08)
#define BAUDDIV UART_REG(0x10)

#define STATE_TX_FULL 1u
#define STATE_RX_FULL 2u
#define CTRL_TX_ENABLE 1u
#define CTRL_RX_ENABLE 2u

// 25 MHz / 217 = 115207 baud.
#define DIVIDER_115200 217u

void board_init(void)
{
    BAUDDIV = DIVIDER_115200;
    CTRL = CTRL_TX_ENABLE | CTRL_RX_ENABLE;
}

void board_put_char(char c)
{
    while (STATE & STATE_TX_FULL) {
    }
    DATA = (uint8_t)c;
}

char board_get_char(void)
{
    while (!(STATE & STATE_RX_FULL)) {
    }
    return (char)DATA;
}
