// SPDX-License-Identifier: Apache-2.0
// Which kernel family is in use. VEXFS_SIMD is read at the first call; a name in it that is unknown, or that
// this CPU lacks, is passed over: the variable narrows what is used, it can't break a program.
#ifdef __x86_64__
#include <cpuid.h>
#endif
#include <fmt/core.h>

#include <atomic>
#include <cassert>
#include <cstdlib>

#include "engine/simd/families.h"

namespace vexfs::simd {
namespace {

struct Family {
    const Kernels* kernels;
    const CodeKernels* codes;
    bool (*runs_here)();
};

#ifdef __x86_64__
// Not every compiler's __builtin_cpu_supports knows this one.
bool has_f16c() {
    unsigned a = 0, b = 0, c = 0, d = 0;
    return __get_cpuid(1, &a, &b, &c, &d) != 0 && (c & bit_F16C) != 0;
}
bool has_avx2() {
    return __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0 && has_f16c();
}
// AVX-512 as Ice Lake and Zen 4 have it: with the integer products of VNNI.
bool has_avx512() {
    return __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512bw") != 0 &&
           __builtin_cpu_supports("avx512dq") != 0 && __builtin_cpu_supports("avx512vl") != 0 &&
           __builtin_cpu_supports("avx512vnni") != 0;
}
#endif

// Slowest first.
constexpr Family families[] = {
    {&scalar::family, &scalar::codes, [] { return true; }},
#ifdef __x86_64__
    {&avx2::family, &avx2::codes, has_avx2},
    {&avx512::family, &avx512::codes, has_avx512},
#endif
#ifdef __aarch64__
    {&neon::family, &neon::codes, [] { return true; }},
#endif
};

const Family* find(Isa isa) {
    for (const Family& family : families)
        if (family.kernels->isa == isa && family.runs_here()) return &family;
    return nullptr;
}

const Family* first_choice() {
    if (const char* wish = std::getenv("VEXFS_SIMD"))
        if (const auto isa = isa_from_name(wish))
            if (const Family* family = find(*isa)) return family;
    return find(available().back());
}

std::atomic<const Family*>& in_use() {
    static std::atomic<const Family*> pointer = first_choice();
    return pointer;
}

}  // namespace

const Kernels& kernels() {
    return *in_use().load(std::memory_order_relaxed)->kernels;
}

const CodeKernels& code_kernels() {
    return *in_use().load(std::memory_order_relaxed)->codes;
}

const CodeKernels& code_kernels(Isa isa) {
    const Family* family = find(isa);
    assert(family != nullptr);
    return *family->codes;
}

std::vector<Isa> available() {
    std::vector<Isa> result;
    for (const Family& family : families)
        if (family.runs_here()) result.push_back(family.kernels->isa);
    return result;
}

const Kernels& kernels(Isa isa) {
    const Family* family = find(isa);
    assert(family != nullptr);
    return *family->kernels;
}

Result<void> select(Isa isa) {
    const Family* family = find(isa);
    if (family == nullptr)
        return fail(ErrorCode::unsupported, fmt::format("this CPU has no {}", name_of(isa)));
    in_use().store(family, std::memory_order_relaxed);
    return {};
}

std::string_view name_of(Isa isa) {
    switch (isa) {
        case Isa::scalar: return "scalar";
        case Isa::avx2: return "avx2";
        case Isa::avx512: return "avx512";
        case Isa::neon: return "neon";
    }
    return "unknown";
}

Result<Isa> isa_from_name(std::string_view name) {
    for (const Isa isa : {Isa::scalar, Isa::avx2, Isa::avx512, Isa::neon})
        if (name == name_of(isa)) return isa;
    return fail(ErrorCode::invalid_argument, fmt::format("{} is no instruction set", name),
                "use scalar, avx2, avx512 or neon");
}

}  // namespace vexfs::simd
