#include "print.h"

#include "board.h"
#include "error.h"

// Where characters go: into `string`, or to the UART when that is NULL.
typedef struct {
    string_t *string;
    bool quote_strings;
} sink_t;

static void write_value(const sink_t *sink, obj_t value);

static void write_char(const sink_t *sink, char c)
{
    if (sink->string != NULL) {
        string_push(sink->string, c);
        return;
    }
    if (c == '\n') {
        board_put_char('\r');
    }
    board_put_char(c);
}

static void write_text(const sink_t *sink, const char *text)
{
    while (*text != '\0') {
        write_char(sink, *text++);
    }
}

static void write_int(const sink_t *sink, int32_t value)
{
    char digits[11];
    size_t count = 0;
    uint32_t rest_of_value = value < 0 ? 0u - (uint32_t)value : (uint32_t)value;
    do {
        digits[count++] = (char)('0' + rest_of_value % 10);
        rest_of_value /= 10;
    } while (rest_of_value > 0);
    if (value < 0) {
        write_char(sink, '-');
    }
    while (count > 0) {
        write_char(sink, digits[--count]);
    }
}

static void write_string(const sink_t *sink, const string_t *string)
{
    if (sink->quote_strings) {
        write_char(sink, '"');
    }
    // A string may be appended to itself: then its length changes below.
    uint32_t length = string->length;
    for (uint32_t i = 0; i < length; i++) {
        char c = string->text[i];
        if (sink->quote_strings && (c == '"' || c == '\\')) {
            write_char(sink, '\\');
        }
        write_char(sink, c);
    }
    if (sink->quote_strings) {
        write_char(sink, '"');
    }
}

static void write_list(const sink_t *sink, obj_t list)
{
    write_char(sink, '(');
    while (list != NIL) {
        write_value(sink, first(list));
        list = rest(list);
        if (list != NIL) {
            write_char(sink, ' ');
        }
    }
    write_char(sink, ')');
}

static void write_array(const sink_t *sink, const array_t *array)
{
    write_char(sink, '[');
    for (uint32_t i = 0; i < array->length; i++) {
        if (i > 0) {
            write_char(sink, ' ');
        }
        write_value(sink, array->items[i]);
    }
    write_char(sink, ']');
}

static void write_dict(const sink_t *sink, const dict_t *dict)
{
    bool separate = false;
    write_char(sink, '{');
    for (uint32_t i = 0; i < dict->capacity; i++) {
        if (dict->slots[i].key == NIL) {
            continue;
        }
        write_text(sink, separate ? ", " : "");
        write_value(sink, dict->slots[i].key);
        write_char(sink, ' ');
        write_value(sink, dict->slots[i].value);
        separate = true;
    }
    write_char(sink, '}');
}

static void write_object(const sink_t *sink, obj_t value)
{
    switch (*(const uint32_t *)value) {
    case TYPE_PAIR:
        write_list(sink, value);
        break;
    case TYPE_SYMBOL:
        write_text(sink, ((const symbol_t *)value)->name);
        break;
    case TYPE_STRING:
        write_string(sink, as_string(value));
        break;
    case TYPE_ARRAY:
        write_array(sink, as_array(value));
        break;
    case TYPE_DICT:
        write_dict(sink, as_dict(value));
        break;
    case TYPE_BUILTIN:
        write_text(sink, "#<builtin ");
        write_text(sink, ((const builtin_t *)value)->name);
        write_char(sink, '>');
        break;
    case TYPE_CLOSURE:
        write_text(sink, "#<function>");
        break;
    default:
        write_text(sink, "#<stream>");
        break;
    }
}

static void write_value(const sink_t *sink, obj_t value)
{
    stack_check();
    if (value == NIL) {
        write_text(sink, "nil");
    } else if (is_int(value)) {
        write_int(sink, int_value(value));
    } else {
        write_object(sink, value);
    }
}

void print_text(const char *text)
{
    write_text(&(sink_t){ NULL, false }, text);
}

void print_value(obj_t value)
{
    write_value(&(sink_t){ NULL, true }, value);
}

void display_value(obj_t value)
{
    write_value(&(sink_t){ NULL, false }, value);
}

void append_value(string_t *string, obj_t value)
{
    write_value(&(sink_t){ string, false }, value);
}
