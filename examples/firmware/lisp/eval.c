// Evaluates expressions as the reader made them. Each special form is a function in forms.c.
#include "eval.h"

#include "error.h"
#include "malloc.h"
#include "print.h"
#include "reader.h"
#include "state.h"

obj_t *find_variable(obj_t symbol, env_t *env)
{
    for (; env != NULL; env = env->outer) {
        size_t i = 0;
        for (obj_t names = env->names; names != NIL; names = rest(names), i++) {
            if (first(names) == symbol) {
                return &env->values[i];
            }
        }
    }
    slot_t *global = dict_find(mp_state_ctx.vm.globals, symbol);
    return global == NULL ? NULL : &global->value;
}

static obj_t lookup(obj_t symbol, env_t *env)
{
    const obj_t *variable = find_variable(symbol, env);
    if (variable != NULL) {
        return *variable;
    }
    const builtin_t *builtin = ((const symbol_t *)symbol)->builtin;
    if (builtin == NULL) {
        raise("unbound symbol", symbol);
    }
    return (obj_t)builtin;
}

static obj_t call_builtin(const builtin_t *builtin, obj_t arg_exprs, env_t *env)
{
    obj_t args[MAX_ARGS];
    size_t count = 0;
    for (; arg_exprs != NIL; arg_exprs = rest(arg_exprs)) {
        if (count == builtin->max_args) {
            raise("too many arguments", (obj_t)builtin);
        }
        args[count++] = eval(first(arg_exprs), env);
    }
    if (count < builtin->min_args) {
        raise("too few arguments", (obj_t)builtin);
    }
    return builtin->function(count, args);
}

static env_t *bind_arguments(const closure_t *closure, obj_t arg_exprs, env_t *env)
{
    size_t count = list_length(closure->parameters);
    env_t *bound = m_malloc(sizeof(env_t) + count * sizeof(obj_t));
    bound->outer = closure->env;
    bound->names = closure->parameters;
    for (size_t i = 0; i < count; i++, arg_exprs = rest(arg_exprs)) {
        if (arg_exprs == NIL) {
            raise("too few arguments", (obj_t)closure);
        }
        bound->values[i] = eval(first(arg_exprs), env);
    }
    if (arg_exprs != NIL) {
        raise("too many arguments", (obj_t)closure);
    }
    return bound;
}

// Goes on with the body of a closure in the same eval(): a call in tail position takes no C stack.
static bool call_closure(step_t *step, const closure_t *closure, obj_t arg_exprs)
{
    step->env = bind_arguments(closure, arg_exprs, step->env);
    return form_do(step, closure->body);
}

static bool eval_call(step_t *step)
{
    obj_t callee = eval(first(step->expr), step->env);
    obj_t args = rest(step->expr);
    if (is_type(callee, TYPE_CLOSURE)) {
        return call_closure(step, (const closure_t *)callee, args);
    }
    if (!is_type(callee, TYPE_BUILTIN)) {
        raise("not a function", callee);
    }
    const builtin_t *builtin = (const builtin_t *)callee;
    if (builtin->form != NULL) {
        return builtin->form(step, args);
    }
    step->value = call_builtin(builtin, args, step->env);
    return true;
}

obj_t eval(obj_t expr, env_t *env)
{
    stack_check();
    step_t step = { .expr = expr, .env = env, .value = NIL };
    for (;;) {
        if (is_type(step.expr, TYPE_SYMBOL)) {
            return lookup(step.expr, step.env);
        }
        if (!is_type(step.expr, TYPE_PAIR)) {
            return step.expr;
        }
        if (eval_call(&step)) {
            return step.value;
        }
    }
}

static void eval_text(const char *text, bool echo)
{
    reader_t reader = { .at = text };
    obj_t value;
    while (read_next(&reader, &value)) {
        value = eval(value, NULL);
        if (echo) {
            print_value(value);
            print_text("\n");
        }
    }
}

void eval_and_report(const char *text, bool echo)
{
    catch_point_t point;
    if (catch_enter(&point)) {
        eval_text(text, echo);
        catch_leave(&point);
        return;
    }
    print_text("error: ");
    print_text(point.message);
    if (point.culprit != NIL) {
        print_text(": ");
        print_value(point.culprit);
    }
    print_text("\n");
}
