// C++ for the symbolizer: namespaces, templates, member functions, lambdas, a local class and overloaded operators.
namespace shapes {

volatile int sink;

template <typename T, unsigned N>
struct Stack {
  T items[N];
  unsigned count;

  __attribute__((noinline)) void push(const T &item) { items[count++ % N] = item; }
  T pop() { return items[--count % N]; }
};

struct Point {
  int x, y;
  __attribute__((noinline)) bool operator<(const Point &other) const { return x + sink < other.x; }
};

template <typename F>
__attribute__((noinline)) int apply(F function, int value) {
  return function(value) + sink;
}

namespace {
__attribute__((noinline)) int hidden(int value) { return value * sink; }
}  // namespace

static inline int largest(const Point &left, const Point &right) { return left < right ? right.x : left.x; }

}  // namespace shapes

using shapes::sink;

static shapes::Stack<int, 4u> numbers;
static shapes::Stack<shapes::Point, 2u> points;

int main() {
  for (;;) {
    numbers.push(int(sink));
    points.push({int(sink), 2});
    sink = shapes::apply([](int value) { return value + sink; }, numbers.pop());
    sink = shapes::hidden(sink) + shapes::largest(points.pop(), {1, 2});
  }
}

extern "C" void Reset_Handler() { main(); }
