#include "workload.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS 24u
static void *slots[SLOTS];
static uint32_t random_state;

static uint32_t next_random(uint32_t below)
{
    random_state = random_state * 1664525u + 1013904223u;
    return (random_state >> 16) % below;
}

#ifdef DEMO_FREERTOS
#define take pvPortMalloc
#define give vPortFree
#else
#define take malloc
#define give free
#endif

/* Functions of their own, so that the backtraces have something to show. */
static __attribute__((noinline)) void *make_message(uint32_t size) { return take(8u + size); }

static __attribute__((noinline)) void *make_packet(uint32_t size)
{
    /* A buffer on the stack leaves old return addresses in the frames of later calls. */
    char header[40];
    memset(header, (int)size, sizeof header);
    void *packet = make_message(size + (uint32_t)header[3] % 8u);
    __asm volatile("" ::"r"(header) : "memory");
    return packet;
}

static __attribute__((noinline)) void *descend(uint32_t levels, uint32_t size)
{
    void *block = levels == 0 ? make_packet(size) : descend(levels - 1u, size + 1u);
    /* Not a tail call: each level keeps its frame. */
    __asm volatile("" ::"r"(block) : "memory");
    return block;
}

static __attribute__((noinline)) void fill(uint32_t slot)
{
    uint32_t size = 1u + next_random(60u);
    void *(*through_pointer)(uint32_t) = next_random(2u) ? make_message : make_packet;
    switch (next_random(5u)) {
    case 0: slots[slot] = descend(next_random(5u), size); break;
    case 1: slots[slot] = through_pointer(size); break;
#ifndef DEMO_FREERTOS
    case 2: slots[slot] = calloc(1u + next_random(4u), size); break;
    case 3: slots[slot] = strdup("a name that libc copies"); break;
#endif
    default: slots[slot] = take(size);
    }
    __asm volatile("" ::: "memory");
}

static __attribute__((noinline)) void change(uint32_t slot)
{
#ifndef DEMO_FREERTOS
    if (next_random(3u) == 0) {
        void *larger = realloc(slots[slot], 1u + next_random(200u));
        if (larger != NULL)
            slots[slot] = larger;
        return;
    }
#endif
    give(slots[slot]);
    slots[slot] = NULL;
}

void workload(unsigned steps)
{
    random_state = 12345u;
    memset(slots, 0, sizeof slots);
    for (unsigned step = 0; step < steps; step++) {
        uint32_t slot = next_random(SLOTS);
        if (slots[slot] == NULL)
            fill(slot);
        else
            change(slot);
        /* A request that must fail, now and then. */
        if (step % 64u == 63u) {
            void *nothing = take(0x01000000u);
            /* Or the compiler drops the pair. */
            __asm volatile("" : "+r"(nothing));
            give(nothing);
        }
    }
    for (unsigned slot = 0; slot < SLOTS; slot += 2u) {
        give(slots[slot]);
        slots[slot] = NULL;
    }
}
