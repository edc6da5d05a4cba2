// Hash tables: integers, strings and symbols as keys.
#include "bytes.h"
#include "error.h"
#include "malloc.h"
#include "object.h"

#define FIRST_CAPACITY 4

static uint32_t hash_bytes(const char *bytes, size_t length)
{
    // FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv/), 32 bits.
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < length; i++) {
        hash = (hash ^ (uint8_t)bytes[i]) * 16777619u;
    }
    return hash;
}

static uint32_t hash_key(obj_t key)
{
    if (is_int(key)) {
        return (uint32_t)int_value(key);
    }
    if (is_type(key, TYPE_STRING)) {
        return hash_bytes(as_string(key)->text, as_string(key)->length);
    }
    if (is_type(key, TYPE_SYMBOL)) {
        // Its name and not its address: the order of keys is then the same in every build.
        const char *name = ((const symbol_t *)key)->name;
        return hash_bytes(name, strlen(name));
    }
    raise("not a key", key);
}

static bool same_key(obj_t a, obj_t b)
{
    if (a == b) {
        return true;
    }
    if (!is_type(a, TYPE_STRING) || !is_type(b, TYPE_STRING)) {
        return false;
    }
    const string_t *left = as_string(a);
    const string_t *right = as_string(b);
    return left->length == right->length && memcmp(left->text, right->text, left->length) == 0;
}

dict_t *dict_new(uint32_t capacity)
{
    dict_t *dict = m_malloc(sizeof(dict_t));
    dict->type = TYPE_DICT;
    if (capacity > 0) {
        dict->slots = m_malloc(capacity * sizeof(slot_t));
        dict->capacity = capacity;
    }
    return dict;
}

dict_t *as_dict(obj_t value)
{
    if (!is_type(value, TYPE_DICT)) {
        raise("not a dictionary", value);
    }
    return (dict_t *)value;
}

// Returns the slot of `key`, or the empty slot where it would go. There must be an empty slot.
static slot_t *probe(const dict_t *dict, obj_t key)
{
    uint32_t mask = dict->capacity - 1;
    uint32_t at = hash_key(key) & mask;
    while (dict->slots[at].key != NIL && !same_key(dict->slots[at].key, key)) {
        at = (at + 1) & mask;
    }
    return &dict->slots[at];
}

slot_t *dict_find(dict_t *dict, obj_t key)
{
    if (dict->capacity == 0) {
        return NULL;
    }
    slot_t *slot = probe(dict, key);
    return slot->key == NIL ? NULL : slot;
}

static void rehash(dict_t *dict, uint32_t capacity)
{
    dict_t grown = { .type = TYPE_DICT, .used = dict->used, .capacity = capacity };
    grown.slots = m_malloc(capacity * sizeof(slot_t));
    for (uint32_t i = 0; i < dict->capacity; i++) {
        if (dict->slots[i].key != NIL) {
            *probe(&grown, dict->slots[i].key) = dict->slots[i];
        }
    }
    m_free(dict->slots);
    *dict = grown;
}

void dict_put(dict_t *dict, obj_t key, obj_t value)
{
    slot_t *slot = dict_find(dict, key);
    if (slot != NULL) {
        slot->value = value;
        return;
    }
    // At three quarters full, long before probe() would run out of empty slots.
    if ((dict->used + 1) * 4 > dict->capacity * 3) {
        rehash(dict, dict->capacity == 0 ? FIRST_CAPACITY : dict->capacity * 2);
    }
    slot = probe(dict, key);
    slot->key = key;
    slot->value = value;
    dict->used++;
}
