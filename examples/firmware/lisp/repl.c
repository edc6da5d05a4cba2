#include "repl.h"

#include "board.h"
#include "error.h"
#include "eval.h"
#include "print.h"
#include "reader.h"
#include "state.h"

#define CTRL_C 3
#define CTRL_D 4
#define BACKSPACE 8
#define DELETE 127
#define BELL '\a'

#define INPUT_SIZE 256

static char input[INPUT_SIZE];

typedef enum { LINE_DONE, LINE_CANCELLED, LINE_END_OF_INPUT } line_result_t;

// Appends one line, with its newline, to what `input` holds up to *length.
static line_result_t read_line(size_t *length)
{
    const size_t start = *length;
    for (;;) {
        char c = board_get_char();
        if (c == CTRL_C) {
            print_text("\n");
            return LINE_CANCELLED;
        }
        if (c == CTRL_D && *length == 0) {
            print_text("\n");
            return LINE_END_OF_INPUT;
        }
        if (c == '\r' || c == '\n') {
            print_text("\n");
            input[(*length)++] = '\n';
            input[*length] = '\0';
            return LINE_DONE;
        }
        if ((c == BACKSPACE || c == DELETE) && *length > start) {
            (*length)--;
            print_text("\b \b");
        } else if (c >= ' ' && c < DELETE) {
            // Two bytes are kept for the newline and the end.
            if (*length < INPUT_SIZE - 2) {
                input[(*length)++] = c;
                board_put_char(c);
            } else {
                board_put_char(BELL);
            }
        }
    }
}

// Reads lines until all parentheses are closed.
static line_result_t read_input(void)
{
    size_t length = 0;
    print_text(">>> ");
    for (;;) {
        line_result_t result = read_line(&length);
        if (result != LINE_DONE || open_parentheses(input) <= 0 || length >= INPUT_SIZE - 2) {
            return result;
        }
        print_text("... ");
    }
}

#if INLINE_REPL
static inline __attribute__((always_inline)) void pyexec_friendly_repl(void)
#else
__attribute__((noinline)) void pyexec_friendly_repl(void)
#endif
{
    while (!mp_state_ctx.reset_requested) {
        line_result_t result = read_input();
        if (result == LINE_END_OF_INPUT) {
            return;
        }
        if (result == LINE_DONE) {
            eval_and_report(input, true);
        }
    }
}

#if INLINE_REPL
__attribute__((noinline)) void run_repl(void)
{
    print_text("Lisp for microcontrollers\n");
    pyexec_friendly_repl();
    print_text("\n");
}
#endif
