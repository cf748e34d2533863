// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "../guarded_array.h"
#include "codes_data.h"

using namespace vexfs;
using namespace vexfs::simd;
using namespace vexfs::test;

namespace {

// int8 codes as the kernels take them, of random vectors.
struct Codes {
    Codes(size_t count, size_t of_each, uint64_t seed)
        : dimension(of_each), bytes(count * dimension), scales(count), norms(count) {
        for (size_t i = 0; i < count; ++i)
            code_kernels(Isa::scalar)
                .int8_encode(normal_vector(dimension, seed + i).data(), dimension, &bytes[i * dimension],
                             &scales[i], &norms[i]);
    }
    int value(size_t row, size_t i) const { return bytes[row * dimension + i] - 128; }

    size_t dimension;
    GuardedArray<uint8_t> bytes;
    GuardedArray<float> scales, norms;
};

// A panel in memory of its exact size.
struct Panel {
    Panel(const Codes& codes, size_t columns)
        : padded((columns + 15) / 16 * 16),
          bytes(padded * codes.dimension),
          scales(padded),
          norms(padded),
          sums(padded) {
        const size_t quads = codes.dimension / 4;
        for (size_t column = 0; column < columns; ++column) {
            scales[column] = codes.scales[column];
            norms[column] = codes.norms[column];
            for (size_t i = 0; i < codes.dimension; ++i) {
                const int value = codes.value(column, i);
                bytes[((column / 16 * quads + i / 4) * 16 + column % 16) * 4 + i % 4] =
                    static_cast<int8_t>(value);
                sums[column] += static_cast<float>(value);
            }
        }
    }
    Int8Panel view(size_t quads) const {
        return {bytes.data(), quads, scales.data(), norms.data(), sums.data()};
    }

    size_t padded;
    GuardedArray<int8_t> bytes;
    GuardedArray<float> scales, norms, sums;
};

}  // namespace

TEST_CASE("int8 products are exact, whatever lies behind the code") {
    std::mt19937 random(3);
    for (const size_t dimension : coded_dimensions()) {
        const GuardedArray<uint8_t> bytes(dimension + code_slack);
        const GuardedArray<int8_t> query(dimension + code_slack);
        for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random() % 256);
        for (size_t i = 0; i < dimension; ++i) query[i] = static_cast<int8_t>(random() % 256);
        int64_t expected = 0;
        for (size_t i = 0; i < dimension; ++i) expected += int64_t{bytes[i]} * query[i];
        for (const Isa isa : available()) {
            INFO(name_of(isa) << ", dimension " << dimension);
            CHECK(code_kernels(isa).int8_product(bytes.data(), query.data(), dimension) == expected);
        }
    }
}

TEST_CASE("int8 products of the largest dimension and values don't overflow") {
    constexpr int32_t dimension = 65'600;
    const std::vector<uint8_t> bytes(dimension + code_slack, 255);
    for (const int value : {127, -127}) {
        std::vector<int8_t> query(dimension + code_slack);
        std::fill_n(query.begin(), dimension, static_cast<int8_t>(value));
        for (const Isa isa : available())
            CHECK(code_kernels(isa).int8_product(bytes.data(), query.data(), dimension) ==
                  255 * value * dimension);
    }
}

TEST_CASE("a matrix of int8 distances is right for any number of rows and columns") {
    for (const size_t dimension : {4, 12, 64, 100, 388, 1100}) {
        for (const size_t rows : {1, 2, 3, 4, 5, 6, 7, 13}) {
            for (const size_t columns : {1, 15, 16, 17, 33, 64, 65, 100}) {
                const Codes left(rows, dimension, 10), right(columns, dimension, 500);
                const Panel panel(right, columns);
                const size_t stride = panel.padded + 3;
                for (const Isa isa : available()) {
                    INFO(name_of(isa) << ", " << rows << " x " << columns << " x " << dimension);
                    // The last row ends with its columns, not with its stride.
                    const GuardedArray<float> out((rows - 1) * stride + panel.padded);
                    std::fill(out.begin(), out.end(), -77.0F);
                    code_kernels(isa).int8_distances(
                        {left.bytes.data(), dimension, left.scales.data(), left.norms.data()}, rows,
                        panel.view(dimension / 4), columns, out.data(), stride);
                    double worst = 0;
                    for (size_t row = 0; row < rows; ++row) {
                        for (size_t column = 0; column < columns; ++column) {
                            double exact = 0, biased = 0;
                            for (size_t i = 0; i < dimension; ++i) {
                                const double a = double{left.scales[row]} * left.value(row, i);
                                const double b = double{right.scales[column]} * right.value(column, i);
                                exact += (a - b) * (a - b);
                                biased += std::fabs(255 * double{left.scales[row]} * b);
                            }
                            const double error = std::fabs(out[row * stride + column] - exact);
                            worst = std::max(worst, error / (exact + biased));
                        }
                        for (size_t i = panel.padded; i < stride && row + 1 < rows; ++i)
                            REQUIRE(out[row * stride + i] == -77.0F);
                    }
                    REQUIRE(worst < 1e-6);
                }
            }
        }
    }
}

TEST_CASE("values below a threshold are selected in order") {
    std::mt19937 random(4);
    for (size_t count = 0; count <= 80; ++count) {
        const GuardedArray<float> values(count);
        for (float& value : values) value = static_cast<float>(random() % 10);
        if (count > 5) values[5] = std::nanf("");
        for (const float threshold : {0.0F, 3.0F, 100.0F}) {
            std::vector<uint32_t> expected;
            for (size_t i = 0; i < count; ++i)
                if (values[i] < threshold) expected.push_back(static_cast<uint32_t>(i));
            for (const Isa isa : available()) {
                INFO(name_of(isa) << ", " << count << " values");
                const GuardedArray<uint32_t> indexes(count + 16);
                const size_t found =
                    code_kernels(isa).select_below(values.data(), count, threshold, indexes.data());
                CHECK(std::vector<uint32_t>(indexes.begin(), indexes.begin() + found) == expected);
            }
        }
    }
}

TEST_CASE("a matrix is multiplied with vectors, whatever its shape and how many they are") {
    std::mt19937 random(6);
    std::normal_distribution<float> normal;
    for (const size_t rows : {1, 4, 15, 16, 28, 64, 100, 128, 200, 256}) {
        for (const size_t columns : {size_t{1}, size_t{2}, size_t{7}, rows}) {
            for (const size_t count : {1, 3, 4, 9}) {
                const GuardedArray<float> matrix(rows * columns), vectors(count * columns);
                std::ranges::generate(matrix, [&] { return normal(random); });
                std::ranges::generate(vectors, [&] { return normal(random); });
                for (const Isa isa : available()) {
                    INFO(name_of(isa) << ", " << rows << " x " << columns << ", " << count << " vectors");
                    const GuardedArray<float> products(count * rows);
                    code_kernels(isa).matrix_product(matrix.data(), rows, columns, vectors.data(), count,
                                                     products.data());
                    for (size_t i = 0; i < count * rows; ++i) {
                        const float* vector = vectors.data() + i / rows * columns;
                        double sum = 0;
                        for (size_t j = 0; j < columns; ++j)
                            sum += double{matrix[j * rows + i % rows]} * vector[j];
                        REQUIRE(products[i] == Approx(sum).margin(1e-4));
                    }
                }
            }
        }
    }
}

TEST_CASE("every instruction set rotates alike, and as the definition has it") {
    std::mt19937 random(7);
    std::normal_distribution<float> normal;
    for (const size_t size : {32, 64, 128, 192, 384, 448, 1024, 1536}) {
        constexpr size_t rounds = 2;
        const GuardedArray<float> signs(rounds * size);
        std::ranges::generate(signs, [&] { return random() % 2 == 0 ? 1.0F : -1.0F; });
        std::vector<float> given(size);
        std::ranges::generate(given, [&] { return normal(random); });
        std::vector<double> wanted(given.begin(), given.end());
        const size_t transformed = std::bit_floor(size);
        for (size_t round = 0; round < rounds; ++round) {
            for (size_t i = 0; i < size; ++i) wanted[i] *= signs[round * size + i];
            const size_t first = round % 2 == 0 ? 0 : size - transformed;
            std::vector<double> sums(transformed);
            for (size_t i = 0; i < transformed; ++i)
                for (size_t j = 0; j < transformed; ++j)
                    sums[i] += wanted[first + j] * (std::popcount(i & j) % 2 == 0 ? 1 : -1);
            for (size_t i = 0; i < transformed; ++i)
                wanted[first + i] = sums[i] / std::sqrt(static_cast<double>(transformed));
            for (size_t i = 0; transformed < size && i < size / 2; ++i) {
                const double a = wanted[i], b = wanted[i + size / 2];
                wanted[i] = (a + b) * std::sqrt(0.5);
                wanted[i + size / 2] = (a - b) * std::sqrt(0.5);
            }
        }
        for (const Isa isa : available()) {
            INFO(name_of(isa) << ", " << size);
            const GuardedArray<float> values(size);
            std::copy(given.begin(), given.end(), values.begin());
            code_kernels(isa).fast_rotation(signs.data(), rounds, size, values.data());
            for (size_t i = 0; i < size; ++i) REQUIRE(values[i] == Approx(wanted[i]).margin(1e-5));
        }
    }
}

TEST_CASE("keys are sorted, however many") {
    std::mt19937_64 random(5);
    for (size_t count = 0; count <= 140; ++count) {
        const GuardedArray<uint64_t> given(count);
        for (uint64_t& key : given) key = count % 3 == 0 ? random() % 8 : random();
        if (count > 4) given[3] = UINT64_MAX;
        std::vector<uint64_t> expected(given.begin(), given.end());
        std::sort(expected.begin(), expected.end());
        for (const Isa isa : available()) {
            INFO(name_of(isa) << ", " << count << " keys");
            const GuardedArray<uint64_t> keys(count);
            std::copy(given.begin(), given.end(), keys.begin());
            code_kernels(isa).sort_keys(keys.data(), count);
            CHECK(std::vector<uint64_t>(keys.begin(), keys.end()) == expected);
        }
    }
}
