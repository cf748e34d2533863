// SPDX-License-Identifier: Apache-2.0
// A .fvecs, .fbin or .jsonl file of any bytes is read or refused; the first byte of the input says which.
#include "engine/formats/vector_file.h"

#include "tests/fuzz/vector_rows.h"

using namespace vexfs;
using namespace vexfs::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    static const Scratch scratch;
    static constexpr std::string_view names[] = {"vectors.fvecs", "vectors.fbin", "vectors.jsonl"};
    if (size == 0) return 0;
    const std::string path = scratch.write(names[data[0] % std::size(names)], {data + 1, size - 1});
    read_in_all_ways(path, scratch);
    if (!path.ends_with(".jsonl")) return 0;
    const auto lines = JsonLines::open(path);
    require(lines.has_value(), "a file of any bytes can be opened to read lines");
    while (true) {
        const auto line = (*lines)->next();
        if (!line || !*line) return 0;
    }
}
