// SPDX-License-Identifier: Apache-2.0
// A segment's log of any bytes is replayed or refused; what was replayed takes writes, and a second recovery
// sees both. Mutations get the checksums they need: without, hardly one would come to the record behind.
#include "tests/fuzz/segment_log.h"

#include <xxhash.h>

#include <algorithm>
#include <cstring>
#include <optional>

#include "engine/storage/log_scan.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/memory_disk.h"

using namespace vexfs;
using namespace vexfs::fuzz;

namespace {

const uint64_t seed = fuzzed_segment.seed();
constexpr uint64_t log_bytes_max = memory_file_bytes_max;

void renew_checksums(std::span<uint8_t> input) {
    if (input.size() < sizeof(SegmentInput)) return;
    SegmentInput head;
    std::memcpy(&head, input.data(), sizeof head);
    head.header.checksum = XXH3_64bits(&head.header, offsetof(format::SegmentHeader, checksum));
    if (head.schema.bytes <= sizeof head.schema_text)
        head.schema.checksum = XXH3_64bits_withSeed(head.schema_text, head.schema.bytes, head.schema.bytes);
    for (format::SyncMark& mark : head.marks)
        if (mark.magic == format::sync_mark_magic)
            mark.checksum = XXH3_64bits_withSeed(&mark, offsetof(format::SyncMark, checksum), seed);
    std::memcpy(input.data(), &head, sizeof head);
    std::span<uint8_t> rest = input.subspan(sizeof head);
    while (rest.size() >= sizeof(format::RecordHeader)) {
        format::RecordHeader record;
        std::memcpy(&record, rest.data(), sizeof record);
        if (record.magic != format::record_magic) return;
        const std::span<uint8_t> body = rest.subspan(sizeof record);
        // A body of any length, but mostly one that is there.
        if (record.body_bytes > body.size() && record.body_bytes % 8 != 0)
            record.body_bytes = body.size() / format::record_alignment * format::record_alignment;
        const uint64_t bytes = std::min<uint64_t>(record.body_bytes, body.size());
        record.body_checksum = XXH3_64bits(body.data(), bytes);
        record.header_checksum =
            XXH3_64bits_withSeed(&record, offsetof(format::RecordHeader, header_checksum), seed);
        std::memcpy(rest.data(), &record, sizeof record);
        rest = body.subspan(bytes);
    }
}

// Of all that records say, so that every byte is read and two replays can be compared.
struct Replayed {
    uint64_t records = 0;
    uint64_t hash = 0;

    void add(const void* data, size_t bytes) { hash = XXH3_64bits_withSeed(data, bytes, hash); }
    Result<void> operator()(const RecordView& record) {
        const uint32_t count = record.header->count;
        // As a collection does.
        if (record.vectors != nullptr && record.header->dimension != fuzzed_segment.dimension)
            return fail(ErrorCode::corrupt, "the record has another dimension");
        add(record.ids, count * sizeof *record.ids);
        if (record.vectors != nullptr)
            add(record.vectors, size_t{count} * fuzzed_segment.dimension * sizeof *record.vectors);
        const std::byte* entry = record.metadata;
        for (uint32_t i = 0; entry != nullptr && i < count; ++i, entry = next_metadata(entry)) {
            const std::string_view text = metadata_text(entry);
            add(text.data(), text.size());
        }
        ++records;
        return {};
    }
};

Result<std::unique_ptr<Segment>> open(MemoryDisk& disk) {
    return Segment::open(disk, "docs", fuzzed_segment, log_bytes_max);
}

// As what makes a lost manifest again does.
void use(SegmentPage page) {
    (void)segment_identity(page);
    (void)first_stray_byte(page);
    if (const auto schema = schema_copy(page))
        require(schema->size() <= sizeof SegmentInput::schema_text, "no more schema is read than there is");
}

// Reads past what is damaged, as a check does; how many records are whole, or none where some are not.
std::optional<uint64_t> scan(MemoryDisk& disk, uint64_t bytes) {
    const auto file = disk.open("docs/" + Segment::file_name(fuzzed_segment.number));
    LogScan log(**file, fuzzed_segment, bytes);
    uint64_t records = 0, damaged = 0, reached = format::records_offset;
    const auto step = [&](uint64_t from, uint64_t to) {
        require(from >= reached && to <= bytes, "what is read lies one behind the other, within the log");
        reached = to;
    };
    const auto done = log.run({[&](const ScannedRecord& record) -> Result<void> {
                                   step(record.offset, record.next());
                                   ++records;
                                   return {};
                               },
                               [&](const LogDamage& damage) -> Result<void> {
                                   step(damage.offset, damage.offset + damage.bytes);
                                   ++damaged;
                                   return {};
                               },
                               [](uint64_t) { return true; }});
    require(done.has_value(), "any log can be read past what is damaged");
    if (damaged != 0) return std::nullopt;
    require(reached == bytes, "a log without damage is read to its end");
    return records;
}

void write_and_recover(MemoryDisk& disk, Segment& segment, Replayed before) {
    const uint64_t ids[] = {7, 8};
    const float vectors[] = {1, 2, 3, 4, 5, 6};
    const std::string_view metadata[] = {R"({"n":1})", ""};
    const auto written = segment.append({format::RecordKind::insert, ids, vectors, metadata, {}},
                                        fuzzed_segment.first_sequence + before.records);
    if (!written) return;  // the disk in memory is full
    require(before(*written).has_value(), "a record just written can be read");
    require(segment.sync() && segment.mark_synced(), "what is on the disk can be noted");
    const auto again = open(disk);
    require(again.has_value(), "a log that was open can be opened");
    Replayed after;
    require((*again)->replay(0, after).has_value(), "a log that was replayed can be replayed");
    require(after.records == before.records && after.hash == before.hash,
            "a second recovery sees what the first did, and what was written since");
}

}  // namespace

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned random) {
    size = LLVMFuzzerMutate(data, size, max_size);
    if (random % 16 != 0) renew_checksums({data, size});
    return size;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size < sizeof(SegmentInput)) return 0;
    SegmentInput head;
    std::memcpy(&head, data, sizeof head);
    const std::string page = page_of(head);
    use(SegmentPage(reinterpret_cast<const std::byte*>(page.data()), page.size()));
    const std::string log = page + std::string(text_of({data + sizeof head, size - sizeof head}));
    MemoryDisk disk;
    disk.put("docs/" + Segment::file_name(fuzzed_segment.number), log);

    const auto whole_records = scan(disk, log.size());

    const auto segment = open(disk);
    if (!segment) return 0;
    const bool sealed = head.sealed % 2 != 0;
    const uint64_t synced = format::records_offset + head.synced_units * format::record_alignment;
    Replayed replayed;
    const auto done = (*segment)->replay(sealed ? log.size() : 0, replayed, sealed ? log.size() : synced);
    require(done.has_value() == whole_records.has_value() || !sealed,
            "a sealed log is replayed if and only if a check finds no damage");
    if (!done) return 0;
    require(!sealed || replayed.records == *whole_records, "a check reads the records that are replayed");
    if (!sealed) write_and_recover(disk, **segment, replayed);
    return 0;
}
