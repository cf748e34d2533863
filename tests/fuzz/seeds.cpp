// SPDX-License-Identifier: Apache-2.0
// fuzz-seeds DIR: writes the first inputs of each target to DIR/TARGET/.
#include "tests/fuzz/seeds.h"

#include <cstdio>
#include <filesystem>
#include <fstream>

using namespace vexfs::fuzz;

namespace {

struct Target {
    const char* name;
    std::vector<std::string> (*seeds)();
};

constexpr Target targets[] = {
    {"segment_log", segment_log_seeds}, {"manifest", manifest_seeds},
    {"index_file", index_file_seeds},   {"frame", frame_seeds},
    {"filter", filter_seeds},           {"npy", npy_seeds},
    {"vector_file", vector_file_seeds},
};

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fputs("usage: fuzz-seeds DIR\n", stderr);
        return 2;
    }
    for (const Target& target : targets) {
        const std::filesystem::path directory = std::filesystem::path(argv[1]) / target.name;
        std::filesystem::create_directories(directory);
        size_t number = 0;
        for (const std::string& seed : target.seeds()) {
            std::ofstream file(directory / std::to_string(number++), std::ios::binary);
            if (!(file << seed).flush()) {
                std::fprintf(stderr, "fuzz-seeds: can't write to %s\n", directory.c_str());
                return 1;
            }
        }
    }
    return 0;
}
