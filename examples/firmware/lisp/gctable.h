// The tables of the heap: for gc.c and gccollect.c only.
//
//   start                                                                        end, down to 16
//   | allocation table: A bytes | gap: 1 | finaliser table: ceil(4A/8) | (slack) | pool: 4A blocks |
//
// The allocation table has 2 bits a block, the lowest bits of a byte first. An allocation is a head and its tails.
#ifndef GCTABLE_H
#define GCTABLE_H

#include "gc.h"
#include "state.h"

enum { AT_FREE = 0, AT_HEAD = 1, AT_TAIL = 2, AT_MARK = 3 };

#define BLOCKS_PER_ATB 4u
#define BLOCKS_PER_FTB 8u

#define AREA (mp_state_ctx.mem.area)

static inline unsigned kind_of(size_t block)
{
    return (AREA.gc_alloc_table_start[block / BLOCKS_PER_ATB] >> (block % BLOCKS_PER_ATB * 2)) & 3u;
}

static inline void set_kind(size_t block, unsigned kind)
{
    uint8_t *entry = &AREA.gc_alloc_table_start[block / BLOCKS_PER_ATB];
    unsigned shift = block % BLOCKS_PER_ATB * 2;
    *entry = (uint8_t)((*entry & ~(3u << shift)) | (kind << shift));
}

static inline bool has_finaliser(size_t block)
{
    return (AREA.gc_finaliser_table_start[block / BLOCKS_PER_FTB] >> (block % BLOCKS_PER_FTB)) & 1u;
}

static inline void set_finaliser(size_t block, bool on)
{
    uint8_t *entry = &AREA.gc_finaliser_table_start[block / BLOCKS_PER_FTB];
    uint8_t bit = (uint8_t)(1u << (block % BLOCKS_PER_FTB));
    *entry = (uint8_t)(on ? *entry | bit : *entry & ~bit);
}

static inline size_t total_blocks(void)
{
    return AREA.gc_alloc_table_byte_len * BLOCKS_PER_ATB;
}

static inline size_t block_of(const void *ptr)
{
    return (size_t)((const uint8_t *)ptr - AREA.gc_pool_start) / GC_BYTES_PER_BLOCK;
}

static inline void *address_of(size_t block)
{
    return AREA.gc_pool_start + block * GC_BYTES_PER_BLOCK;
}

static inline bool is_block_address(const void *ptr)
{
    return (uintptr_t)ptr % GC_BYTES_PER_BLOCK == 0 && (const uint8_t *)ptr >= AREA.gc_pool_start
        && (const uint8_t *)ptr < AREA.gc_pool_end;
}

// The length of the allocation whose head is `block`.
static inline size_t run_length(size_t block)
{
    size_t length = 1;
    while (kind_of(block + length) == AT_TAIL) {
        length++;
    }
    return length;
}

// Frees the allocation whose head is `block` (gc.c).
void gc_release(size_t block);

// Puts the registers of all callers on the stack, where the collector looks; from so many words below the stack pointer on.
#ifdef __XTENSA_WINDOWED_ABI__
void spill_windows(void);
#define SPILL_REGISTERS() spill_windows()
#define SPILLED_BELOW_STACK 4
#else
#define SPILL_REGISTERS() __builtin_unwind_init()
#define SPILLED_BELOW_STACK 0
#endif

#endif
