// SPDX-License-Identifier: Apache-2.0
// A .npy file of any bytes is read or refused, as vectors and as whole numbers. Mutations often get as much
// data as their header announces: no other comes to the rows.
#include <algorithm>
#include <charconv>
#include <vector>

#include "engine/formats/vector_file.h"
#include "tests/fuzz/vector_rows.h"

using namespace vexfs;
using namespace vexfs::fuzz;

namespace {

// The number at the front of `text`, behind blanks; 1 where there is none.
size_t leading_number(std::string_view text) {
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    size_t number = 1;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

// Bytes of a file with this header and its data; none where that can't be told.
std::optional<size_t> announced_bytes(std::string_view file) {
    const size_t shape = file.find("'shape': (");
    const size_t type = file.find("'descr': '<");
    const size_t end = file.find('\n', 10);
    if (shape == std::string_view::npos || type == std::string_view::npos || end == std::string_view::npos ||
        type + 13 > file.size())
        return std::nullopt;
    const std::string_view numbers = file.substr(shape + 10);
    const size_t comma = numbers.find(',');
    const size_t columns = comma == std::string_view::npos ? 1 : leading_number(numbers.substr(comma + 1));
    return end + 1 + leading_number(numbers) * columns * leading_number(file.substr(type + 12, 1));
}

const Scratch& scratch() {
    static const Scratch directory;
    return directory;
}

}  // namespace

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned random) {
    size = LLVMFuzzerMutate(data, size, max_size);
    if (random % 4 == 0) return size;
    const auto bytes = announced_bytes(text_of({data, size}));
    if (!bytes || *bytes > max_size) return size;
    if (*bytes > size) std::fill(data + size, data + *bytes, uint8_t{0});
    return *bytes;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string path = scratch().write("vectors.npy", {data, size});
    read_in_all_ways(path, scratch());
    const auto integers = read_npy_integers(path);
    if (!integers) return 0;
    const std::string again = scratch() / "integers.npy";
    require(write_npy_integers(again, *integers).has_value(), "numbers that were read can be written");
    const auto found = read_npy_integers(again);
    require(found && found->values == integers->values && found->shape == integers->shape,
            "numbers that were written are read");
    return 0;
}
