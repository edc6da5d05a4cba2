/* Functions whose names gdb, the linker and the debug information spell in different ways, each on the path of an allocation. */
#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

volatile int sink;

namespace {
struct Hidden {
  int value;
  explicit Hidden(int v) : value(v) { sink = v; }
};
}  // namespace

template <typename... T> __attribute__((noinline)) int *pack(T &&...values) { return new int((0 + ... + values)); }

struct Shape {
  virtual ~Shape() = default;
  virtual int *area() const = 0;
};
struct Named {
  virtual ~Named() = default;
  virtual int *name() const { return new int(1); }
};
struct Square : Shape, Named {
  int *area() const noexcept override { return new int(2); }
  int *name() const override { return new int(3); }
  operator int *() const { return new int(4); }
  bool operator<(const Square &) const { delete new int(5); return false; }
};

__attribute__((noinline)) std::shared_ptr<Hidden> make(int value) { return std::make_shared<Hidden>(value); }
__attribute__((noinline)) int *call(const std::function<int *(int)> &function) { return function(7); }

int main() {
  int a = 1, b = 2;
  std::swap(a, b);
  auto shared = make(a);
  delete pack(1, 2, 3);
  delete pack();
  Square square;
  const Named &named = square;
  delete named.name();
  delete square.area();
  delete static_cast<int *>(square);
  sink = square < square;
  delete call([](int value) { return new int(value); });
  std::string text("a text that is longer than what fits without an allocation");
  text.append(text);
  std::vector<std::string> list(3, text);
  std::sort(list.begin(), list.end(), [](const std::string &x, const std::string &y) { return x + "1" < y + "2"; });
  return static_cast<int>(list.size()) + shared->value;
}
