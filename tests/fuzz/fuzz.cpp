// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/fuzz.h"

#include <fcntl.h>
#include <unistd.h>
#include <xxhash.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "engine/base/unique_fd.h"

namespace vexfs::fuzz {

void require(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "must hold: %s\n", what);
    std::abort();
}

Scratch::Scratch() {
    const char* memory = "/dev/shm";
    const bool usable = access(memory, W_OK) == 0;
    directory_ = (usable ? std::string(memory) : std::filesystem::temp_directory_path().string()) +
                 "/vexfs-fuzz-XXXXXX";
    require(mkdtemp(directory_.data()) != nullptr, "a directory for files can be made");
}

Scratch::~Scratch() {
    std::filesystem::remove_all(directory_);
}

std::string Scratch::write(std::string_view name, std::span<const uint8_t> content) const {
    std::string path = *this / name;
    const UniqueFd fd(open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    require(fd && ::write(fd.get(), content.data(), content.size()) == static_cast<ssize_t>(content.size()),
            "an input can be written to a file");
    return path;
}

std::string Scratch::read(std::string_view name) const {
    std::ifstream file(*this / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

void renew_last_checksum(std::span<uint8_t> file) {
    if (file.size() < sizeof(XXH64_hash_t)) return;
    const size_t bytes = file.size() - sizeof(XXH64_hash_t);
    const XXH64_hash_t checksum = XXH3_64bits(file.data(), bytes);
    std::memcpy(file.data() + bytes, &checksum, sizeof checksum);
}

}  // namespace vexfs::fuzz
