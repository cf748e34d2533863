// SPDX-License-Identifier: Apache-2.0
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "engine/simd/distance.h"

#ifdef __x86_64__
namespace vexfs::simd::avx512_emulated {
extern const Kernels family;
}
#endif

using namespace vexfs;
using namespace vexfs::simd;

namespace {

std::vector<const Kernels*> all_kernels() {
    std::vector<const Kernels*> result;
#ifdef __x86_64__
    result.push_back(&avx512_emulated::family);
#endif
    for (const Isa isa : available()) result.push_back(&kernels(isa));
    return result;
}

std::vector<size_t> dimensions() {
    std::vector<size_t> result;
    for (size_t d = 1; d <= 130; ++d) result.push_back(d);
    result.insert(result.end(), {255, 384, 768, 1023, 1536, 4099, 65'536});
    return result;
}

// An array of floats that ends where the next page can't be read.
class ArrayBeforeAbyss {
  public:
    explicit ArrayBeforeAbyss(size_t count) {
        const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
        const size_t bytes = (count * sizeof(float) + page - 1) / page * page;
        mapped_bytes_ = bytes + page;
        base_ = static_cast<char*>(
            mmap(nullptr, mapped_bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
        REQUIRE(base_ != MAP_FAILED);
        REQUIRE(mprotect(base_ + bytes, page, PROT_NONE) == 0);
        data_ = reinterpret_cast<float*>(base_ + bytes) - count;
    }
    ~ArrayBeforeAbyss() { munmap(base_, mapped_bytes_); }
    ArrayBeforeAbyss(const ArrayBeforeAbyss&) = delete;
    ArrayBeforeAbyss& operator=(const ArrayBeforeAbyss&) = delete;

    float* data() const { return data_; }

  private:
    char* base_ = nullptr;
    size_t mapped_bytes_ = 0;
    float* data_ = nullptr;
};

struct Reference {
    double dot = 0, euclidean_squared = 0, manhattan = 0;
    double dot_terms = 0;  // sum of |a_i b_i|, what the rounding of dot is relative to

    Reference(const float* a, const float* b, size_t dimension) {
        for (size_t i = 0; i < dimension; ++i) {
            const double product = double{a[i]} * double{b[i]}, difference = double{a[i]} - double{b[i]};
            dot += product;
            dot_terms += std::fabs(product);
            euclidean_squared += difference * difference;
            manhattan += std::fabs(difference);
        }
    }
};

void check_against(const Reference& reference, const Kernels& k, const float* a, const float* b,
                   size_t dimension) {
    // Rounding of a sum in any order stays below (terms) * epsilon * sum of sizes; with several partial sums,
    // far below.
    const double tolerance = 4e-7 * std::sqrt(static_cast<double>(dimension)) + 4e-7;
    INFO(name_of(k.isa) << ", dimension " << dimension);
    REQUIRE(std::fabs(k.dot(a, b, dimension) - reference.dot) <= tolerance * reference.dot_terms);
    REQUIRE(std::fabs(k.euclidean_squared(a, b, dimension) - reference.euclidean_squared) <=
            tolerance * reference.euclidean_squared);
    REQUIRE(std::fabs(k.manhattan(a, b, dimension) - reference.manhattan) <= tolerance * reference.manhattan);
}

}  // namespace

TEST_CASE("every kernel gives the metric's value and reads nothing behind the vectors") {
    std::mt19937 random(7);
    std::normal_distribution<float> normal;
    for (const size_t dimension : dimensions()) {
        const ArrayBeforeAbyss a(dimension), b(dimension);
        for (size_t i = 0; i < dimension; ++i) {
            a.data()[i] = normal(random);
            b.data()[i] = normal(random);
        }
        const Reference reference(a.data(), b.data(), dimension);
        for (const Kernels* k : all_kernels()) check_against(reference, *k, a.data(), b.data(), dimension);
    }
}

TEST_CASE("vectors may lie at any float's address") {
    std::mt19937 random(8);
    std::normal_distribution<float> normal;
    std::vector<float> pool(512);
    for (float& value : pool) value = normal(random);
    for (size_t offset_a = 0; offset_a < 16; ++offset_a)
        for (size_t offset_b = 0; offset_b < 16; ++offset_b) {
            const float* a = pool.data() + offset_a;
            const float* b = pool.data() + 256 + offset_b;
            const Reference reference(a, b, 100);
            for (const Kernels* k : all_kernels()) check_against(reference, *k, a, b, 100);
        }
}

TEST_CASE("a vector is at distance zero from itself") {
    const std::vector<float> v(77, 0.3F);
    for (const Kernels* k : all_kernels()) {
        CHECK(k->euclidean_squared(v.data(), v.data(), v.size()) == 0);
        CHECK(k->manhattan(v.data(), v.data(), v.size()) == 0);
    }
}

TEST_CASE("a dimension of zero adds up nothing") {
    for (const Kernels* k : all_kernels()) CHECK(k->dot(nullptr, nullptr, 0) == 0);
}

TEST_CASE("an instruction set can be selected by name") {
    const Isa before = kernels().isa;
    for (const Isa isa : available()) {
        CHECK(isa_from_name(name_of(isa)).value() == isa);
        REQUIRE(select(isa));
        CHECK(kernels().isa == isa);
        CHECK(kernels(isa).isa == isa);
    }
    REQUIRE(select(before));
    CHECK(available().front() == Isa::scalar);
}

TEST_CASE("an instruction set that is not there is refused") {
    CHECK(isa_from_name("sse9").error().code == ErrorCode::invalid_argument);
    const std::vector<Isa> here = available();
    for (const Isa isa : {Isa::avx2, Isa::avx512, Isa::neon}) {
        const bool has = std::find(here.begin(), here.end(), isa) != here.end();
        const Isa before = kernels().isa;
        const auto selected = select(isa);
        CHECK(selected.has_value() == has);
        if (!selected) {
            CHECK(selected.error().code == ErrorCode::unsupported);
            CHECK(kernels().isa == before);
        }
        REQUIRE(select(before));
    }
}

TEST_CASE("the environment chooses the instruction set") {
    // Read once per process, so a child has to look.
    const auto isa_under = [](const char* wish) {
        int ends[2];
        REQUIRE(pipe(ends) == 0);
        const pid_t child = fork();
        if (child == 0) {
            dup2(ends[1], STDOUT_FILENO);
            setenv("VEXFS_SIMD", wish, 1);
            execl("/proc/self/exe", "test-simd", "[.print-isa]", nullptr);
            _exit(127);
        }
        close(ends[1]);
        std::string output;
        char buffer[256];
        ssize_t count = 0;
        while ((count = read(ends[0], buffer, sizeof buffer)) > 0)
            output.append(buffer, static_cast<size_t>(count));
        close(ends[0]);
        return output;
    };
    for (const Isa isa : available()) {
        const std::string output = isa_under(std::string(name_of(isa)).c_str());
        CHECK_THAT(output, Catch::Contains("in use: " + std::string(name_of(isa)) + "\n"));
    }
    CHECK_THAT(isa_under("nonsense"),
               Catch::Contains("in use: " + std::string(name_of(available().back())) + "\n"));
}

TEST_CASE("prints the instruction set in use", "[.print-isa]") {
    const std::string line = "in use: " + std::string(name_of(kernels().isa)) + "\n";
    REQUIRE(write(STDOUT_FILENO, line.data(), line.size()) == static_cast<ssize_t>(line.size()));
}
