#include "dispatch.h"

#include <atomic>

namespace dedupe {
namespace {

Instructions best() {
#if DEDUPE_X86
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("bmi2"))
        return Instructions::avx512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2"))
        return Instructions::avx2;
#endif
    return Instructions::portable;
}

std::atomic<Instructions> chosen{best()};

}  // namespace

Instructions instructions() { return chosen.load(std::memory_order_relaxed); }

bool limit_instructions(Instructions most) {
    if (most > best()) return false;
    chosen = most;
    return true;
}

}  // namespace dedupe
