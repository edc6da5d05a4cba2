#include "bytes.h"
#include "malloc.h"
#include "object.h"
#include "state.h"

#define TABLE_STEP 16

static symbol_t *find(const char *name, size_t length)
{
    for (size_t i = 0; i < mp_state_ctx.vm.symbol_count; i++) {
        symbol_t *symbol = mp_state_ctx.vm.symbols[i];
        if (strlen(symbol->name) == length && memcmp(symbol->name, name, length) == 0) {
            return symbol;
        }
    }
    return NULL;
}

static void add_to_table(symbol_t *symbol)
{
    state_vm_t *vm = &mp_state_ctx.vm;
    if (vm->symbol_count == vm->symbol_capacity) {
        size_t capacity = vm->symbol_capacity + TABLE_STEP;
        vm->symbols = m_realloc(vm->symbols, capacity * sizeof(symbol_t *));
        vm->symbol_capacity = capacity;
    }
    vm->symbols[vm->symbol_count++] = symbol;
}

obj_t intern(const char *name, size_t length)
{
    symbol_t *symbol = find(name, length);
    if (symbol == NULL) {
        symbol = m_malloc(sizeof(symbol_t) + length + 1);
        symbol->type = TYPE_SYMBOL;
        symbol->builtin = builtin_find(name, length);
        memcpy(symbol->name, name, length);
        add_to_table(symbol);
    }
    return (obj_t)symbol;
}

obj_t truth(bool value)
{
    return value ? (obj_t)mp_state_ctx.vm.truth : NIL;
}
