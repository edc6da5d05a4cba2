// Strings that grow at their end.
#include "bytes.h"
#include "error.h"
#include "malloc.h"
#include "object.h"

#define FIRST_CAPACITY 16

string_t *string_new(const char *text, size_t length)
{
    string_t *string = m_malloc(sizeof(string_t));
    string->type = TYPE_STRING;
    if (length > 0) {
        string->text = m_malloc(length);
        memcpy(string->text, text, length);
        string->length = length;
        string->capacity = length;
    }
    return string;
}

string_t *as_string(obj_t value)
{
    if (!is_type(value, TYPE_STRING)) {
        raise("not a string", value);
    }
    return (string_t *)value;
}

void string_push(string_t *string, char c)
{
    if (string->length == string->capacity) {
        // By half, not double: the last doubling of a big buffer is what does not fit a small heap.
        uint32_t capacity = string->capacity == 0 ? FIRST_CAPACITY : string->capacity + string->capacity / 2 + 8;
        string->text = m_realloc(string->text, capacity);
        string->capacity = capacity;
    }
    string->text[string->length++] = c;
}

void string_trim(string_t *string)
{
    string->text = string->length == 0 ? (m_free(string->text), NULL) : m_realloc(string->text, string->length);
    string->capacity = string->length;
}
