#include "reader.h"

#include "bytes.h"
#include "error.h"

static obj_t read_form(reader_t *reader);

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool ends_atom(char c)
{
    return c == '\0' || c == '(' || c == ')' || c == '"' || c == ';' || is_space(c);
}

static void skip_blank(reader_t *reader)
{
    for (;; reader->at++) {
        if (*reader->at == ';') {
            while (*reader->at != '\0' && *reader->at != '\n') {
                reader->at++;
            }
        }
        if (!is_space(*reader->at)) {
            return;
        }
    }
}

// Makes (head form), for the quote character.
static obj_t read_quoted(reader_t *reader)
{
    reader->at++;
    obj_t quoted = cons(read_form(reader), NIL);
    return cons(intern("quote", 5), quoted);
}

static obj_t read_list(reader_t *reader)
{
    reader->at++;
    obj_t list = NIL;
    pair_t *last = NULL;
    for (;;) {
        skip_blank(reader);
        if (*reader->at == ')') {
            reader->at++;
            return list;
        }
        obj_t pair = cons(read_form(reader), NIL);
        if (last == NULL) {
            list = pair;
        } else {
            last->rest = pair;
        }
        last = (pair_t *)pair;
    }
}

static obj_t read_string(reader_t *reader)
{
    string_t *string = string_new("", 0);
    for (reader->at++; *reader->at != '"'; reader->at++) {
        if (*reader->at == '\0') {
            raise("a string does not end", NIL);
        }
        if (*reader->at == '\\' && reader->at[1] != '\0') {
            reader->at++;
            string_push(string, *reader->at == 'n' ? '\n' : *reader->at);
        } else {
            string_push(string, *reader->at);
        }
    }
    reader->at++;
    string_trim(string);
    return (obj_t)string;
}

// A minus sign or none, then nothing but digits.
static bool is_int_text(const char *text, size_t length)
{
    size_t i = length > 1 && text[0] == '-';
    while (i < length && is_digit(text[i])) {
        i++;
    }
    return i == length;
}

static obj_t parse_int(const char *text, size_t length)
{
    bool negative = text[0] == '-';
    uint32_t value = 0;
    for (size_t i = negative; i < length; i++) {
        value = value * 10 + (uint32_t)(text[i] - '0');
    }
    return make_int(negative ? -(int32_t)value : (int32_t)value);
}

static obj_t read_atom(reader_t *reader)
{
    const char *start = reader->at;
    while (!ends_atom(*reader->at)) {
        reader->at++;
    }
    size_t length = (size_t)(reader->at - start);
    if (is_int_text(start, length)) {
        return parse_int(start, length);
    }
    if (length == 3 && memcmp(start, "nil", 3) == 0) {
        return NIL;
    }
    return intern(start, length);
}

static obj_t read_form(reader_t *reader)
{
    stack_check();
    skip_blank(reader);
    switch (*reader->at) {
    case '\0':
        raise("an expression does not end", NIL);
    case ')':
        reader->at++;
        raise("a ) without its (", NIL);
    case '(':
        return read_list(reader);
    case '"':
        return read_string(reader);
    case '\'':
        return read_quoted(reader);
    default:
        return read_atom(reader);
    }
}

bool read_next(reader_t *reader, obj_t *value)
{
    skip_blank(reader);
    if (*reader->at == '\0') {
        return false;
    }
    *value = read_form(reader);
    return true;
}

int open_parentheses(const char *text)
{
    int open = 0;
    bool in_string = false;
    bool in_comment = false;
    for (; *text != '\0'; text++) {
        if (in_comment) {
            in_comment = *text != '\n';
        } else if (*text == '"') {
            in_string = !in_string;
        } else if (in_string) {
            text += *text == '\\' && text[1] != '\0';
        } else if (*text == ';') {
            in_comment = true;
        } else {
            open += (*text == '(') - (*text == ')');
        }
    }
    return open + in_string;
}
