/*
 * alloctrace: a ring of heap events in RAM, for Cortex-M (any core with PRIMASK) and RV32 in machine mode.
 *
 * No allocation, under 2 KB of code, safe against interrupts. A debugger reads and drains the ring (`harvest capture ring
 * --via-gdb`), or the firmware serves it over HTTP (alloctrace protocol). README.md says how to hook an allocator.
 */
#ifndef ALLOCTRACE_H
#define ALLOCTRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Entries in the ring: a power of two, so that a position needs no division (Cortex-M0 has none). */
#ifndef ALLOCTRACE_CAPACITY
#define ALLOCTRACE_CAPACITY 64u
#endif

/* Room for return addresses in each entry: 1 to 6. An entry has 8 + depth words. */
#ifndef ALLOCTRACE_MAX_DEPTH
#define ALLOCTRACE_MAX_DEPTH 6u
#endif

/* How far up the stack the next return address is looked for. */
#ifndef ALLOCTRACE_SCAN_WORDS
#define ALLOCTRACE_SCAN_WORDS 96u
#endif

/* How far a call may lie from the start of its function, when a return address is checked against the call before it. */
#ifndef ALLOCTRACE_MAX_FUNCTION_BYTES
#define ALLOCTRACE_MAX_FUNCTION_BYTES 2048u
#endif

enum { ALLOCTRACE_IDLE = 0, ALLOCTRACE_RECORDING = 1, ALLOCTRACE_FROZEN = 2, ALLOCTRACE_FULL = 3 };
enum { ALLOCTRACE_ALLOC = 0, ALLOCTRACE_FREE = 1, ALLOCTRACE_REALLOC = 2, ALLOCTRACE_FAILED = 3 };

/* Flags of the settings. */
#define ALLOCTRACE_STOP_ON_FULL 1u
#define ALLOCTRACE_COLLAPSE_PAIRS 2u
#define ALLOCTRACE_CAPTURE_LARGEST 4u
#define ALLOCTRACE_SKIP_FREES 8u
#define ALLOCTRACE_ALL_FLAGS 15u

/* What one capture records; holds from the next reset on, and across a warm reset of the chip. */
struct alloctrace_settings {
    uint32_t flags;
    uint32_t depth;     /* return addresses an event: 1 to ALLOCTRACE_MAX_DEPTH */
    uint32_t min_size;  /* smaller allocations have no backtrace */
};

/* What the tracer cannot know by itself. Zeros are allowed everywhere; without a code range there are no backtraces. */
struct alloctrace_config {
    const void *heap_base;
    uint32_t heap_size;
    const void *code_start;  /* machine code lies from here ... */
    const void *code_end;    /* ... up to here */
    const void *stack_end;   /* the address after the main stack */
    uint32_t clock_hz;       /* rate of alloctrace_clock */
};

/* One event. `seq` is written last, and is ALLOCTRACE_NO_SEQ while the entry is being filled. */
struct alloctrace_entry {
    uint32_t seq;
    uint32_t kind_depth;  /* kind | number of return addresses << 8 */
    uint32_t address;
    uint32_t size;
    uint32_t from;        /* old address of a realloc */
    uint32_t at;          /* ticks of alloctrace_clock */
    uint32_t largest_before;
    uint32_t largest_after;
    uint32_t pc[ALLOCTRACE_MAX_DEPTH];
};
#define ALLOCTRACE_NO_SEQ 0xffffffffu
#define ALLOCTRACE_MAGIC 0x52544c41u /* "ALTR" */
#define ALLOCTRACE_VERSION 1u

/*
 * The control block that a debugger reads: all words, in this order, for ever (a new layout has a new version).
 * The entries of [drained, written) are in the ring, entry i at i % capacity. The tracer writes `written`; a debugger that has
 * read entries writes `drained` (and `state`, to go on after FULL) while the core is halted. Both counters may wrap.
 */
struct alloctrace_ring {
    uint32_t magic;
    uint32_t version;
    uint32_t entry_words;
    uint32_t capacity;
    uint32_t max_depth;
    uint32_t clock_hz;
    uint32_t entries;   /* address of entry 0 */
    uint32_t settings;  /* address of the stored settings (struct alloctrace_stored) */
    uint32_t heap_base;
    uint32_t heap_size;
    uint32_t busy;      /* not 0 while the tracer changes the words below: a debugger that halted here goes on a little */
    uint32_t state;
    uint32_t written;
    uint32_t drained;
    uint32_t captured;     /* events seen while recording */
    uint32_t overwritten;  /* replaced by newer ones (rolling) */
    uint32_t collapsed;    /* pairs dropped */
    uint32_t missed;       /* events while frozen or full */
    struct alloctrace_settings active;
};

/* The settings as they lie in .noinit: valid when magic and checksum fit. */
struct alloctrace_stored {
    uint32_t magic;
    struct alloctrace_settings values;
    uint32_t checksum;  /* FNV-1a over the four words before it, a word at a time */
};

extern volatile struct alloctrace_ring alloctrace_ring;

/* Begins: takes the settings that survived a warm reset, or the defaults, and records. */
void alloctrace_start(const struct alloctrace_config *config);
/* Stores settings for the next capture. False when a value is out of range; then nothing changes. */
bool alloctrace_configure(const struct alloctrace_settings *settings);
void alloctrace_get_settings(struct alloctrace_settings *settings);
void alloctrace_freeze(void);
/* False when the ring is full: only alloctrace_reset goes on from there. */
bool alloctrace_resume(void);
void alloctrace_reset(void);

/* For hooks: the largest free block if the settings ask for it, else 0. Call it before the allocator works. */
uint32_t alloctrace_before(void);
/*
 * For hooks: records what the allocator did. Addresses are numbers here, for the block may be gone. The last two arguments
 * are ALLOCTRACE_CALLER, evaluated in the hook function itself.
 */
void alloctrace_record(uint32_t kind, uintptr_t address, size_t size, uintptr_t from, uint32_t largest_before,
                       uintptr_t pc, const void *frame);
#define ALLOCTRACE_CALLER (uintptr_t)__builtin_return_address(0), __builtin_frame_address(0)

/* Yours to define, if wanted: weak defaults return 0, and the configured stack_end. */
uint32_t alloctrace_clock(void);
uint32_t alloctrace_largest_free(void);
uintptr_t alloctrace_stack_end(void);

/* Called, with interrupts masked, when the ring has filled: a debugger breaks here, drains, and lets the target go on. */
void alloctrace_ring_full(void);

#endif
