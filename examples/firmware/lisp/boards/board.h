// What the interpreter needs from a board: a UART to talk to its user.
#ifndef BOARD_H
#define BOARD_H

void board_init(void);

// Sends one byte; waits until the UART takes it.
void board_put_char(char c);

// Waits for one byte and returns it.
char board_get_char(void);

#endif
