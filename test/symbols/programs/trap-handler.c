/* An interrupt's handler that calls C, and the same function called by its name, as some start-up code does. */
int seen;

__attribute__((noinline)) void innermost(int value)
{
    seen = value;
    __asm__ volatile("" ::: "memory");
}

__attribute__((interrupt)) void handler(void)
{
    innermost(1);
    seen++;
}

__attribute__((noinline)) int worker(void)
{
    innermost(2);
    seen++;
    return seen;
}

int main(void)
{
    handler();
    return worker();
}
