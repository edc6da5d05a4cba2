/*
 * An allocator with the data layout and the placement policy of umm_malloc (own code), as the ESP8266's Arduino core has it.
 *
 * The heap is an array of units of 8 bytes, at most 32767. A block is one unit or several: the number of the block behind it @0, with
 * bit 15 for a free one, that of the block before it @2, then the user's bytes; in those of a free block the next @4 and the previous @6 of
 * the list of free blocks. Unit 0 is the head of that list, the last unit ends the chain: no block is behind it.
 * Best fit, the low part is given out, and a freed block merges with both neighbours.
 */
#include "umm.h"
#include "heap-lock.h"

#include <stdint.h>
#include <string.h>

#define UNITS 3072
#define FREE_FLAG 0x8000u
#define NUMBER 0x7fffu

typedef struct {
    uint16_t next_block;
    uint16_t previous_block;
    union {
        struct {
            uint16_t next;
            uint16_t previous;
        } free;
        uint8_t data[4];
    } body;
} unit_t;

static unit_t units[UNITS] __attribute__((aligned(8)));

/* What a debugger looks for: the heap's address with its end behind it. */
struct {
    void *heap;
    void *heap_end;
} heap_context[1];

void umm_init(void)
{
    memset(units, 0, sizeof units);
    units[0].next_block = 1;
    units[0].body.free.next = 1;
    units[1].next_block = (UNITS - 1) | FREE_FLAG;
    units[UNITS - 1].previous_block = 1;
    heap_context[0].heap = units;
    heap_context[0].heap_end = units + UNITS;
}

static unsigned next_of(unsigned block)
{
    return units[block].next_block & NUMBER;
}

static int is_free(unsigned block)
{
    return (units[block].next_block & FREE_FLAG) != 0;
}

static unsigned block_at(const void *pointer)
{
    return (unsigned)((const unit_t *)((const uint8_t *)pointer - offsetof(unit_t, body)) - units);
}

/* So many units hold a request with its header; 0 for what no heap can hold. */
static unsigned units_for(size_t size)
{
    if (size > (size_t)UNITS * sizeof(unit_t)) {
        return 0;
    }
    return (unsigned)((size + offsetof(unit_t, body) + sizeof(unit_t) - 1) / sizeof(unit_t));
}

static void take_from_free_list(unsigned block)
{
    unsigned next = units[block].body.free.next;
    unsigned previous = units[block].body.free.previous;
    units[previous].body.free.next = (uint16_t)next;
    units[next].body.free.previous = (uint16_t)previous;
    units[block].next_block &= NUMBER;
}

static void put_on_free_list(unsigned block)
{
    unsigned first = units[0].body.free.next;
    units[block].body.free.next = (uint16_t)first;
    units[block].body.free.previous = 0;
    units[first].body.free.previous = (uint16_t)block;
    units[0].body.free.next = (uint16_t)block;
    units[block].next_block |= FREE_FLAG;
}

/* Makes one block of two neighbours that are on no list. */
static void join(unsigned block, unsigned behind)
{
    unsigned after = next_of(behind);
    units[block].next_block = (uint16_t)after;
    units[after].previous_block = (uint16_t)block;
}

static void release_block(unsigned block)
{
    unsigned behind = next_of(block);
    if (is_free(behind)) {
        take_from_free_list(behind);
        join(block, behind);
    }
    unsigned before = units[block].previous_block;
    if (before != 0 && is_free(before)) {
        take_from_free_list(before);
        join(before, block);
        block = before;
    }
    put_on_free_list(block);
}

/* Cuts off what is more than so many units, and frees it. */
static void trim(unsigned block, unsigned count)
{
    unsigned after = next_of(block);
    if (after - block == count) {
        return;
    }
    unsigned rest = block + count;
    units[block].next_block = (uint16_t)rest;
    units[rest].next_block = (uint16_t)after;
    units[rest].previous_block = (uint16_t)block;
    units[after].previous_block = (uint16_t)rest;
    release_block(rest);
}

static void *take_best_fit(unsigned count)
{
    unsigned best = 0;
    if (heap_context[0].heap == NULL) {
        umm_init();
    }
    for (unsigned block = units[0].body.free.next; block != 0; block = units[block].body.free.next) {
        unsigned size = next_of(block) - block;
        if (size >= count && (best == 0 || size < next_of(best) - best)) {
            best = block;
        }
    }
    if (best == 0 || count == 0) {
        return NULL;
    }
    take_from_free_list(best);
    trim(best, count);
    return units[best].body.data;
}

void *malloc(size_t size)
{
    heap_lock();
    void *result = size == 0 ? NULL : take_best_fit(units_for(size));
    heap_unlock();
    return result;
}

void free(void *pointer)
{
    if (pointer == NULL) {
        return;
    }
    heap_lock();
    release_block(block_at(pointer));
    heap_unlock();
}

void *calloc(size_t count, size_t size)
{
    void *result = size != 0 && count > SIZE_MAX / size ? NULL : malloc(count * size);
    if (result != NULL) {
        memset(result, 0, count * size);
    }
    return result;
}

/* Where it stands, with the free block behind it, or elsewhere. */
static void *resize(void *pointer, unsigned count)
{
    unsigned block = block_at(pointer);
    unsigned size = next_of(block) - block;
    unsigned behind = next_of(block);
    if (size < count && is_free(behind) && next_of(behind) - block >= count) {
        take_from_free_list(behind);
        join(block, behind);
    } else if (size < count) {
        void *moved = take_best_fit(count);
        if (moved != NULL) {
            memcpy(moved, pointer, size * sizeof(unit_t) - offsetof(unit_t, body));
            release_block(block);
        }
        return moved;
    }
    trim(block, count);
    return pointer;
}

void *realloc(void *pointer, size_t size)
{
    if (pointer == NULL) {
        return malloc(size);
    }
    if (size == 0) {
        free(pointer);
        return NULL;
    }
    unsigned count = units_for(size);
    heap_lock();
    void *result = count == 0 ? NULL : resize(pointer, count);
    heap_unlock();
    return result;
}
