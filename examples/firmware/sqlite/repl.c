/* The `sqlite> ` prompt: a line editor of one key, and a statement that may take several lines. */
#include "firmware.h"
#include "uart.h"

#include <stdio.h>
#include <string.h>

#define MAX_STATEMENT 512
#define BACKSPACE 0x08
#define DELETE 0x7F

/* Appends one typed line, without its end, to text. Characters beyond the capacity are dropped. */
static void read_line(char *text, size_t capacity)
{
    size_t start = strlen(text);
    size_t length = start;
    for (;;) {
        char c = uart_getc();
        if (c == '\r' || c == '\n') {
            uart_puts("\r\n");
            text[length] = '\0';
            return;
        }
        if (c == BACKSPACE || c == DELETE) {
            if (length > start) {
                length--;
                uart_puts("\b \b");
            }
        } else if (length + 1 < capacity) {
            text[length++] = c;
            uart_putc(c);
        }
    }
}

/* Complete, or as long as it can get. */
static int is_ready(const char *text)
{
    return sqlite3_complete(text) || strlen(text) + 2 >= MAX_STATEMENT;
}

__attribute__((noinline)) void sqlite_repl(sqlite3 *db)
{
    static char statement[MAX_STATEMENT];
    for (;;) {
        statement[0] = '\0';
        uart_puts("sqlite> ");
        read_line(statement, sizeof statement);
        while (statement[0] != '\0' && !is_ready(statement)) {
            strcat(statement, "\n");
            uart_puts("   ...> ");
            read_line(statement, sizeof statement);
        }
        if (db != NULL && statement[0] != '\0') {
            run_sql(db, statement);
        }
    }
}
