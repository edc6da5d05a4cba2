/*
 * A two-level segregated fit allocator (M. Masmano and others, "TLSF: a new dynamic memory allocator for real-time
 * systems", ECRTS 2004), own code with the data layout of the TLSF that CircuitPython's port heap uses.
 *
 * Block:   previous physical block@0 (the last word of that block's bytes, valid while it is free), size@4 with
 *          bit 0 = free and bit 1 = previous free, then the user's bytes; in a free block next@8 and previous@12.
 * Control: a block that stands for the end of every list@0, fl_bitmap@16, sl_bitmap[24]@20, blocks[24][32]@116.
 *
 * A class covers 4 bytes below 128, above it a 32nd of a power of two. A request is rounded up to the next class for
 * the search, so the head of the first list that is not empty fits. Blocks are split when 16 bytes remain.
 */
#include "tlsf.h"

#include <stdint.h>
#include <string.h>

#define ALIGNMENT 4u
#define SECOND_LEVEL_LOG2 5
#define SECOND_LEVELS (1u << SECOND_LEVEL_LOG2)
#define FIRST_LEVEL_SHIFT 7
#define FIRST_LEVELS 24u
#define SMALL_BLOCK 128u
#define FREE 1u
#define PREVIOUS_FREE 2u
#define FLAGS 3u
#define HEADER_BYTES 4u
#define MINIMUM_SIZE 12u
#define MAXIMUM_SIZE ((size_t)1 << 30)

struct block {
    struct block *previous_physical;
    size_t size;
    struct block *next_free;
    struct block *previous_free;
};

struct control {
    struct block none;
    uint32_t fl_bitmap;
    uint32_t sl_bitmap[FIRST_LEVELS];
    struct block *blocks[FIRST_LEVELS][SECOND_LEVELS];
};

_Static_assert(offsetof(struct control, blocks) == 116, "layout");

struct class {
    unsigned first, second;
};

static size_t size_of(const struct block *block)
{
    return block->size & ~FLAGS;
}

static void set_size(struct block *block, size_t size)
{
    block->size = size | (block->size & FLAGS);
}

static uint8_t *bytes_of(struct block *block)
{
    return (uint8_t *)&block->next_free;
}

static struct block *block_of(void *bytes)
{
    return (struct block *)((uint8_t *)bytes - offsetof(struct block, next_free));
}

/* The next header starts with the last word of this block's bytes. */
static struct block *next_physical(struct block *block)
{
    return (struct block *)(bytes_of(block) + size_of(block) - sizeof(struct block *));
}

static unsigned highest_bit(size_t value)
{
    return 31u - (unsigned)__builtin_clz(value);
}

static struct class class_of(size_t size)
{
    if (size < SMALL_BLOCK) {
        return (struct class){0, size / (SMALL_BLOCK / SECOND_LEVELS)};
    }
    unsigned top = highest_bit(size);
    return (struct class){top - FIRST_LEVEL_SHIFT + 1, (size >> (top - SECOND_LEVEL_LOG2)) ^ SECOND_LEVELS};
}

static void insert(struct control *control, struct block *block)
{
    struct class class = class_of(size_of(block));
    struct block **head = &control->blocks[class.first][class.second];
    block->next_free = *head;
    block->previous_free = &control->none;
    (*head)->previous_free = block;
    *head = block;
    control->fl_bitmap |= 1u << class.first;
    control->sl_bitmap[class.first] |= 1u << class.second;
}

static void detach(struct control *control, struct block *block)
{
    struct class class = class_of(size_of(block));
    struct block **head = &control->blocks[class.first][class.second];
    block->next_free->previous_free = block->previous_free;
    block->previous_free->next_free = block->next_free;
    if (*head == block) {
        *head = block->next_free;
    }
    if (*head == &control->none) {
        control->sl_bitmap[class.first] &= ~(1u << class.second);
        if (control->sl_bitmap[class.first] == 0) {
            control->fl_bitmap &= ~(1u << class.first);
        }
    }
}

/* Marks the block free for its right neighbour too, which then knows where it begins. */
static void mark_free(struct block *block)
{
    struct block *next = next_physical(block);
    next->previous_physical = block;
    next->size |= PREVIOUS_FREE;
    block->size |= FREE;
}

static void mark_used(struct block *block)
{
    next_physical(block)->size &= ~PREVIOUS_FREE;
    block->size &= ~FREE;
}

/* A request's size as a block has it; 0 for one that cannot be met. */
static size_t adjust(size_t size, size_t alignment)
{
    if (size == 0 || size >= MAXIMUM_SIZE) {
        return 0;
    }
    size_t aligned = (size + alignment - 1) & ~(alignment - 1);
    return aligned < MINIMUM_SIZE ? MINIMUM_SIZE : aligned;
}

/* Detached and of at least size bytes, or NULL; size is not 0. */
static struct block *take_free(struct control *control, size_t size)
{
    size_t rounding = size >= SMALL_BLOCK ? (1u << (highest_bit(size) - SECOND_LEVEL_LOG2)) - 1 : 0;
    struct class class = class_of(size + rounding);
    uint32_t second = control->sl_bitmap[class.first] & (~0u << class.second);
    if (second == 0) {
        uint32_t first = control->fl_bitmap & (~0u << (class.first + 1));
        if (first == 0) {
            return NULL;
        }
        class.first = (unsigned)__builtin_ctz(first);
        second = control->sl_bitmap[class.first];
    }
    struct block *block = control->blocks[class.first][__builtin_ctz(second)];
    detach(control, block);
    return block;
}

/* Cuts the block after size bytes, and returns the right part: neither marked nor in a list. */
static struct block *split(struct block *block, size_t size)
{
    struct block *rest = (struct block *)(bytes_of(block) + size - sizeof(struct block *));
    rest->size = size_of(block) - size - HEADER_BYTES;
    set_size(block, size);
    return rest;
}

static void merge_next(struct control *control, struct block *block)
{
    struct block *next = next_physical(block);
    if (next->size & FREE) {
        detach(control, next);
        set_size(block, size_of(block) + size_of(next) + HEADER_BYTES);
    }
}

static struct block *merge_previous(struct control *control, struct block *block)
{
    if (!(block->size & PREVIOUS_FREE)) {
        return block;
    }
    struct block *previous = block->previous_physical;
    detach(control, previous);
    set_size(previous, size_of(previous) + size_of(block) + HEADER_BYTES);
    return previous;
}

/* Gives the end of a used block back, merged with what is free behind it. */
static void trim_used(struct control *control, struct block *block, size_t size)
{
    if (size_of(block) >= sizeof(struct block) + size) {
        struct block *rest = split(block, size);
        mark_used(rest);
        merge_next(control, rest);
        mark_free(rest);
        insert(control, rest);
    }
}

static void *prepare_used(struct control *control, struct block *block, size_t size)
{
    if (block == NULL) {
        return NULL;
    }
    mark_used(block);
    trim_used(control, block, size);
    return bytes_of(block);
}

tlsf_t tlsf_create_with_pool(void *memory, size_t bytes)
{
    struct control *control = memory;
    *control = (struct control){.none = {.next_free = &control->none, .previous_free = &control->none}};
    for (unsigned first = 0; first < FIRST_LEVELS; first++) {
        for (unsigned second = 0; second < SECOND_LEVELS; second++) {
            control->blocks[first][second] = &control->none;
        }
    }
    /* The first header begins a word early, the last is a used block of no bytes. */
    struct block *block = block_of((uint8_t *)(control + 1) + HEADER_BYTES);
    block->size = (bytes - sizeof *control - 2 * HEADER_BYTES) & ~(ALIGNMENT - 1);
    next_physical(block)->size = 0;
    mark_free(block);
    insert(control, block);
    return control;
}

void *tlsf_malloc(tlsf_t tlsf, size_t size)
{
    size_t needed = adjust(size, ALIGNMENT);
    return needed == 0 ? NULL : prepare_used(tlsf, take_free(tlsf, needed), needed);
}

void *tlsf_memalign(tlsf_t tlsf, size_t alignment, size_t size)
{
    size_t needed = adjust(size, ALIGNMENT);
    if (needed == 0 || alignment <= ALIGNMENT) {
        return tlsf_malloc(tlsf, size);
    }
    struct block *block = take_free(tlsf, adjust(needed + alignment + sizeof(struct block), alignment));
    if (block == NULL) {
        return NULL;
    }
    uintptr_t start = (uintptr_t)bytes_of(block);
    uintptr_t aligned = (start + alignment - 1) & ~(alignment - 1);
    /* What is skipped becomes a free block, so it must be large enough for a header. */
    if (aligned != start && aligned - start < sizeof(struct block)) {
        size_t missing = sizeof(struct block) - (aligned - start);
        aligned += missing > alignment ? missing : alignment;
        aligned = (aligned + alignment - 1) & ~(alignment - 1);
    }
    if (aligned != start) {
        struct block *skipped = block;
        block = split(skipped, aligned - start - HEADER_BYTES);
        mark_free(skipped);
        insert(tlsf, skipped);
    }
    return prepare_used(tlsf, block, needed);
}

void tlsf_free(tlsf_t tlsf, void *pointer)
{
    if (pointer != NULL) {
        struct block *block = merge_previous(tlsf, block_of(pointer));
        merge_next(tlsf, block);
        mark_free(block);
        insert(tlsf, block);
    }
}

void *tlsf_realloc(tlsf_t tlsf, void *pointer, size_t size)
{
    if (pointer == NULL || size == 0) {
        tlsf_free(tlsf, pointer);
        return tlsf_malloc(tlsf, size);
    }
    struct block *block = block_of(pointer);
    struct block *next = next_physical(block);
    size_t current = size_of(block);
    size_t needed = adjust(size, ALIGNMENT);
    size_t in_place = next->size & FREE ? current + size_of(next) + HEADER_BYTES : current;
    if (needed == 0 || needed > in_place) {
        void *moved = tlsf_malloc(tlsf, size);
        if (moved != NULL) {
            memcpy(moved, pointer, current < size ? current : size);
            tlsf_free(tlsf, pointer);
        }
        return moved;
    }
    if (needed > current) {
        merge_next(tlsf, block);
        mark_used(block);
    }
    trim_used(tlsf, block, needed);
    return pointer;
}
