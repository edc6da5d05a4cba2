#include "alloctrace.h"

_Static_assert((ALLOCTRACE_CAPACITY & (ALLOCTRACE_CAPACITY - 1u)) == 0u, "ALLOCTRACE_CAPACITY: a power of two");
_Static_assert(ALLOCTRACE_MAX_DEPTH >= 1u && ALLOCTRACE_MAX_DEPTH <= 6u, "ALLOCTRACE_MAX_DEPTH: 1 to 6");

static volatile struct alloctrace_entry entries[ALLOCTRACE_CAPACITY];
volatile struct alloctrace_ring alloctrace_ring;

/* Startup code must leave this section alone: it carries the settings over a warm reset. */
static struct alloctrace_stored stored __attribute__((section(".noinit")));

static struct {
    uintptr_t code_start;
    uintptr_t code_end;
    uintptr_t stack_end;
} range;

#ifdef __riscv

static inline uint32_t mask_interrupts(void)
{
    uint32_t before;
    __asm volatile("csrrci %0, mstatus, 8" : "=r"(before)::"memory"); /* MIE */
    return before & 8u;
}

static inline void restore_interrupts(uint32_t before)
{
    __asm volatile("csrs mstatus, %0" ::"r"(before) : "memory");
}

#else

static inline uint32_t mask_interrupts(void)
{
    uint32_t before;
    __asm volatile("mrs %0, primask\n\tcpsid i" : "=r"(before)::"memory");
    return before;
}

static inline void restore_interrupts(uint32_t before)
{
    __asm volatile("msr primask, %0" ::"r"(before) : "memory");
}

#endif

/* Nothing else runs, and a debugger keeps its hands off, until `end_change`. */
static uint32_t begin_change(void)
{
    uint32_t before = mask_interrupts();
    alloctrace_ring.busy = 1;
    return before;
}

static void end_change(uint32_t before)
{
    alloctrace_ring.busy = 0;
    restore_interrupts(before);
}

__attribute__((weak)) uint32_t alloctrace_clock(void) { return 0; }
__attribute__((weak)) uint32_t alloctrace_largest_free(void) { return 0; }
__attribute__((weak)) uintptr_t alloctrace_stack_end(void) { return range.stack_end; }

__attribute__((noinline)) void alloctrace_ring_full(void)
{
    /* Keeps the call, and an address to break at. */
    __asm volatile("");
}

/* ---- settings ---- */

static uint32_t checksum(void)
{
    const uint32_t *word = &stored.magic;
    uint32_t hash = 0x811c9dc5u;
    for (unsigned i = 0; i < 4; i++)
        hash = (hash ^ word[i]) * 16777619u;
    return hash;
}

static bool usable(const struct alloctrace_settings *settings)
{
    return settings->depth - 1u < ALLOCTRACE_MAX_DEPTH && (settings->flags & ~ALLOCTRACE_ALL_FLAGS) == 0u;
}

bool alloctrace_configure(const struct alloctrace_settings *settings)
{
    if (!usable(settings))
        return false;
    uint32_t masked = begin_change();
    stored.magic = ALLOCTRACE_MAGIC;
    stored.values = *settings;
    stored.checksum = checksum();
    end_change(masked);
    return true;
}

void alloctrace_get_settings(struct alloctrace_settings *settings)
{
    if (stored.magic == ALLOCTRACE_MAGIC && stored.checksum == checksum() && usable(&stored.values)) {
        *settings = stored.values;
        return;
    }
    settings->flags = ALLOCTRACE_STOP_ON_FULL;
    settings->depth = ALLOCTRACE_MAX_DEPTH;
    settings->min_size = 0;
}

/* ---- control ---- */

void alloctrace_start(const struct alloctrace_config *config)
{
    volatile struct alloctrace_ring *ring = &alloctrace_ring;
    struct alloctrace_settings settings;
    range.code_start = (uintptr_t)config->code_start;
    range.code_end = (uintptr_t)config->code_end;
    range.stack_end = (uintptr_t)config->stack_end;
    ring->version = ALLOCTRACE_VERSION;
    ring->entry_words = sizeof(struct alloctrace_entry) / 4u;
    ring->capacity = ALLOCTRACE_CAPACITY;
    ring->max_depth = ALLOCTRACE_MAX_DEPTH;
    ring->clock_hz = config->clock_hz;
    ring->entries = (uint32_t)(uintptr_t)entries;
    ring->settings = (uint32_t)(uintptr_t)&stored;
    ring->heap_base = (uint32_t)(uintptr_t)config->heap_base;
    ring->heap_size = config->heap_size;
    /* Stored as they are in use, so that a debugger finds them valid and may change them in place. */
    alloctrace_get_settings(&settings);
    alloctrace_configure(&settings);
    alloctrace_reset();
    ring->magic = ALLOCTRACE_MAGIC;
}

void alloctrace_reset(void)
{
    volatile struct alloctrace_ring *ring = &alloctrace_ring;
    struct alloctrace_settings settings;
    uint32_t masked = begin_change();
    alloctrace_get_settings(&settings);
    ring->active.flags = settings.flags;
    ring->active.depth = settings.depth;
    ring->active.min_size = settings.min_size;
    ring->written = ring->drained = 0;
    ring->captured = ring->overwritten = ring->collapsed = ring->missed = 0;
    ring->state = ALLOCTRACE_RECORDING;
    end_change(masked);
}

static bool change_state(uint32_t from, uint32_t to)
{
    uint32_t masked = begin_change();
    if (alloctrace_ring.state == from)
        alloctrace_ring.state = to;
    bool done = alloctrace_ring.state == to;
    end_change(masked);
    return done;
}

void alloctrace_freeze(void) { change_state(ALLOCTRACE_RECORDING, ALLOCTRACE_FROZEN); }

bool alloctrace_resume(void) { return change_state(ALLOCTRACE_FROZEN, ALLOCTRACE_RECORDING); }

/* ---- backtraces ---- */

/*
 * GCC's Thumb code keeps no chain of frame pointers (with -fno-omit-frame-pointer r7 points below the locals, and their
 * size is known to the compiler only), and unwind tables are larger than this tracer. So the stack is scanned for words
 * that can be return addresses: inside the code, behind a call instruction, and odd in Thumb code. RISC-V code is scanned alike. A candidate is sure when its call leads
 * to the function that the frame below it runs in; else the nearest likely one is taken (a call through a pointer, or
 * of a function that was left by a tail call).
 */

enum candidate { NONE, LIKELY, SURE };

#ifdef __riscv

static uint32_t instruction_at(uint32_t address)
{
    const uint16_t *code = (const uint16_t *)(uintptr_t)address;
    return (uint32_t)code[0] | (uint32_t)code[1] << 16;
}

/* Whether the function that starts at `start` is the one around `inside`: it saves ra once, a neighbour would again. */
static bool same_function(uint32_t start, uint32_t inside)
{
    unsigned saves = 0;
    if (start < range.code_start || inside - start >= ALLOCTRACE_MAX_FUNCTION_BYTES)
        return false;
    for (uint32_t at = start; at < inside; at += (instruction_at(at) & 3u) == 3u ? 4u : 2u) {
        uint32_t code = instruction_at(at);
        bool by_call = (code & 0xfffu) == 0x2efu; /* jal t0, __riscv_save_n */
        bool is_short = (code & 0xe07fu) == 0xc006u, is_long = (code & 0x01fff07fu) == 0x00112023u; /* sw ra, n(sp) */
        if (by_call || is_short || is_long)
            saves++;
    }
    return saves == 1;
}

static enum candidate judge(uint32_t after, uint32_t inner)
{
    if ((after & 1u) != 0 || after < range.code_start + 8u || after > range.code_end)
        return NONE;
    uint32_t code = instruction_at(after - 4u), half = code >> 16;
    if ((code & 0xfffu) == 0x0efu) { /* jal ra */
        uint32_t offset = (code >> 21 & 0x3ffu) << 1 | (code >> 20 & 1u) << 11 | (code >> 12 & 0xffu) << 12 | (0u - (code >> 31)) << 20;
        return same_function(after - 4u + offset, inner) ? SURE : LIKELY;
    }
    if ((code & 0x7fffu) == 0x00e7u) { /* jalr ra; behind auipc it goes to a known place */
        uint32_t before = instruction_at(after - 8u);
        bool is_far = (before & 0x7fu) == 0x17u && (before >> 7 & 31u) == (code >> 15 & 31u);
        uint32_t low = code >> 20 | (0u - (code >> 31)) << 12;
        return is_far && same_function(after - 8u + (before & 0xfffff000u) + low, inner) ? SURE : LIKELY;
    }
    if ((half & 0xf07fu) == 0x9002u && (half & 0xf80u) != 0) /* c.jalr */
        return LIKELY;
    if ((half & 0xe003u) == 0x2001u) { /* c.jal */
        uint32_t offset = (half >> 3 & 7u) << 1 | (half >> 11 & 1u) << 4 | (half >> 2 & 1u) << 5 | (half >> 7 & 1u) << 6 |
                          (half >> 6 & 1u) << 7 | (half >> 9 & 3u) << 8 | (half >> 8 & 1u) << 10 | (0u - (half >> 12 & 1u)) << 11;
        return same_function(after - 2u + offset, inner) ? SURE : LIKELY;
    }
    return NONE;
}

#else

/* Whether the function that starts at `start` is the one around `inside`: it saves lr once, a neighbour would again. */
static bool same_function(uint32_t start, uint32_t inside)
{
    unsigned saves = 0;
    if (start < range.code_start || inside - start >= ALLOCTRACE_MAX_FUNCTION_BYTES)
        return false;
    for (const uint16_t *code = (const uint16_t *)(uintptr_t)start; (uintptr_t)code < inside; code++)
        if ((code[0] & 0xff00u) == 0xb500u || (code[0] == 0xe92du && (code[1] & 0x4000u))) /* PUSH {..., lr} */
            saves++;
    return saves == 1;
}

static enum candidate judge(uint32_t word, uint32_t inner)
{
    if ((word & 1u) == 0 || word < range.code_start + 4u || word > range.code_end)
        return NONE;
    uint32_t after = word & ~1u;
    const uint16_t *code = (const uint16_t *)(uintptr_t)after;
    uint32_t first = code[-2], second = code[-1];
    if ((second & 0xff87u) == 0x4780u) /* BLX Rm */
        return LIKELY;
    if ((first & 0xf800u) != 0xf000u || (second & 0xd000u) != 0xd000u) /* BL, encoding T1 */
        return NONE;
    uint32_t sign = first >> 10 & 1u;
    uint32_t i1 = (second >> 13 & 1u) ^ sign ^ 1u, i2 = (second >> 11 & 1u) ^ sign ^ 1u;
    uint32_t offset = (second & 0x7ffu) << 1 | (first & 0x3ffu) << 12 | i2 << 22 | i1 << 23 | (0u - sign) << 24;
    return same_function(after + offset, inner) ? SURE : LIKELY;
}

#endif

static uint32_t walk(uint32_t *pcs, uint32_t depth, uint32_t pc, const uint32_t *word)
{
    const uint32_t *end = (const uint32_t *)alloctrace_stack_end();
    uint32_t found = 1;
    pcs[0] = pc & ~1u;
    if (range.code_end == 0)
        return found;
    while (found < depth) {
        const uint32_t *likely = NULL, *limit = word + ALLOCTRACE_SCAN_WORDS;
        enum candidate verdict = NONE;
        for (; word < end && word < limit; word++) {
            /* The hook's own return address is told already, and cannot come next: its call leads to the allocator. */
            verdict = *word == pc ? NONE : judge(*word, pcs[found - 1]);
            if (verdict == SURE)
                break;
            if (verdict == LIKELY && likely == NULL)
                likely = word;
        }
        if (verdict != SURE)
            word = likely;
        if (word == NULL)
            break;
        pcs[found++] = *word++ & ~1u;
    }
    return found;
}

/* ---- recording ---- */

uint32_t alloctrace_before(void)
{
    return (alloctrace_ring.active.flags & ALLOCTRACE_CAPTURE_LARGEST) ? alloctrace_largest_free() : 0u;
}

static bool collapses(uint32_t kind, uint32_t address)
{
    volatile struct alloctrace_ring *ring = &alloctrace_ring;
    if (kind != ALLOCTRACE_FREE || !(ring->active.flags & ALLOCTRACE_COLLAPSE_PAIRS) || ring->written == ring->drained)
        return false;
    volatile struct alloctrace_entry *last = &entries[(ring->written - 1u) & (ALLOCTRACE_CAPACITY - 1u)];
    return (last->kind_depth & 0xffu) == ALLOCTRACE_ALLOC && last->address == address;
}

void alloctrace_record(uint32_t kind, uintptr_t address, size_t size, uintptr_t from, uint32_t largest_before,
                       uintptr_t pc, const void *frame)
{
    volatile struct alloctrace_ring *ring = &alloctrace_ring;
    uint32_t pcs[ALLOCTRACE_MAX_DEPTH];
    uint32_t depth = 0;
    bool wanted = kind == ALLOCTRACE_FREE ? !(ring->active.flags & ALLOCTRACE_SKIP_FREES) : size >= ring->active.min_size;
    if (wanted && ring->state == ALLOCTRACE_RECORDING)
        depth = walk(pcs, ring->active.depth, pc, frame);
    uint32_t largest_after = alloctrace_before();

    uint32_t masked = begin_change();
    if (ring->state != ALLOCTRACE_RECORDING) {
        if (ring->state != ALLOCTRACE_IDLE)
            ring->missed++;
    } else if (ring->captured++, collapses(kind, address)) {
        ring->written--;
        ring->collapsed++;
    } else {
        uint32_t seq = ring->written;
        if (seq - ring->drained == ALLOCTRACE_CAPACITY) {
            ring->drained++;
            ring->overwritten++;
        }
        volatile struct alloctrace_entry *entry = &entries[seq & (ALLOCTRACE_CAPACITY - 1u)];
        entry->seq = ALLOCTRACE_NO_SEQ;
        entry->kind_depth = kind | depth << 8;
        entry->address = address;
        entry->size = size;
        entry->from = from;
        entry->at = alloctrace_clock();
        entry->largest_before = largest_before;
        entry->largest_after = largest_after;
        for (uint32_t i = 0; i < depth; i++)
            entry->pc[i] = pcs[i];
        entry->seq = seq;
        ring->written = ++seq;
        if ((ring->active.flags & ALLOCTRACE_STOP_ON_FULL) && seq - ring->drained == ALLOCTRACE_CAPACITY) {
            ring->state = ALLOCTRACE_FULL;
            alloctrace_ring_full();
        }
    }
    end_change(masked);
}
