// The port goes to its REPL at once. Here a frozen script runs before that, as main.py does on a board.
#include "py/mpconfig.h"
#include "py/misc.h"
#include "shared/runtime/pyexec.h"

// The linker is told which: its address is the number, from 1, because compilers take no address for 0.
extern char run_script;
static const char *const scripts[] = { "demo.py", "probes.py" };

int __real_pyexec_friendly_repl(void);
int __wrap_pyexec_friendly_repl(void);

int __wrap_pyexec_friendly_repl(void) {
    pyexec_frozen_module(scripts[(size_t)&run_script - 1], false);
    return __real_pyexec_friendly_repl();
}
