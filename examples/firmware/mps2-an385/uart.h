#ifndef UART_H
#define UART_H

#ifdef __cplusplus
extern "C" {
#endif

/* UART0 of the board. Nothing here allocates. */
void uart_init(void);
void uart_putc(char c);
void uart_puts(const char *text);

/* Sleeps until a character arrives. */
char uart_getc(void);

#ifdef __cplusplus
}
#endif

#endif
