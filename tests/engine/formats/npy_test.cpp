// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <limits>

#include "engine/base/float16.h"
#include "tests/engine/formats/files.h"

using namespace vexfs;
using namespace vexfs::test;
using Floats = std::vector<float>;

TEST_CASE("npy: a matrix is read in blocks of rows") {
    const Directory directory;
    const std::string path =
        directory.file("a.npy", npy("<f4", "(3, 2)", bytes(1.f, 2.f, 3.f, 4.f, 5.f, 6.f)));
    auto reader = VectorReader::open(path).value();
    CHECK(reader->dimension() == 2);
    CHECK(reader->rows() == 3u);
    const VectorBlock first = reader->read(2).value();
    CHECK(first.rows == 2);
    CHECK(first.vectors == Floats{1, 2, 3, 4});
    CHECK(first.ids.empty());
    CHECK(first.metadata.empty());
    CHECK(reader->read(2)->vectors == Floats{5, 6});
    CHECK(reader->read(2)->rows == 0);
    CHECK(reader->read(2)->rows == 0);
}

TEST_CASE("npy: rows can be skipped, as far as the file goes") {
    const Directory directory;
    const std::string path = directory.file("a.npy", npy("<f4", "(3, 1)", bytes(1.f, 2.f, 3.f)));
    auto reader = VectorReader::open(path).value();
    CHECK(reader->skip(2) == 2u);
    CHECK(reader->read(9)->vectors == Floats{3});
    CHECK(reader->skip(5) == 0u);
}

// Byte for byte what numpy.save wrote for numpy.array([[1, -2], [0.5, 4]], "<f4"), NumPy 1.24.
TEST_CASE("npy: a file as NumPy writes it") {
    const Directory directory;
    const std::string head = std::string("\x93NUMPY\x01\x00\x76\x00", 10) +
                             "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }" +
                             std::string(58, ' ') + "\n";
    REQUIRE(head.size() == 128);
    const std::string path =
        directory.file("a.npy", head + std::string("\0\0\x80\x3f\0\0\0\xc0\0\0\0\x3f\0\0\x80\x40", 16));
    CHECK(read_all(path)->vectors == Floats{1, -2, 0.5, 4});
}

TEST_CASE("npy: one dimension is one row, no rows are a file without vectors") {
    const Directory directory;
    const auto row = read_all(directory.file("a.npy", npy("<f4", "(3,)", bytes(1.f, 2.f, 3.f))));
    CHECK(row->rows == 1);
    CHECK(row->vectors == Floats{1, 2, 3});
    auto none = VectorReader::open(directory.file("b.npy", npy("<f4", "(0, 7)", ""))).value();
    CHECK(none->dimension() == 7);
    CHECK(none->rows() == 0u);
    CHECK(none->read(10)->rows == 0);
}

TEST_CASE("npy: format 2.0 and 3.0, keys in another order, no trailing comma") {
    const Directory directory;
    const std::string dict = "{\"shape\": (1, 2,), 'fortran_order': False, 'descr': '<f4'}\n";
    for (const char version : {'\x02', '\x03'}) {
        const std::string head =
            "\x93NUMPY" + std::string{version, '\0'} + bytes(static_cast<uint32_t>(dict.size()));
        CHECK(read_all(directory.file("a.npy", head + dict + bytes(1.f, 2.f)))->vectors == Floats{1, 2});
    }
}

TEST_CASE("npy: float64 is rounded to float32, and what overflows is not finite") {
    const Directory directory;
    CHECK(read_all(directory.file("a.npy", npy("<f8", "(1, 3)", bytes(0.1, -2.5, 1e-300))))->vectors ==
          Floats{0.1f, -2.5f, 0});
    const Error error = error_of(directory.file("b.npy", npy("<f8", "(2, 2)", bytes(1., 2., 3., -1e39))));
    CHECK(error.code == ErrorCode::not_finite);
    CHECK_THAT(error.message, says("row 1, column 1 (counted from 0) is -inf as a 32-bit float"));
}

TEST_CASE("npy: every float16 is exact") {
    std::string raw;
    for (uint32_t half = 0; half < 65'536; ++half) {
        const int exponent = (half >> 10) & 31;
        const double fraction = half & 1023;
        const double sign = half & 0x8000 ? -1 : 1;
        const double expected =
            sign * (exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25));
        const float found = float_from_half(static_cast<uint16_t>(half));
        if (exponent == 31) {
            if (std::isfinite(found) || std::isnan(found) != (fraction != 0)) FAIL(half);
        } else if (static_cast<double>(found) != expected || std::signbit(found) != std::signbit(expected)) {
            FAIL(half);
        }
    }
    const Directory directory;
    const std::string path = directory.file(
        "a.npy",
        npy("<f2", "(1, 4)", bytes(uint16_t{0x3C00}, uint16_t{0x0001}, uint16_t{0xC000}, uint16_t{0x7BFF})));
    CHECK(read_all(path)->vectors == Floats{1, 0x1p-24f, -2, 65'504});
}

TEST_CASE("npy: a NaN is named by its row in the file, not in the block") {
    const Directory directory;
    std::string data;
    for (int i = 0; i < 20; ++i) data += bytes(i == 15 ? std::numeric_limits<float>::quiet_NaN() : 1.f);
    const std::string path = directory.file("a.npy", npy("<f4", "(10, 2)", data));
    CHECK_THAT(error_of(path).message, says("row 7, column 1"));
}

TEST_CASE("npy: what is known and not taken says how to convert it") {
    const Directory directory;
    const auto check = [&](const std::string& file, const std::string& message, const std::string& hint) {
        const Error error = error_of(directory.file("a.npy", file));
        CHECK(error.code == ErrorCode::unsupported);
        CHECK_THAT(error.message, says(message));
        CHECK_THAT(error.hint, says(hint));
    };
    check(npy("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 2), }", bytes(1.f, 2.f, 3.f, 4.f)),
          "Fortran order", "ascontiguousarray");
    check(npy(">f4", "(1, 1)", bytes(1.f)), "'>f4', known here are '<f4' (float32), '<f8' (float64), '<f2'",
          "astype('<f4')");
    check(npy("<i8", "(1, 1)", bytes(int64_t{1})), "'<i8'", "astype('<f4')");
    check(npy("{'descr': [('x', '<f4')], 'fortran_order': False, 'shape': (1,), }", bytes(1.f)),
          "several fields", "astype");
    check(npy("<f4", "(1, 1, 1)", bytes(1.f)), "3 dimensions", "reshape");
    check(npy("<f4", "()", bytes(1.f)), "0 dimensions", "reshape");
    check(std::string("\x93NUMPY\x04\x00\x00\x00{}  ", 14), "format 4.0", "");
}

TEST_CASE("npy: a vector is the same in C and Fortran order") {
    const Directory directory;
    const std::string dict = "{'descr': '<f4', 'fortran_order': True, 'shape': ";
    CHECK(read_all(directory.file("a.npy", npy(dict + "(2,), }", bytes(1.f, 2.f))))->rows == 1);
    CHECK(read_all(directory.file("a.npy", npy(dict + "(2, 1), }", bytes(1.f, 2.f))))->rows == 2);
}

TEST_CASE("npy: a file that is too short or too long says by how much") {
    const Directory directory;
    const std::string whole = npy("<f4", "(2, 2)", bytes(1.f, 2.f, 3.f, 4.f));
    REQUIRE(whole.size() == 144);
    const Error cut = error_of(directory.file("a.npy", whole.substr(0, 140)));
    CHECK(cut.code == ErrorCode::malformed);
    CHECK_THAT(cut.message, says("is truncated: its header makes 144 bytes, the file has 140"));
    const Error extended = error_of(directory.file("a.npy", whole + "xyz"));
    CHECK(extended.code == ErrorCode::malformed);
    CHECK_THAT(extended.message, says("its header makes 144 bytes, the file has 147"));
}

TEST_CASE("npy: a file that shrinks while it is read is an error, no crash") {
    const Directory directory;
    const std::string path =
        directory.file("a.npy", npy("<f4", "(3, 2)", bytes(1.f, 2.f, 3.f, 4.f, 5.f, 6.f)));
    auto reader = VectorReader::open(path).value();
    REQUIRE(reader->read(1).has_value());
    std::filesystem::resize_file(path, 140);
    const auto rest = reader->read(2);
    REQUIRE_FALSE(rest.has_value());
    CHECK(rest.error().code == ErrorCode::malformed);
    CHECK_THAT(rest.error().message, says("ends at byte 140, 12 more were expected"));
}

TEST_CASE("npy: dimensions and shapes are checked before memory is taken") {
    const Directory directory;
    CHECK(error_of(directory.file("a.npy", npy("<f4", "(4, 0)", ""))).code == ErrorCode::malformed);
    CHECK(error_of(directory.file("a.npy", npy("<f4", "(0, 65537)", ""))).code == ErrorCode::too_large);
    CHECK(VectorReader::open(directory.file("a.npy", npy("<f4", "(0, 65536)", ""))).has_value());
    for (const char* shape :
         {"(4294967296, 4294967296)", "(18446744073709551615, 2)", "(1152921504606846976, 100)"}) {
        CHECK(error_of(directory.file("a.npy", npy("<f4", shape, ""))).code == ErrorCode::malformed);
    }
}

TEST_CASE("npy: a header that is no such dict is malformed") {
    const Directory directory;
    for (const std::string dict : {
             "",
             "{",
             "{}",
             "[]",
             "{'descr': '<f4', 'fortran_order': False}",
             "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1)",
             "{'descr': '<f4', 'shape': (1, 1)}",
             "{'descr': '<f4', 'fortran_order': false, 'shape': (1, 1)}",
             "{'descr': '<f4', 'fortran_order': False, 'shape': (1)}",
             "{'descr': '<f4', 'fortran_order': False, 'shape': (1 1)}",
             "{'descr': '<f4', 'fortran_order': False, 'shape': (,)}",
             "{'descr': '<f4', 'fortran_order': False, 'shape': (-1, 1)}",
             "{'descr': '<f4', 'fortran_order': False, 'shape': (1.0, 1)}",
             "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999, 1)}",
             "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1, 1)}",
             "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1), 'x': 1}",
             "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1)} {}",
             "{'descr': '<f4, 'fortran_order': False, 'shape': (1, 1)}",
             "{'descr': __import__('os'), 'fortran_order': False, 'shape': (1, 1)}",
         }) {
        INFO(dict);
        CHECK(error_of(directory.file("a.npy", npy(dict, bytes(1.f)))).code == ErrorCode::malformed);
    }
    CHECK_THAT(error_of(directory.file("a.npy", "vectors!vectors!")).message,
               says("doesn't begin with \\x93NUMPY"));
    CHECK_THAT(error_of(directory.file("a.npy", "\x93NUM")).message, says("doesn't begin with"));
    CHECK_THAT(error_of(directory.file("a.npy", std::string("\x93NUMPY\x01\x00", 8))).message,
               says("ends within"));
    const std::string huge = std::string("\x93NUMPY\x02\x00", 8) + bytes(uint32_t{0xFFFFFFFF});
    CHECK_THAT(error_of(directory.file("a.npy", huge)).message, says("header of 4294967295 bytes is longer"));
}

TEST_CASE("npy: whole numbers of 4 and 8 bytes are read as they are") {
    const Directory directory;
    const auto matrix =
        read_npy_integers(directory.file("a.npy", npy("<i4", "(2, 2)", bytes(1, -2, 3, 4)))).value();
    CHECK(matrix.values == std::vector<int64_t>{1, -2, 3, 4});
    CHECK(matrix.shape == std::vector<size_t>{2, 2});
    const auto ids =
        read_npy_integers(directory.file("a.npy", npy("<u4", "(1,)", bytes(0xFFFFFFFFu)))).value();
    CHECK(ids.values == std::vector<int64_t>{4'294'967'295});
    CHECK(ids.shape == std::vector<size_t>{1});
    CHECK(
        read_npy_integers(directory.file("a.npy", npy("<u8", "(1,)", bytes(uint64_t{7}))))->values.front() ==
        7);
    CHECK(read_npy_integers(directory.file("a.npy", npy("<i8", "(0,)", "")))->values.empty());
    const auto beyond =
        read_npy_integers(directory.file("a.npy", npy("<u8", "(2,)", bytes(uint64_t{7}, ~uint64_t{0}))));
    CHECK(beyond.error().code == ErrorCode::too_large);
    CHECK_THAT(beyond.error().message, says("value 1 (counted from 0) is 18446744073709551615"));
    const auto floats = read_npy_integers(directory.file("a.npy", npy("<f4", "(1,)", bytes(1.f))));
    CHECK(floats.error().code == ErrorCode::unsupported);
    CHECK_THAT(floats.error().hint, says("astype('<i8')"));
}

TEST_CASE("npy: whole numbers are written and read back") {
    const Directory directory;
    for (const IntegerArray& array : {IntegerArray{{1, -2, 3, INT64_MAX, INT64_MIN, 0}, {2, 3}},
                                      IntegerArray{{5}, {1}}, IntegerArray{{}, {0}}}) {
        REQUIRE(write_npy_integers(directory / "a.npy", array).has_value());
        const auto read = read_npy_integers(directory / "a.npy").value();
        CHECK(read.values == array.values);
        CHECK(read.shape == array.shape);
    }
    CHECK(write_npy_integers(directory / "a.npy", {{1}, {1, 1, 1}}).error().code ==
          ErrorCode::invalid_argument);
}
