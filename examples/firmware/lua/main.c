/* A Lua 5.1 that runs one script, whose probes say by Lua's own traceback where they are. */
#include "lauxlib.h"
#include "lobject.h"
#include "lualib.h"

#include <stdio.h>

__asm__(".section .rodata\n"
        ".global script, script_end\n"
        "script: .incbin \"scripts/probes.lua\"\n"
        "script_end: .byte 0\n"
        ".text\n");
extern const char script[], script_end[];

void lua_done(void);
/* The C library asks for these: there are no files, and the firmware never ends. */
void _fini(void);
int _open(const char *path, int flags, int mode);

void _fini(void)
{
}

int _open(const char *path, int flags, int mode)
{
    (void)path;
    (void)flags;
    (void)mode;
    return -1;
}

/* Where a capture ends. */
__attribute__((noinline)) void lua_done(void)
{
    __asm__ volatile("");
}

/* probe(size): allocates so much at once, then prints the traceback of that place. */
static int probe(lua_State *L)
{
    size_t size = (size_t)luaL_checkinteger(L, 1);
    lua_newuserdata(L, size);
    printf("PROBE %u\r\n", (unsigned)(size + sizeof(Udata)));
    lua_getglobal(L, "debug");
    lua_getfield(L, -1, "traceback");
    lua_call(L, 0, 1);
    printf("%s\r\nEND\r\n", lua_tostring(L, -1));
    return 0;
}

static void open_library(lua_State *L, const char *name, lua_CFunction open)
{
    lua_pushcfunction(L, open);
    lua_pushstring(L, name);
    lua_call(L, 1, 0);
}

int main(void)
{
    lua_State *L = luaL_newstate();
    if (!L) return 1;
    open_library(L, "", luaopen_base);
    open_library(L, LUA_TABLIBNAME, luaopen_table);
    open_library(L, LUA_STRLIBNAME, luaopen_string);
    open_library(L, LUA_DBLIBNAME, luaopen_debug);
    lua_register(L, "probe", probe);
    if (luaL_loadbuffer(L, script, (size_t)(script_end - script), "@probes.lua") || lua_pcall(L, 0, 0, 0)) {
        printf("error: %s\r\n", lua_tostring(L, -1));
    }
    lua_done();
    for (;;) {
    }
}
