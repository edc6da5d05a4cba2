// The heap of gc.c and gccollect.c in several areas, as MicroPython's with MICROPY_GC_SPLIT_HEAP: each area has its own
// tables and its own block numbers, counted from 0; gc_log_change() does not tell the area. A last area is added when
// the others are full (MICROPY_GC_SPLIT_HEAP_AUTO).
#include "bytes.h"
#include "gc.h"
#include "state.h"

extern void *__stack_top[];

enum { AT_FREE = 0, AT_HEAD = 1, AT_TAIL = 2, AT_MARK = 3 };

#define BLOCKS_PER_ATB 4u
#define BLOCKS_PER_FTB 8u
#define GAP_BYTES 1u
#define BITS_PER_BLOCK (GC_BYTES_PER_BLOCK * 8 + 2 + 1)
#define NO_BLOCK ((size_t)-1)

// How the heap's memory is cut: the first area has its half, the second a quarter, the one that comes late the rest.
#define FIRST_AREA_PART 2
#define LATER_AREA_PART 4

static gc_area_t later_areas[2];
static uint8_t *spare_start, *spare_end;

#if LOG_HEAP_ACTIVITY
__attribute__((noinline, noipa, optimize("O0"))) void gc_log_change(uint32_t start_block, uint32_t length)
{
    (void)start_block;
    (void)length;
}
#endif

// --- Tables ---

static unsigned kind_of(const gc_area_t *area, size_t block)
{
    return (area->gc_alloc_table_start[block / BLOCKS_PER_ATB] >> (block % BLOCKS_PER_ATB * 2)) & 3u;
}

static void set_kind(gc_area_t *area, size_t block, unsigned kind)
{
    uint8_t *entry = &area->gc_alloc_table_start[block / BLOCKS_PER_ATB];
    unsigned shift = block % BLOCKS_PER_ATB * 2;
    *entry = (uint8_t)((*entry & ~(3u << shift)) | (kind << shift));
}

static bool has_finaliser(const gc_area_t *area, size_t block)
{
    return (area->gc_finaliser_table_start[block / BLOCKS_PER_FTB] >> (block % BLOCKS_PER_FTB)) & 1u;
}

static void set_finaliser(gc_area_t *area, size_t block, bool on)
{
    uint8_t *entry = &area->gc_finaliser_table_start[block / BLOCKS_PER_FTB];
    uint8_t bit = (uint8_t)(1u << (block % BLOCKS_PER_FTB));
    *entry = (uint8_t)(on ? *entry | bit : *entry & ~bit);
}

static size_t blocks_of(const gc_area_t *area)
{
    return area->gc_alloc_table_byte_len * BLOCKS_PER_ATB;
}

static size_t block_of(const gc_area_t *area, const void *ptr)
{
    return (size_t)((const uint8_t *)ptr - area->gc_pool_start) / GC_BYTES_PER_BLOCK;
}

static void *address_of(const gc_area_t *area, size_t block)
{
    return area->gc_pool_start + block * GC_BYTES_PER_BLOCK;
}

static gc_area_t *area_of(const void *ptr)
{
    if ((uintptr_t)ptr % GC_BYTES_PER_BLOCK != 0) {
        return NULL;
    }
    for (gc_area_t *area = &mp_state_ctx.mem.area; area != NULL; area = area->next) {
        if ((const uint8_t *)ptr >= area->gc_pool_start && (const uint8_t *)ptr < area->gc_pool_end) {
            return area;
        }
    }
    return NULL;
}

static size_t run_length(const gc_area_t *area, size_t block)
{
    size_t length = 1;
    while (kind_of(area, block + length) == AT_TAIL) {
        length++;
    }
    return length;
}

static size_t blocks_for(size_t n_bytes)
{
    return (n_bytes + GC_BYTES_PER_BLOCK - 1) / GC_BYTES_PER_BLOCK;
}

static void note_free(gc_area_t *area, size_t block)
{
    if (block / BLOCKS_PER_ATB < area->gc_last_free_atb_index) {
        area->gc_last_free_atb_index = block / BLOCKS_PER_ATB;
    }
}

static void release(gc_area_t *area, size_t block)
{
    gc_log_change(block, 0);
    do {
        set_kind(area, block, AT_FREE);
        block++;
    } while (kind_of(area, block) == AT_TAIL);
}

// --- Areas ---

static void gc_setup_area(gc_area_t *area, uint8_t *start, uint8_t *end)
{
    uintptr_t limit = (uintptr_t)end & ~(uintptr_t)(GC_BYTES_PER_BLOCK - 1);
    size_t total_bytes = limit - (uintptr_t)start;
    size_t table_bytes = (total_bytes - GAP_BYTES) * 8 / BITS_PER_BLOCK / BLOCKS_PER_ATB;
    size_t blocks = table_bytes * BLOCKS_PER_ATB;
    size_t finaliser_bytes = (blocks + BLOCKS_PER_FTB - 1) / BLOCKS_PER_FTB;

    area->gc_alloc_table_start = start;
    area->gc_alloc_table_byte_len = table_bytes;
    area->gc_finaliser_table_start = start + table_bytes + GAP_BYTES;
    area->gc_pool_start = (uint8_t *)(limit - blocks * GC_BYTES_PER_BLOCK);
    area->gc_pool_end = (uint8_t *)limit;
    area->gc_last_free_atb_index = 0;
    area->next = NULL;
    memset(start, 0, table_bytes + GAP_BYTES + finaliser_bytes);
}

static void add_area(gc_area_t *area, uint8_t *start, uint8_t *end)
{
    gc_setup_area(area, start, end);
    gc_area_t *last = &mp_state_ctx.mem.area;
    while (last->next != NULL) {
        last = last->next;
    }
    last->next = area;
}

void gc_init(void *start, void *end)
{
    size_t bytes = (size_t)((uint8_t *)end - (uint8_t *)start);
#if AREAS_DOWN
    // The first area at the highest address, as where fast memory lies above external one.
    uint8_t *first = (uint8_t *)end - bytes / FIRST_AREA_PART;
    uint8_t *second = first - bytes / LATER_AREA_PART;
    spare_start = start;
    spare_end = second;
    gc_setup_area(&mp_state_ctx.mem.area, first, end);
    add_area(&later_areas[0], second, first);
#else
    uint8_t *first = start;
    uint8_t *second = first + bytes / FIRST_AREA_PART;
    spare_start = second + bytes / LATER_AREA_PART;
    spare_end = end;
    gc_setup_area(&mp_state_ctx.mem.area, first, second);
    add_area(&later_areas[0], second, spare_start);
#endif
    mp_state_ctx.mem.gc_lock_depth = 0;
}

static bool add_spare_area(void)
{
    if (spare_start == NULL) {
        return false;
    }
    add_area(&later_areas[1], spare_start, spare_end);
    spare_start = NULL;
    return true;
}

// --- Allocation ---

static size_t find_free_run(const gc_area_t *area, size_t wanted)
{
    size_t found = 0;
    for (size_t block = area->gc_last_free_atb_index * BLOCKS_PER_ATB; block < blocks_of(area); block++) {
        found = kind_of(area, block) == AT_FREE ? found + 1 : 0;
        if (found == wanted) {
            return block + 1 - wanted;
        }
    }
    return NO_BLOCK;
}

// The area with room, and in *block where; NULL when none has any.
static gc_area_t *find_room(size_t wanted, size_t *block)
{
    for (gc_area_t *area = &mp_state_ctx.mem.area; area != NULL; area = area->next) {
        *block = find_free_run(area, wanted);
        if (*block != NO_BLOCK) {
            return area;
        }
    }
    return NULL;
}

void *gc_alloc(size_t n_bytes, unsigned alloc_flags)
{
    size_t wanted = blocks_for(n_bytes);
    if (wanted == 0 || mp_state_ctx.mem.gc_lock_depth > 0) {
        return NULL;
    }
    size_t block;
    gc_area_t *area = find_room(wanted, &block);
    if (area == NULL) {
        gc_collect();
        area = find_room(wanted, &block);
    }
    if (area == NULL && add_spare_area()) {
        area = find_room(wanted, &block);
    }
    if (area == NULL) {
        return NULL;
    }
    if (wanted == 1) {
        area->gc_last_free_atb_index = (block + 1) / BLOCKS_PER_ATB;
    }
    gc_log_change(block, wanted);
    set_kind(area, block, AT_HEAD);
    for (size_t i = 1; i < wanted; i++) {
        set_kind(area, block + i, AT_TAIL);
    }
    if (alloc_flags & GC_ALLOC_FLAG_HAS_FINALISER) {
        set_finaliser(area, block, true);
    }
    void *ptr = address_of(area, block);
    memset(ptr, 0, wanted * GC_BYTES_PER_BLOCK);
    return ptr;
}

void gc_free(void *ptr)
{
    if (ptr == NULL || mp_state_ctx.mem.gc_lock_depth > 0) {
        return;
    }
    gc_area_t *area = area_of(ptr);
    size_t block = block_of(area, ptr);
    set_finaliser(area, block, false);
    note_free(area, block);
    release(area, block);
}

static void resize_in_place(gc_area_t *area, size_t block, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        set_kind(area, block + i, AT_TAIL);
    }
    for (size_t i = to; i < from; i++) {
        set_kind(area, block + i, AT_FREE);
    }
    gc_log_change(block, to);
}

static bool can_grow(const gc_area_t *area, size_t block, size_t from, size_t to)
{
    if (to > blocks_of(area) - block) {
        return false;
    }
    for (size_t i = from; i < to; i++) {
        if (kind_of(area, block + i) != AT_FREE) {
            return false;
        }
    }
    return true;
}

static void *move(void *ptr, size_t owned_bytes, size_t n_bytes)
{
    gc_area_t *area = area_of(ptr);
    unsigned flags = has_finaliser(area, block_of(area, ptr)) ? GC_ALLOC_FLAG_HAS_FINALISER : 0;
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
    gc_area_t *area = area_of(ptr);
    size_t block = block_of(area, ptr);
    size_t owned = run_length(area, block);
    size_t wanted = blocks_for(n_bytes);
    if (wanted == owned) {
        return ptr;
    }
    if (wanted < owned) {
        resize_in_place(area, block, owned, wanted);
        note_free(area, block + wanted);
        return ptr;
    }
    if (can_grow(area, block, owned, wanted)) {
        resize_in_place(area, block, owned, wanted);
        memset(address_of(area, block + owned), 0, (wanted - owned) * GC_BYTES_PER_BLOCK);
        return ptr;
    }
    return allow_move ? move(ptr, owned * GC_BYTES_PER_BLOCK, n_bytes) : NULL;
}

gc_info_t gc_info(void)
{
    gc_info_t info = { .total_blocks = 0, .used_blocks = 0 };
    for (gc_area_t *area = &mp_state_ctx.mem.area; area != NULL; area = area->next) {
        info.total_blocks += blocks_of(area);
        for (size_t block = 0; block < blocks_of(area); block++) {
            info.used_blocks += kind_of(area, block) != AT_FREE;
        }
    }
    return info;
}

// --- Collection ---

static void mark(const void *ptr);

// Marks what an allocation leads to; the mark stack holds addresses, because a block number alone names no block.
static void gc_mark_subtree(const void *head)
{
    size_t *stack = mp_state_ctx.mem.gc_mark_stack;
    size_t depth = 0;
    for (;;) {
        const gc_area_t *home = area_of(head);
        void *const *words = head;
        for (size_t i = run_length(home, block_of(home, head)) * (GC_BYTES_PER_BLOCK / sizeof(void *)); i > 0; i--) {
            void *word = *words++;
            gc_area_t *area = area_of(word);
            if (area == NULL || kind_of(area, block_of(area, word)) != AT_HEAD) {
                continue;
            }
            set_kind(area, block_of(area, word), AT_MARK);
            if (depth < GC_MARK_STACK_SIZE) {
                stack[depth++] = (size_t)word;
            } else {
                mp_state_ctx.mem.gc_mark_stack_overflow = 1;
            }
        }
        if (depth == 0) {
            return;
        }
        head = (const void *)stack[--depth];
    }
}

static void mark(const void *ptr)
{
    gc_area_t *area = area_of(ptr);
    if (area != NULL && kind_of(area, block_of(area, ptr)) == AT_HEAD) {
        set_kind(area, block_of(area, ptr), AT_MARK);
        gc_mark_subtree(ptr);
    }
}

static void gc_deal_with_stack_overflow(void)
{
    while (mp_state_ctx.mem.gc_mark_stack_overflow) {
        mp_state_ctx.mem.gc_mark_stack_overflow = 0;
        for (gc_area_t *area = &mp_state_ctx.mem.area; area != NULL; area = area->next) {
            for (size_t block = 0; block < blocks_of(area); block++) {
                if (kind_of(area, block) == AT_MARK) {
                    gc_mark_subtree(address_of(area, block));
                }
            }
        }
    }
}

static void gc_sweep(void)
{
    for (gc_area_t *area = &mp_state_ctx.mem.area; area != NULL; area = area->next) {
        for (size_t block = 0; block < blocks_of(area); block++) {
            unsigned kind = kind_of(area, block);
            if (kind == AT_MARK) {
                set_kind(area, block, AT_HEAD);
            } else if (kind == AT_HEAD) {
                if (has_finaliser(area, block)) {
                    set_finaliser(area, block, false);
                    gc_finalise(address_of(area, block));
                }
                release(area, block);
            }
        }
        area->gc_last_free_atb_index = 0;
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
        mark(ptrs[i]);
    }
}

void gc_collect_end(void)
{
    gc_deal_with_stack_overflow();
    gc_sweep();
    mp_state_ctx.mem.gc_lock_depth--;
    mp_state_ctx.mem.gc_collections++;
}

void gc_collect(void)
{
    __builtin_unwind_init();
    register void **stack_pointer __asm__("sp");

    gc_collect_start();
    gc_collect_root((void **)&mp_state_ctx.vm, sizeof(mp_state_ctx.vm) / sizeof(void *));
    gc_collect_root(stack_pointer, (size_t)(__stack_top - stack_pointer));
    gc_collect_end();
}

void gc_sweep_all(void)
{
    gc_collect_start();
    gc_collect_end();
}
