/* Task 1, in C: blocks that grow and move, recursion, and ways out of a function that never return from it. */
#include "allocator.h"
#include "heap-lock.h"
#include "scheduler.h"
#include "workers.h"

#include <setjmp.h>
#include <string.h>

#define TREE_DEPTH 4
#define TOO_LARGE_BYTES 0x00800000u

struct node {
    struct node *left, *right;
    unsigned key;
};

/* Volatile, or the compiler drops an allocation that is only freed. */
static void *volatile behind;
static void *volatile too_large;

static jmp_buf out_of_memory;
static volatile int jump_when_exhausted;

/* A block behind the log keeps realloc from growing it in place. */
static void grow_log(void)
{
    char *log = NULL;
    for (size_t size = 24; size <= 400; size *= 2) {
        char *grown = reallocate(log, size);
        if (grown == NULL) {
            break;
        }
        log = grown;
        memset(log, '.', size);
        behind = allocate(16);
        run_until_preempted();
        release(behind);
    }
    release(log);
}

static struct node *build_tree(unsigned depth, unsigned key)
{
    struct node *node = allocate(sizeof *node + depth * 4);
    if (node == NULL) {
        return NULL;
    }
    *node = (struct node){.key = key};
    if (depth > 0) {
        node->left = build_tree(depth - 1, key * 2);
        node->right = build_tree(depth - 1, key * 2 + 1);
    }
    return node;
}

static void release_tree(struct node *node)
{
    if (node != NULL) {
        release_tree(node->left);
        release_tree(node->right);
        release(node);
    }
}

/* Leaves by longjmp with a block that was just allocated; the caller knows of it through held. */
static void parse(jmp_buf give_up, void *volatile *held)
{
    *held = allocate(50);
    longjmp(give_up, 1);
}

static void parse_and_give_up(void)
{
    static void *volatile held;
    jmp_buf give_up;
    if (setjmp(give_up) == 0) {
        parse(give_up, &held);
    }
    release(held);
}

/* The board calls this inside _sbrk, FreeRTOS's hook inside pvPortMalloc. */
void heap_exhausted(void);
void heap_exhausted(void)
{
    if (jump_when_exhausted) {
        longjmp(out_of_memory, 1);
    }
}

/* A request that cannot be met: malloc returns NULL, or (jump) is left by longjmp in its middle. */
static void ask_for_too_much(int jump)
{
    jump_when_exhausted = jump;
    if (setjmp(out_of_memory) == 0) {
        too_large = allocate(TOO_LARGE_BYTES);
        release(too_large);
    } else {
        malloc_abandoned();
    }
    jump_when_exhausted = 0;
}

/* Lost in two ways: the last pointer is overwritten, and a list whose head is overwritten. */
static void *volatile lost;
static struct node *volatile lost_list;

static __attribute__((noinline)) void lose_blocks(unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if (i % 4 != 3 || i + 1 == count) {
            lost = allocate(20 + i);
        } else {
            struct node *first = allocate(sizeof *first);
            *first = (struct node){.left = allocate(sizeof *first), .key = i};
            i++;
            lost_list = first;
        }
    }
    lost = NULL;
    lost_list = NULL;
}

void logger_task(void)
{
    lose_blocks((unsigned)task_leaks - 1);
    unsigned rounds = (unsigned)task_rounds;
    for (unsigned round = 0; round < rounds; round++) {
        grow_log();
        release_tree(build_tree(TREE_DEPTH, 1));
        parse_and_give_up();
        ask_for_too_much(round % 2 == 1);
    }
}
