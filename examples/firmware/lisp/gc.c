// A mark-and-sweep heap of 16-byte blocks, laid out in memory as MicroPython's (gctable.h): allocation.
#include "gc.h"

#include "bytes.h"
#if !INLINE_GC_INIT
#include "gcinit.h"
#endif
#include "gctable.h"
#include "state.h"

#if LOG_HEAP_ACTIVITY
// -O0 and noipa: the arguments stay where the debugger looks, and no caller learns that the call has no effect.
__attribute__((noinline, noipa, optimize("O0"))) void gc_log_change(uint32_t start_block, uint32_t length)
{
    (void)start_block;
    (void)length;
}
#endif

static size_t blocks_for(size_t n_bytes)
{
    return (n_bytes + GC_BYTES_PER_BLOCK - 1) / GC_BYTES_PER_BLOCK;
}

static void note_free(size_t block)
{
    if (block / BLOCKS_PER_ATB < AREA.gc_last_free_atb_index) {
        AREA.gc_last_free_atb_index = block / BLOCKS_PER_ATB;
    }
}

// Frees the allocation whose head is `block`. The log comes first: the debugger can still see how long it was.
void gc_release(size_t block)
{
    gc_log_change(block, 0);
    do {
        set_kind(block, AT_FREE);
        block++;
    } while (kind_of(block) == AT_TAIL);
}

// Returns the first of `wanted` free blocks in a row, or total_blocks().
static size_t find_free_run(size_t wanted)
{
    size_t end = total_blocks();
    size_t found = 0;
    for (size_t block = AREA.gc_last_free_atb_index * BLOCKS_PER_ATB; block < end; block++) {
        found = kind_of(block) == AT_FREE ? found + 1 : 0;
        if (found == wanted) {
            return block + 1 - wanted;
        }
    }
    return end;
}

void *gc_alloc(size_t n_bytes, unsigned alloc_flags)
{
    size_t wanted = blocks_for(n_bytes);
    if (wanted == 0 || mp_state_ctx.mem.gc_lock_depth > 0) {
        return NULL;
    }

    size_t block = find_free_run(wanted);
    if (block == total_blocks()) {
        gc_collect();
        block = find_free_run(wanted);
        if (block == total_blocks()) {
            return NULL;
        }
    }
    // Only a search for one block has looked at every free one on its way.
    if (wanted == 1) {
        AREA.gc_last_free_atb_index = (block + 1) / BLOCKS_PER_ATB;
    }

    gc_log_change(block, wanted);
    set_kind(block, AT_HEAD);
    for (size_t i = 1; i < wanted; i++) {
        set_kind(block + i, AT_TAIL);
    }
    if (alloc_flags & GC_ALLOC_FLAG_HAS_FINALISER) {
        set_finaliser(block, true);
    }

    // Stale pointers in new memory would keep dead objects alive.
    void *ptr = address_of(block);
    memset(ptr, 0, wanted * GC_BYTES_PER_BLOCK);
    return ptr;
}

void gc_free(void *ptr)
{
    if (ptr == NULL || mp_state_ctx.mem.gc_lock_depth > 0) {
        return;
    }
    size_t block = block_of(ptr);
    set_finaliser(block, false);
    note_free(block);
    gc_release(block);
}

// Makes the allocation at `block` longer or shorter; what it grows into must be free.
static void resize_in_place(size_t block, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        set_kind(block + i, AT_TAIL);
    }
    for (size_t i = to; i < from; i++) {
        set_kind(block + i, AT_FREE);
    }
    gc_log_change(block, to);
}

static bool can_grow(size_t block, size_t from, size_t to)
{
    if (to > total_blocks() - block) {
        return false;
    }
    for (size_t i = from; i < to; i++) {
        if (kind_of(block + i) != AT_FREE) {
            return false;
        }
    }
    return true;
}

static void *move(void *ptr, size_t owned_bytes, size_t n_bytes)
{
    unsigned flags = has_finaliser(block_of(ptr)) ? GC_ALLOC_FLAG_HAS_FINALISER : 0;
    void *moved = gc_alloc(n_bytes, flags);
    if (moved != NULL) {
        memcpy(moved, ptr, owned_bytes);
        gc_free(ptr);
    }
    return moved;
}

void *gc_realloc(void *ptr, size_t n_bytes, bool allow_move)
{
    if (ptr == NULL) {
        return gc_alloc(n_bytes, 0);
    }
    if (n_bytes == 0) {
        gc_free(ptr);
        return NULL;
    }
    if (mp_state_ctx.mem.gc_lock_depth > 0) {
        return NULL;
    }

    size_t block = block_of(ptr);
    size_t owned = run_length(block);
    size_t wanted = blocks_for(n_bytes);
    if (wanted == owned) {
        return ptr;
    }
    if (wanted < owned) {
        resize_in_place(block, owned, wanted);
        note_free(block + wanted);
        return ptr;
    }
    if (can_grow(block, owned, wanted)) {
        resize_in_place(block, owned, wanted);
        memset(address_of(block + owned), 0, (wanted - owned) * GC_BYTES_PER_BLOCK);
        return ptr;
    }
    return allow_move ? move(ptr, owned * GC_BYTES_PER_BLOCK, n_bytes) : NULL;
}

gc_info_t gc_info(void)
{
    gc_info_t info = { .total_blocks = total_blocks(), .used_blocks = 0 };
    for (size_t block = 0; block < info.total_blocks; block++) {
        info.used_blocks += kind_of(block) != AT_FREE;
    }
    return info;
}
