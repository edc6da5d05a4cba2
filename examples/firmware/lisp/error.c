#include "error.h"

#include "state.h"

// Left for the deepest path that does not check: a collection with a finaliser, below a builtin.
#define STACK_RESERVE_BYTES 640

extern char __stack_limit[];

void catch_push(catch_point_t *point)
{
    point->outer = mp_state_ctx.catch_top;
    mp_state_ctx.catch_top = point;
}

void catch_leave(catch_point_t *point)
{
    mp_state_ctx.catch_top = point->outer;
}

void raise(const char *message, obj_t culprit)
{
    catch_point_t *point = mp_state_ctx.catch_top;
    mp_state_ctx.catch_top = point->outer;
    point->message = message;
    point->culprit = culprit;
    jump_back(point->registers);
}

void stack_check(void)
{
    char *here = __builtin_frame_address(0);
    if (here < __stack_limit + STACK_RESERVE_BYTES) {
        raise("recursion too deep", NIL);
    }
}
