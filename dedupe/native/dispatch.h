// One portable body, compiled for several instruction sets; which one runs is decided when the program does.
//
// Bodies are written with vectors as GCC and Clang have them on every processor, in functions that are always
// inlined into the function of an instruction set. What a processor lacks the compiler makes of smaller pieces.
#pragma once

#if defined(__x86_64__) || defined(_M_X64)
#define DEDUPE_X86 1
#define DEDUPE_AVX2 __attribute__((target("avx2,bmi,bmi2")))
#define DEDUPE_AVX512 __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,bmi,bmi2")))
#else
#define DEDUPE_X86 0
#endif
#define DEDUPE_INLINE inline __attribute__((always_inline))

namespace dedupe {

enum class Instructions { portable, avx2, avx512 };

// The best that this processor has, unless less was asked for.
Instructions instructions();

// Use at most these, for tests; return whether the processor has them.
bool limit_instructions(Instructions most);

}  // namespace dedupe
