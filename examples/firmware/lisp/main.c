// Boot, REPL, soft reboot; and the memory of the heap.
#include "board.h"
#include "bytes.h"
#if WAITS_FOR_KEY
#include "codepy.h"
#endif
#include "eval.h"
#include "gc.h"
#if INLINE_GC_INIT
#include "gcinit.h"
#endif
#include "print.h"
#include "repl.h"
#include "state.h"

extern const char boot_script[];

state_ctx_t mp_state_ctx;

// Enough for the boot scripts from the start: later, the bigger table may not find room in one piece.
#define GLOBALS_CAPACITY 64

static uint8_t heap[HEAP_BYTES] __attribute__((aligned(GC_BYTES_PER_BLOCK)));

static void runtime_init(void)
{
    memset(&mp_state_ctx, 0, sizeof(mp_state_ctx));
    gc_init(heap, heap + sizeof(heap));
    mp_state_ctx.vm.globals = dict_new(GLOBALS_CAPACITY);
    obj_t t = intern("t", 1);
    mp_state_ctx.vm.truth = (symbol_t *)t;
    dict_put(mp_state_ctx.vm.globals, t, t);
}

static void run_boot_script(void)
{
    for (int i = 0; i < BOOT_REPEAT; i++) {
        eval_and_report(boot_script, false);
    }
}

int main(void)
{
    board_init();
    // What a virtual machine that is thrown away leaves behind: nothing is swept, the next one begins on a new heap.
    for (int i = 0; i < BOOT_RESTARTS; i++) {
        runtime_init();
        run_boot_script();
    }
    for (;;) {
        runtime_init();
#if WAITS_FOR_KEY
        display_background();
        run_code_py(run_boot_script);
#else
        run_boot_script();
#endif
#if INLINE_REPL
        run_repl();
#else
        pyexec_friendly_repl();
#endif
        gc_sweep_all();
        print_text("soft reboot\n");
    }
}
