// The special forms: what gets its arguments unevaluated.
#include "error.h"
#include "eval.h"
#include "malloc.h"
#include "state.h"

static bool finish(step_t *step, obj_t value)
{
    step->value = value;
    return true;
}

static bool go_on(step_t *step, obj_t expr)
{
    step->expr = expr;
    return false;
}

bool form_quote(step_t *step, obj_t args)
{
    return finish(step, first(args));
}

// (if condition then [else])
bool form_if(step_t *step, obj_t args)
{
    obj_t branches = rest(args);
    if (eval(first(args), step->env) == NIL) {
        branches = rest(branches);
    }
    return branches == NIL ? finish(step, NIL) : go_on(step, first(branches));
}

bool form_and(step_t *step, obj_t args)
{
    if (args == NIL) {
        return finish(step, truth(true));
    }
    for (; rest(args) != NIL; args = rest(args)) {
        if (eval(first(args), step->env) == NIL) {
            return finish(step, NIL);
        }
    }
    return go_on(step, first(args));
}

bool form_or(step_t *step, obj_t args)
{
    if (args == NIL) {
        return finish(step, NIL);
    }
    for (; rest(args) != NIL; args = rest(args)) {
        obj_t value = eval(first(args), step->env);
        if (value != NIL) {
            return finish(step, value);
        }
    }
    return go_on(step, first(args));
}

bool form_do(step_t *step, obj_t args)
{
    if (args == NIL) {
        return finish(step, NIL);
    }
    for (; rest(args) != NIL; args = rest(args)) {
        eval(first(args), step->env);
    }
    return go_on(step, first(args));
}

// (let (name value ...) body ...): each value sees the names before it.
bool form_let(step_t *step, obj_t args)
{
    for (obj_t names = first(args); names != NIL; names = rest(rest(names))) {
        env_t *bound = m_malloc(sizeof(env_t) + sizeof(obj_t));
        bound->outer = step->env;
        bound->names = cons(first(names), NIL);
        bound->values[0] = eval(first(rest(names)), step->env);
        step->env = bound;
    }
    return form_do(step, rest(args));
}

// (while condition body ...)
bool form_while(step_t *step, obj_t args)
{
    while (eval(first(args), step->env) != NIL) {
        for (obj_t body = rest(args); body != NIL; body = rest(body)) {
            eval(first(body), step->env);
        }
    }
    return finish(step, NIL);
}

static obj_t make_closure(obj_t parameters, obj_t body, env_t *env)
{
    closure_t *closure = m_malloc(sizeof(closure_t));
    closure->type = TYPE_CLOSURE;
    closure->parameters = parameters;
    closure->body = body;
    closure->env = env;
    return (obj_t)closure;
}

// (lambda (parameter ...) body ...)
bool form_lambda(step_t *step, obj_t args)
{
    return finish(step, make_closure(first(args), rest(args), step->env));
}

// (define name value) or (define (name parameter ...) body ...); names are global.
bool form_define(step_t *step, obj_t args)
{
    obj_t target = first(args);
    obj_t name = target;
    obj_t value;
    if (is_type(target, TYPE_PAIR)) {
        name = first(target);
        value = make_closure(rest(target), rest(args), step->env);
    } else {
        value = eval(first(rest(args)), step->env);
    }
    if (!is_type(name, TYPE_SYMBOL)) {
        raise("not a name", name);
    }
    dict_put(mp_state_ctx.vm.globals, name, value);
    return finish(step, name);
}

// (set! name value)
bool form_set(step_t *step, obj_t args)
{
    obj_t value = eval(first(rest(args)), step->env);
    obj_t *variable = find_variable(first(args), step->env);
    if (variable == NULL) {
        raise("unbound symbol", first(args));
    }
    *variable = value;
    return finish(step, value);
}

// (try expression fallback): the fallback's value when the expression raises an error.
bool form_try(step_t *step, obj_t args)
{
    catch_point_t point;
    if (catch_enter(&point)) {
        step->value = eval(first(args), step->env);
        catch_leave(&point);
        return true;
    }
    return go_on(step, first(rest(args)));
}
