// Mark and sweep. The roots are the interpreter's state, the registers and the stack. Conservative: any word that
// looks like the address of an allocation counts as a pointer to it.
#include "gc.h"
#include "gctable.h"
#include "state.h"

extern void *__stack_top[];

// Marks what `block`, itself marked already, leads to. A stack of block numbers instead of recursion: the C stack
// of a small board would not survive a long list.
static void gc_mark_subtree(size_t block)
{
    size_t *stack = mp_state_ctx.mem.gc_mark_stack;
    size_t depth = 0;
    for (;;) {
        void **words = address_of(block);
        for (size_t i = run_length(block) * (GC_BYTES_PER_BLOCK / sizeof(void *)); i > 0; i--, words++) {
            if (!is_block_address(*words) || kind_of(block_of(*words)) != AT_HEAD) {
                continue;
            }
            set_kind(block_of(*words), AT_MARK);
            if (depth < GC_MARK_STACK_SIZE) {
                stack[depth++] = block_of(*words);
            } else {
                mp_state_ctx.mem.gc_mark_stack_overflow = 1;
            }
        }
        if (depth == 0) {
            return;
        }
        block = stack[--depth];
    }
}

// Blocks that found no room on the mark stack are marked, but what they point to may not be: look at all again.
static void gc_deal_with_stack_overflow(void)
{
    while (mp_state_ctx.mem.gc_mark_stack_overflow) {
        mp_state_ctx.mem.gc_mark_stack_overflow = 0;
        for (size_t block = 0; block < total_blocks(); block++) {
            if (kind_of(block) == AT_MARK) {
                gc_mark_subtree(block);
            }
        }
    }
}

static void gc_sweep(void)
{
    for (size_t block = 0; block < total_blocks(); block++) {
        unsigned kind = kind_of(block);
        if (kind == AT_MARK) {
            set_kind(block, AT_HEAD);
        } else if (kind == AT_HEAD) {
            if (has_finaliser(block)) {
                set_finaliser(block, false);
                gc_finalise(address_of(block));
            }
            gc_release(block);
        }
    }
}

void gc_collect_start(void)
{
    mp_state_ctx.mem.gc_lock_depth++;
    mp_state_ctx.mem.gc_mark_stack_overflow = 0;
}

void gc_collect_root(void **ptrs, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (is_block_address(ptrs[i]) && kind_of(block_of(ptrs[i])) == AT_HEAD) {
            set_kind(block_of(ptrs[i]), AT_MARK);
            gc_mark_subtree(block_of(ptrs[i]));
        }
    }
}

void gc_collect_end(void)
{
    gc_deal_with_stack_overflow();
    gc_sweep();
    AREA.gc_last_free_atb_index = 0;
    mp_state_ctx.mem.gc_lock_depth--;
    mp_state_ctx.mem.gc_collections++;
}

void gc_collect(void)
{
    // Makes this function save every callee-saved register on its stack, where the scan below sees them.
    SPILL_REGISTERS();
    register void **stack_pointer __asm__("sp");

    gc_collect_start();
    gc_collect_root((void **)&mp_state_ctx.vm, sizeof(mp_state_ctx.vm) / sizeof(void *));
    gc_collect_root(stack_pointer - SPILLED_BELOW_STACK, (size_t)(__stack_top - stack_pointer) + SPILLED_BELOW_STACK);
    gc_collect_end();
}

void gc_sweep_all(void)
{
    gc_collect_start();
    gc_collect_end();
}
