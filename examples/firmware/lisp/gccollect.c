// The roots of a collection. Conservative: any word that looks like the address of a block counts as a pointer.
#include "gc.h"
#include "state.h"

extern void *__stack_top[];

void gc_collect(void)
{
    // Makes this function save every callee-saved register on its stack, where the scan below sees them.
    __builtin_unwind_init();
    register void **stack_pointer __asm__("sp");

    gc_collect_start();
    gc_collect_root((void **)&mp_state_ctx.vm, sizeof(mp_state_ctx.vm) / sizeof(void *));
    gc_collect_root(stack_pointer, (size_t)(__stack_top - stack_pointer));
    gc_collect_end();
}
