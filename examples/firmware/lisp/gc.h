// A mark-and-sweep heap of 16-byte blocks.
#ifndef GC_H
#define GC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GC_BYTES_PER_BLOCK 16u

// With this flag the block's owner is told before the block is swept: see gc_finalise().
#define GC_ALLOC_FLAG_HAS_FINALISER 1u

typedef struct {
    size_t total_blocks;
    size_t used_blocks;
} gc_info_t;

// Makes [start, end) an empty heap and forgets any heap there was.
#if !INLINE_GC_INIT
void gc_init(void *start, void *end);
#endif

// Returns zeroed memory, or NULL when there is not enough in one piece even after a collection.
void *gc_alloc(size_t n_bytes, unsigned alloc_flags);

// Returns memory with the old contents, at the old address if possible and always if !allow_move; NULL leaves
// the old memory as it is. A NULL pointer is allocated, a size of 0 frees.
void *gc_realloc(void *ptr, size_t n_bytes, bool allow_move);
void gc_free(void *ptr);

// A collection is gc_collect_start(), gc_collect_root() for each range that may hold pointers, gc_collect_end().
void gc_collect_start(void);
void gc_collect_root(void **ptrs, size_t len);
void gc_collect_end(void);

// Collects with the stack, the registers and the interpreter's state as roots (gccollect.c).
void gc_collect(void);

// Runs all finalisers and frees every block.
void gc_sweep_all(void);

// Called by the sweep with each dead object that was allocated with GC_ALLOC_FLAG_HAS_FINALISER (stream.c).
// It must not allocate.
void gc_finalise(void *ptr);

gc_info_t gc_info(void);

#if LOG_HEAP_ACTIVITY
// Does nothing: a debugger breaks on it to see every change of the heap.
// length > 0: `length` blocks from start_block are now one allocation (new, or resized in place).
// length = 0: the allocation at start_block is gone (freed, or swept).
void gc_log_change(uint32_t start_block, uint32_t length);
#else
static inline void gc_log_change(uint32_t start_block, uint32_t length)
{
    (void)start_block;
    (void)length;
}
#endif

#endif
