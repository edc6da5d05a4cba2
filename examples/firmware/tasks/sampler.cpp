// Task 2, in C++: operator new and delete, arrays, and aligned buffers.
#include "allocator.h"
#include "scheduler.h"
#include "workers.h"

#include <stdint.h>

namespace {

class Filter {
public:
    virtual ~Filter() = default;
    virtual int32_t apply(int32_t sample) = 0;
};

class MovingAverage : public Filter {
public:
    explicit MovingAverage(unsigned length) : history_(new int32_t[length]()), length_(length) {}
    MovingAverage(const MovingAverage &) = delete;
    MovingAverage &operator=(const MovingAverage &) = delete;
    ~MovingAverage() override { delete[] history_; }

    int32_t apply(int32_t sample) override
    {
        sum_ += sample - history_[next_];
        history_[next_] = sample;
        next_ = (next_ + 1) % length_;
        return sum_ / static_cast<int32_t>(length_);
    }

private:
    int32_t *history_;
    unsigned length_;
    unsigned next_ = 0;
    int32_t sum_ = 0;
};

class Gain : public Filter {
public:
    explicit Gain(int32_t factor) : factor_(factor) {}
    int32_t apply(int32_t sample) override { return sample * factor_; }

private:
    int32_t factor_;
};

// A buffer as DMA wants it.
constexpr size_t kDmaAlignment = 32;
constexpr size_t kDmaBytes = 96;

void run_filters(unsigned round)
{
    Filter *filters[] = {new MovingAverage(4 + round % 5), new Gain(3), new MovingAverage(16)};
    auto *samples = static_cast<int32_t *>(allocate_aligned(kDmaAlignment, kDmaBytes));
    for (unsigned i = 0; samples != nullptr && i < kDmaBytes / sizeof *samples; i++) {
        int32_t value = static_cast<int32_t>(i * round);
        for (Filter *filter : filters) {
            value = filter->apply(value);
        }
        samples[i] = value;
    }
    run_until_preempted();
    for (Filter *filter : filters) {
        delete filter;
    }
    release(samples);
}

} // namespace

void sampler_task()
{
    const auto rounds = reinterpret_cast<uintptr_t>(task_rounds) * 4;
    for (uintptr_t round = 0; round < rounds; round++) {
        run_filters(static_cast<unsigned>(round));
    }
}
