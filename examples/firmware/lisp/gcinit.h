// Makes the heap. A header, so that it can be inlined where a link-time optimiser would do that (INLINE_GC_INIT): the ELF
// file then has no gc_init to break on.
#ifndef GCINIT_H
#define GCINIT_H

#include "bytes.h"
#include "gc.h"
#include "gctable.h"

// The gap stays 0, that is "free": walking along the tails of the last block ends there without a bounds check.
#define GAP_BYTES 1u

// Bits of heap that a block costs: its own, 2 in the allocation table, 1 in the finaliser table.
#define BITS_PER_BLOCK (GC_BYTES_PER_BLOCK * 8 + 2 + 1)

#if INLINE_GC_INIT
static inline __attribute__((always_inline))
#endif
void gc_init(void *start, void *end)
{
    uintptr_t limit = (uintptr_t)end & ~(uintptr_t)(GC_BYTES_PER_BLOCK - 1);
    size_t total_bytes = limit - (uintptr_t)start;
    size_t table_bytes = (total_bytes - GAP_BYTES) * 8 / BITS_PER_BLOCK / BLOCKS_PER_ATB;
    size_t blocks = table_bytes * BLOCKS_PER_ATB;
    size_t finaliser_bytes = (blocks + BLOCKS_PER_FTB - 1) / BLOCKS_PER_FTB;

    AREA.gc_alloc_table_start = start;
    AREA.gc_alloc_table_byte_len = table_bytes;
    AREA.gc_finaliser_table_start = AREA.gc_alloc_table_start + table_bytes + GAP_BYTES;
    AREA.gc_pool_start = (uint8_t *)(limit - blocks * GC_BYTES_PER_BLOCK);
    AREA.gc_pool_end = (uint8_t *)limit;
    AREA.gc_last_free_atb_index = 0;
    AREA.next = NULL;
    mp_state_ctx.mem.gc_lock_depth = 0;
    memset(start, 0, table_bytes + GAP_BYTES + finaliser_bytes);
}

#endif
