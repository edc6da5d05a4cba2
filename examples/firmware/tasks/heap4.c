/*
 * An allocator with the data layout and the placement policy of FreeRTOS's heap_4 (own code): the names, so that
 * a debugger finds what it looks for, are FreeRTOS's.
 *
 * A block is pxNextFreeBlock@0, xBlockSize@4, then the user's bytes, all multiples of 8; bit 31 of the size marks
 * it allocated. The free blocks form a list in address order from xStart to pxEnd, which lies in the last 8 bytes.
 * First fit, the low part is given out, the rest is split off if it is larger than 16 bytes, and a freed block
 * merges with both neighbours.
 */
#include "heap4.h"
#include "allocator.h"
#include "heap-lock.h"

#include <stdint.h>
#include <string.h>

#define configTOTAL_HEAP_SIZE 24576u
#define ALIGNMENT 8u
#define ALLOCATED 0x80000000u
#define MINIMUM_BLOCK (2 * sizeof(BlockLink_t))

typedef struct A_BLOCK_LINK {
    struct A_BLOCK_LINK *pxNextFreeBlock;
    size_t xBlockSize;
} BlockLink_t;

static uint8_t ucHeap[configTOTAL_HEAP_SIZE] __attribute__((aligned(8)));
static BlockLink_t xStart;
static BlockLink_t *pxEnd;
static size_t xFreeBytesRemaining;

/* Defined by the firmware: FreeRTOS calls its hook vApplicationMallocFailedHook. */
void heap_exhausted(void);

static uint8_t *end_of(BlockLink_t *block)
{
    return (uint8_t *)block + block->xBlockSize;
}

static void initialise(void)
{
    BlockLink_t *first = (BlockLink_t *)ucHeap;
    pxEnd = (BlockLink_t *)(ucHeap + sizeof ucHeap - sizeof(BlockLink_t));
    *pxEnd = (BlockLink_t){NULL, 0};
    *first = (BlockLink_t){pxEnd, (size_t)((uint8_t *)pxEnd - ucHeap)};
    xStart = (BlockLink_t){first, 0};
    xFreeBytesRemaining = first->xBlockSize;
}

/* The last free block below the address, or xStart. */
static BlockLink_t *free_block_below(const void *address)
{
    BlockLink_t *before = &xStart;
    while ((const void *)before->pxNextFreeBlock < address) {
        before = before->pxNextFreeBlock;
    }
    return before;
}

static void absorb_next_if_adjacent(BlockLink_t *block)
{
    BlockLink_t *next = block->pxNextFreeBlock;
    if (next != pxEnd && end_of(block) == (uint8_t *)next) {
        block->xBlockSize += next->xBlockSize;
        block->pxNextFreeBlock = next->pxNextFreeBlock;
    }
}

static void insert_free(BlockLink_t *block)
{
    BlockLink_t *before = free_block_below(block);
    block->pxNextFreeBlock = before->pxNextFreeBlock;
    before->pxNextFreeBlock = block;
    absorb_next_if_adjacent(block);
    if (before != &xStart) {
        absorb_next_if_adjacent(before);
    }
}

/* The bytes that a request needs with its header, or 0 if there can be no such block. */
static size_t block_size_for(size_t wanted)
{
    if (wanted == 0 || wanted >= ALLOCATED - sizeof(BlockLink_t) - ALIGNMENT) {
        return 0;
    }
    return (wanted + sizeof(BlockLink_t) + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
}

static BlockLink_t *take_first_fit(size_t size)
{
    BlockLink_t *before = &xStart;
    while (before->pxNextFreeBlock != pxEnd && before->pxNextFreeBlock->xBlockSize < size) {
        before = before->pxNextFreeBlock;
    }
    BlockLink_t *block = before->pxNextFreeBlock;
    if (block == pxEnd) {
        return NULL;
    }
    before->pxNextFreeBlock = block->pxNextFreeBlock;
    if (block->xBlockSize - size > MINIMUM_BLOCK) {
        BlockLink_t *rest = (BlockLink_t *)((uint8_t *)block + size);
        rest->xBlockSize = block->xBlockSize - size;
        block->xBlockSize = size;
        insert_free(rest);
    }
    return block;
}

void *pvPortMalloc(size_t xWantedSize)
{
    void *result = NULL;
    heap_lock();
    if (pxEnd == NULL) {
        initialise();
    }
    size_t size = block_size_for(xWantedSize);
    BlockLink_t *block = size > 0 && size <= xFreeBytesRemaining ? take_first_fit(size) : NULL;
    if (block != NULL) {
        xFreeBytesRemaining -= block->xBlockSize;
        block->xBlockSize |= ALLOCATED;
        block->pxNextFreeBlock = NULL;
        result = block + 1;
    }
    heap_unlock();
    if (result == NULL) {
        heap_exhausted();
    }
    return result;
}

void vPortFree(void *pv)
{
    if (pv == NULL) {
        return;
    }
    BlockLink_t *block = (BlockLink_t *)pv - 1;
    heap_lock();
    block->xBlockSize &= ~ALLOCATED;
    xFreeBytesRemaining += block->xBlockSize;
    insert_free(block);
    heap_unlock();
}
