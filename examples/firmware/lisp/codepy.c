#include "codepy.h"

#include "board.h"
#include "print.h"

static volatile bool file_saved;

#if WAITS_FOR_KEY == 1
__attribute__((noinline)) bool autoreload_ready(void)
#else
static inline __attribute__((always_inline)) bool asks_for_reload(void)
#endif
{
    return file_saved;
}

#if WAITS_FOR_KEY != 1
// A link-time optimiser leaves nothing to break on.
#define autoreload_ready asks_for_reload
#endif

__attribute__((noinline)) void display_background(void)
{
    if (autoreload_ready()) {
        return;
    }
}

__attribute__((noinline)) void run_code_py(void (*script)(void))
{
    bool printed = false;
    script();
    print_text("\nCode done running.\n");
    for (;;) {
        if (autoreload_ready()) {
            return;
        }
        if (printed) {
            board_get_char();
            return;
        }
        print_text("\nPress any key to enter the REPL. Use CTRL-D to reload.\n");
        printed = true;
    }
}
