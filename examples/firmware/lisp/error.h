// Errors: raise() goes back to the innermost catch point.
#ifndef ERROR_H
#define ERROR_H

#include "jump.h"
#include "object.h"

// Used so:
//     catch_point_t point;
//     if (catch_enter(&point)) { ...; catch_leave(&point); } else { point.message, point.culprit }
typedef struct catch_point {
    struct catch_point *outer;
    jump_registers_t registers;
    const char *message;
    obj_t culprit;
} catch_point_t;

void catch_push(catch_point_t *point);
void catch_leave(catch_point_t *point);

// A macro because the frame that calls jump_save() must still exist when jump_back() returns to it.
#define catch_enter(point) (catch_push(point), jump_save((point)->registers) == 0)

// `culprit` is the value to blame, or NIL. The message must outlive the call: there may be no memory to copy it.
void raise(const char *message, obj_t culprit) __attribute__((noreturn));

// Raises an error when the C stack is nearly used up.
void stack_check(void);

#endif
