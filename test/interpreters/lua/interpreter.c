/*
 * The structures of a Lua 5.1 (names and members as its debug information has them) and what its memory holds while `inner` runs, called by `array` in
 * C, called by the main chunk: nothing here runs, the file is read. PACKED: NodeMCU's table of lines.
 */
typedef unsigned int Instruction;
typedef struct lua_TValue { union { void *gc; double n; } value; int tt; } TValue;
typedef union TString { struct { void *next; unsigned char tt, marked, reserved; unsigned int hash, len; } tsv; double aligned; } TString;
typedef struct Proto {
  void *next;
  unsigned char tt, marked;
  TValue *k;
  Instruction *code;
#ifdef PACKED
  unsigned char *packedlineinfo;
#else
  int *lineinfo;
#endif
  TString *source;
  int sizecode, linedefined;
} Proto;
typedef struct LClosure { void *next; unsigned char tt, marked, isC, nupvalues; void *gclist, *env; Proto *p; } LClosure;
typedef struct CallInfo { TValue *base, *func, *top; const Instruction *savedpc; int nresults, tailcalls; } CallInfo;
typedef struct lua_State { void *next; unsigned char tt, marked, status; TValue *top; CallInfo *ci; const Instruction *savedpc; CallInfo *end_ci, *base_ci; } lua_State;

static struct { TString head; char text[12]; } source = {{{0, 4, 0, 0, 0, 9}}, "@main.lua"};
static Instruction main_code[6], inner_code[6];
#ifdef PACKED
/* Line 1 twice, 3 for three; line 13, 14 twice. */
static unsigned char main_lines[] = {2, 0x80, 3, 0}, inner_lines[] = {0x8b, 1, 2, 0};
#define LINES packedlineinfo
#else
static int main_lines[] = {1, 1, 3, 3, 3, 4}, inner_lines[] = {13, 14, 14, 15, 15, 15};
#define LINES lineinfo
#endif
static Proto main_proto = {.code = main_code, .LINES = main_lines, .source = &source.head, .sizecode = 6};
static Proto inner_proto = {.code = inner_code, .LINES = inner_lines, .source = &source.head, .sizecode = 6, .linedefined = 12};
static LClosure main_function = {.tt = 6, .p = &main_proto}, inner_function = {.tt = 6, .p = &inner_proto}, in_c = {.tt = 6, .isC = 1};
static TValue values[] = {{{0}, 0}, {{&main_function}, 6}, {{&in_c}, 6}, {{&inner_function}, 6}};
static CallInfo calls[] = {{.func = &values[0]}, {.func = &values[1], .savedpc = &main_code[4]}, {.func = &values[2]}, {.func = &values[3]}};
lua_State state = {.ci = &calls[3], .savedpc = &inner_code[2], .base_ci = &calls[0]};

lua_State *luaV_execute(lua_State *L, int nexeccalls) { return nexeccalls ? L : &state; }
