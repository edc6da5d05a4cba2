// All state of the interpreter, in one global that a debugger can read by name.
//
// The names of mp_state_ctx, its `mem.area` and the gc_* fields are those of MicroPython's runtime, so that tools
// which read that heap can read this one.
#ifndef STATE_H
#define STATE_H

#include <stddef.h>
#include <stdint.h>

// How many marked blocks may wait for their contents to be scanned. Beyond that the collector rescans the heap.
#define GC_MARK_STACK_SIZE 32

struct symbol;
struct dict;
struct catch_point;

// The roots of the heap: gc_collect() scans this structure word by word.
typedef struct {
    struct dict *globals;
    struct symbol **symbols;
    size_t symbol_count;
    size_t symbol_capacity;
    struct symbol *truth;
} state_vm_t;

// One heap: its two tables and its pool of blocks, see gc.c.
typedef struct gc_area {
    uint8_t *gc_alloc_table_start;
    size_t gc_alloc_table_byte_len;
    uint8_t *gc_finaliser_table_start;
    uint8_t *gc_pool_start;
    uint8_t *gc_pool_end;
    // No block below this byte of the allocation table is free.
    size_t gc_last_free_atb_index;
    // The next area of a split heap (gcareas.c); always NULL in gc.c.
    struct gc_area *next;
} gc_area_t;

typedef struct {
    gc_area_t area;
    size_t gc_lock_depth;
    size_t gc_mark_stack_overflow;
    size_t gc_mark_stack[GC_MARK_STACK_SIZE];
    // Counts since reset, for the (mem) function.
    size_t gc_collections;
} state_mem_t;

typedef struct {
    state_vm_t vm;
    state_mem_t mem;
    struct catch_point *catch_top;
    uint32_t reset_requested;
} state_ctx_t;

extern state_ctx_t mp_state_ctx;

#endif
