// SPDX-License-Identifier: Apache-2.0
#include "engine/storage/record.h"

#include <fmt/format.h>

#include <cstring>

#include "engine/base/xxh3.h"

namespace vexfs {
namespace {

using format::RecordHeader;
using format::RecordKind;

constexpr std::array<std::byte, format::record_alignment> zeros{};

uint64_t numbers_bytes(const RecordHeader& header) {  // of ids and rows
    const bool rows = static_cast<RecordKind>(header.kind) == RecordKind::moved;
    return format::align_up(uint64_t{header.count} * sizeof(uint64_t)) * (rows ? 2 : 1);
}

// Lengths of all entries lie within the body.
bool entries_fit(const std::byte* entry, const std::byte* end, uint32_t count) {
    for (uint32_t i = 0; i < count; ++i) {
        if (end - entry < static_cast<ptrdiff_t>(sizeof(uint32_t))) return false;
        uint32_t length = 0;
        std::memcpy(&length, entry, sizeof length);
        if (static_cast<uint64_t>(end - entry) - sizeof length < length) return false;
        entry += sizeof length + length;
    }
    return true;
}

}  // namespace

uint64_t checksum_of(const RecordHeader& header, uint64_t seed) {
    return xxh3(&header, offsetof(RecordHeader, header_checksum), seed);
}

uint64_t fixed_bytes(const RecordHeader& header) {
    return numbers_bytes(header) +
           format::align_up(uint64_t{header.count} * header.dimension * sizeof(float));
}

std::string contradiction_in(const RecordHeader& header) {
    const auto kind = static_cast<RecordKind>(header.kind);
    if (!is_known(kind)) return fmt::format("record kind {} is not known", header.kind);
    if (header.body_bytes % format::record_alignment != 0)
        return fmt::format("a record's body can't have {} bytes", header.body_bytes);
    const uint32_t dimension_top = has_vectors(kind) ? dimension_max : 0;
    if (header.dimension > dimension_top)
        return fmt::format("a record of kind {} can't have dimension {}", header.kind, header.dimension);
    if (fixed_bytes(header) > header.body_bytes) return "the record's parts do not fit its body";
    return {};
}

RecordWriter::RecordWriter(const RecordContent& content, uint32_t dimension, uint64_t sequence,
                           uint64_t synced_bytes, uint64_t seed) {
    header_.kind = static_cast<uint16_t>(content.kind);
    header_.count = static_cast<uint32_t>(content.ids.size());
    header_.dimension = has_vectors(content.kind) ? dimension : 0;
    header_.sequence = sequence;
    header_.synced_bytes = synced_bytes;
    header_.import_key = content.mark.key;
    header_.import_rows_done = content.mark.rows_done;

    parts_.push_back({&header_, sizeof header_});
    add(content.ids.data(), content.ids.size_bytes());
    if (content.kind == RecordKind::moved) add(content.rows.data(), content.rows.size_bytes());
    if (has_vectors(content.kind)) add(content.vectors.data(), content.vectors.size_bytes());
    if (content.kind != RecordKind::erase) {
        size_t bytes = content.ids.size() * sizeof(uint32_t);
        for (const std::string_view text : content.metadata) bytes += text.size();
        metadata_.resize(bytes);
        std::byte* to = metadata_.data();
        for (size_t i = 0; i < content.ids.size(); ++i) {
            const std::string_view text = content.metadata.empty() ? std::string_view() : content.metadata[i];
            const auto length = static_cast<uint32_t>(text.size());
            std::memcpy(to, &length, sizeof length);
            if (length != 0) std::memcpy(to + sizeof length, text.data(), length);
            to += sizeof length + length;
        }
        add(metadata_.data(), metadata_.size());
    }

    Xxh3 state;
    for (const iovec& part : std::span(parts_).subspan(1)) {
        state.add(part.iov_base, part.iov_len);
        header_.body_bytes += part.iov_len;
    }
    header_.body_checksum = state.digest();
    header_.header_checksum = checksum_of(header_, seed);
}

void RecordWriter::add(const void* data, size_t bytes) {
    if (bytes != 0) parts_.push_back({const_cast<void*>(data), bytes});
    const size_t padding = format::align_up(bytes) - bytes;
    if (padding != 0) parts_.push_back({const_cast<std::byte*>(zeros.data()), padding});
}

Result<RecordView> read_record(const std::byte* log, uint64_t bytes, uint64_t offset, uint64_t seed) {
    const auto damaged = [&](std::string_view why) { return fail(ErrorCode::corrupt, std::string(why)); };
    if (bytes - offset < sizeof(RecordHeader)) return damaged("the record's header is cut off");
    const auto* header = reinterpret_cast<const RecordHeader*>(log + offset);
    if (header->magic != format::record_magic) return damaged("no record begins here");
    if (header->header_checksum != checksum_of(*header, seed))
        return damaged("the record's header fails its checksum");
    const uint64_t body = offset + sizeof(RecordHeader);
    if (bytes - body < header->body_bytes) return damaged("the record's body is cut off");
    if (header->body_checksum != xxh3(log + body, header->body_bytes))
        return damaged("the record's body fails its checksum");

    // What is checksummed was written by us; the sizes are compared all the same before they are followed.
    if (const std::string fault = contradiction_in(*header); !fault.empty()) return damaged(fault);
    const RecordView view = view_of(header, log + body, body + header->body_bytes);
    if (view.metadata != nullptr && !entries_fit(view.metadata, log + view.next, header->count))
        return damaged("the record's metadata do not fit its body");
    return view;
}

RecordView view_of(const RecordHeader* header, const std::byte* body, uint64_t next) {
    const auto kind = static_cast<RecordKind>(header->kind);
    RecordView view{header, reinterpret_cast<const uint64_t*>(body), nullptr, nullptr, nullptr, next};
    if (kind == RecordKind::moved)
        view.rows = reinterpret_cast<const uint64_t*>(body + numbers_bytes(*header) / 2);
    if (has_vectors(kind)) view.vectors = reinterpret_cast<const float*>(body + numbers_bytes(*header));
    if (kind != RecordKind::erase) view.metadata = body + fixed_bytes(*header);
    return view;
}

}  // namespace vexfs
