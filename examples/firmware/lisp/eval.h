// The evaluator.
#ifndef EVAL_H
#define EVAL_H

#include "object.h"

#define MAX_ARGS 8

// `env` is NULL at the top level.
obj_t eval(obj_t expr, env_t *env);

// Returns where the value of `symbol` is kept, or NULL when no script defined it.
obj_t *find_variable(obj_t symbol, env_t *env);

// Reads and evaluates `text` to its end; an error ends it and is printed. With `echo`, prints each value.
void eval_and_report(const char *text, bool echo);

// The forms that builtins.c lists.
bool form_quote(step_t *step, obj_t args);
bool form_if(step_t *step, obj_t args);
bool form_and(step_t *step, obj_t args);
bool form_or(step_t *step, obj_t args);
bool form_do(step_t *step, obj_t args);
bool form_let(step_t *step, obj_t args);
bool form_while(step_t *step, obj_t args);
bool form_lambda(step_t *step, obj_t args);
bool form_define(step_t *step, obj_t args);
bool form_set(step_t *step, obj_t args);
bool form_try(step_t *step, obj_t args);

#endif
