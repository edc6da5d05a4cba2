// The plain program that somebody would write: the tree of calls of a trace in heaptrack's text, with the bytes that each call
// allocated, that were alive at the fullest moment and at the end. Reads the file whole, keeps vectors, prints the tree.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

struct Bytes {
  int64_t total = 0, peak = 0, live = 0;
};
struct Kind {
  int64_t size;
  uint32_t node;
};
struct Node {
  uint32_t ip, caller;
  int64_t total = 0, live = 0;
};
struct Call {
  Bytes bytes;
  std::map<uint32_t, uint32_t> callees;
};

static uint64_t hex(const char *&at) {
  while (*at == ' ') at++;
  uint64_t value = 0;
  for (;; at++) {
    if (*at >= '0' && *at <= '9') value = value * 16 + (*at - '0');
    else if (*at >= 'a' && *at <= 'f') value = value * 16 + (*at - 'a' + 10);
    else return value;
  }
}

static std::vector<std::string> strings{""};
static std::vector<std::string> names{""};
static std::vector<Call> calls(1);

static void print(uint32_t call, const std::string &name, int depth) {
  const Call &here = calls[call];
  std::printf("%*s%s %lld %lld %lld\n", depth, "", name.c_str(), (long long)here.bytes.total, (long long)here.bytes.peak,
              (long long)here.bytes.live);
  std::vector<std::pair<int64_t, uint32_t>> order;
  for (auto &[ip, callee] : here.callees) order.push_back({-calls[callee].bytes.total, ip});
  std::sort(order.begin(), order.end());
  for (auto &[bytes, ip] : order) print(here.callees.at(ip), names[ip], depth + 1);
}

int main(int argc, char **argv) {
  std::FILE *file = argc == 2 ? std::fopen(argv[1], "rb") : nullptr;
  if (!file) return 1;
  std::fseek(file, 0, SEEK_END);
  std::vector<char> text(std::ftell(file) + 1);
  std::rewind(file);
  text[std::fread(text.data(), 1, text.size() - 1, file)] = 0;
  std::fclose(file);

  std::vector<Node> nodes(1);
  std::vector<Kind> kinds;
  std::vector<int64_t> alive(1), atPeak;
  int64_t live = 0, peak = 0;
  bool isPeak = false;
  auto keepPeak = [&] {
    if (isPeak) atPeak = alive;
    isPeak = false;
  };
  for (const char *at = text.data(); *at;) {
    const char what = *at++;
    if (what == '+') {
      const Kind &kind = kinds[hex(at)];
      nodes[kind.node].total += kind.size;
      alive[kind.node] += kind.size;
      live += kind.size;
      if (live > peak) peak = live, isPeak = true;
    } else if (what == '-') {
      const Kind &kind = kinds[hex(at)];
      // A copy a moment that later ones overtake would take all day: it is made when bytes go away.
      if (isPeak && live == peak) keepPeak();
      alive[kind.node] -= kind.size;
      live -= kind.size;
    } else if (what == 'a') {
      const int64_t size = hex(at);
      kinds.push_back({size, (uint32_t)hex(at)});
    } else if (what == 't') {
      const uint32_t ip = hex(at);
      nodes.push_back({ip, (uint32_t)hex(at)});
      alive.resize(nodes.size());
    } else if (what == 's') {
      const char *end = at + 1;
      while (*end && *end != '\n') end++;
      strings.emplace_back(at + 1, end);
      at = end;
    } else if (what == 'i') {
      hex(at), hex(at);
      names.push_back(strings[hex(at)]);
    }
    while (*at && *at != '\n') at++;
    if (*at) at++;
  }
  keepPeak();
  alive.resize(nodes.size());
  atPeak.resize(nodes.size());

  std::vector<uint32_t> path;
  for (uint32_t node = 0; node < nodes.size(); node++) {
    if (nodes[node].total == 0) continue;
    path.clear();
    for (uint32_t up = node; up; up = nodes[up].caller) path.push_back(nodes[up].ip);
    uint32_t call = 0;
    for (size_t left = path.size() + 1; left-- > 0;) {
      Bytes &bytes = calls[call].bytes;
      bytes.total += nodes[node].total;
      bytes.peak += atPeak[node];
      bytes.live += alive[node];
      if (left == 0) break;
      const auto [found, isNew] = calls[call].callees.try_emplace(path[left - 1], (uint32_t)calls.size());
      call = found->second;
      if (isNew) calls.emplace_back();
    }
  }
  print(0, "heap", 0);
}
