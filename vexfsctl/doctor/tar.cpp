// SPDX-License-Identifier: Apache-2.0
#include "vexfsctl/doctor/tar.h"

#include <fmt/format.h>

#include <cassert>
#include <numeric>

namespace vexfs::ctl {
namespace {

constexpr size_t block_bytes = 512;

// The header of POSIX.1-2017, pax(1), "ustar Interchange Format": fields and their places.
struct Field {
    size_t offset, size;
};
constexpr Field name_field{0, 100}, mode_field{100, 8}, uid_field{108, 8}, gid_field{116, 8},
    size_field{124, 12}, time_field{136, 12}, checksum_field{148, 8}, type_field{156, 1}, magic_field{257, 8};

void put(std::string& header, const Field& field, std::string_view text) {
    assert(text.size() <= field.size);
    header.replace(field.offset, text.size(), text);
}

void put_octal(std::string& header, const Field& field, uint64_t value) {
    put(header, field, fmt::format("{:0{}o}", value, field.size - 1));
}

}  // namespace

void Tar::add(std::string_view name, std::string_view content, int64_t modified_s) {
    std::string header(block_bytes, '\0');
    put(header, name_field, name);
    put_octal(header, mode_field, 0600);
    put_octal(header, uid_field, 0);
    put_octal(header, gid_field, 0);
    put_octal(header, size_field, content.size());
    put_octal(header, time_field, static_cast<uint64_t>(modified_s));
    put(header, type_field, "0");
    put(header, magic_field, std::string_view("ustar\00000", 8));
    // Summed up with spaces in its own place.
    put(header, checksum_field, "        ");
    const unsigned sum = std::accumulate(header.begin(), header.end(), 0u, [](unsigned all, char c) {
        return all + static_cast<unsigned char>(c);
    });
    put(header, checksum_field, fmt::format("{:06o}", sum) + '\0');
    bytes_ += header;
    bytes_ += content;
    bytes_.append((block_bytes - content.size() % block_bytes) % block_bytes, '\0');
}

std::string Tar::finish() {
    bytes_.append(2 * block_bytes, '\0');
    return std::move(bytes_);
}

}  // namespace vexfs::ctl
