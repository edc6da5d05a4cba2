/* A function that the start-up code copies to RAM, as every vendor's .ramfunc. */
volatile unsigned sink;
__attribute__((section(".ramfunc"), noinline, used)) void in_ram(void) { sink++; }
__attribute__((used)) void _start(void) {
  for (;;) sink++;
}
