/* What the ROM of an ESP8266 has, and the compiler's own library therefore not: division. */
unsigned __udivsi3(unsigned dividend, unsigned divisor);
unsigned __umodsi3(unsigned dividend, unsigned divisor);
int __divsi3(int dividend, int divisor);
int __modsi3(int dividend, int divisor);

static unsigned divide(unsigned dividend, unsigned divisor, unsigned *remainder)
{
    unsigned quotient = 0;
    unsigned rest = 0;
    for (int bit = 31; bit >= 0; bit--) {
        rest = rest << 1 | (dividend >> bit & 1);
        if (rest >= divisor) {
            rest -= divisor;
            quotient |= 1u << bit;
        }
    }
    *remainder = rest;
    return quotient;
}

unsigned __udivsi3(unsigned dividend, unsigned divisor)
{
    unsigned rest;
    return divide(dividend, divisor, &rest);
}

unsigned __umodsi3(unsigned dividend, unsigned divisor)
{
    unsigned rest;
    divide(dividend, divisor, &rest);
    return rest;
}

static unsigned magnitude(int value)
{
    return value < 0 ? -(unsigned)value : (unsigned)value;
}

int __divsi3(int dividend, int divisor)
{
    unsigned quotient = __udivsi3(magnitude(dividend), magnitude(divisor));
    return (int)((dividend < 0) != (divisor < 0) ? -quotient : quotient);
}

int __modsi3(int dividend, int divisor)
{
    unsigned rest = __umodsi3(magnitude(dividend), magnitude(divisor));
    return (int)(dividend < 0 ? -rest : rest);
}
