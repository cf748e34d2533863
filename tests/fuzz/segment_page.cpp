// SPDX-License-Identifier: Apache-2.0
#include <cstring>

#include "tests/fuzz/segment_log.h"

namespace vexfs::fuzz {
std::string page_of(const SegmentInput& input) {
    std::string page(format::records_offset, '\0');
    std::memcpy(page.data(), &input.header, sizeof input.header);
    std::memcpy(page.data() + format::schema_offset, &input.schema, sizeof input.schema);
    std::memcpy(page.data() + format::schema_offset + sizeof input.schema, input.schema_text,
                sizeof input.schema_text);
    for (size_t i = 0; i < std::size(input.marks); ++i)
        std::memcpy(page.data() + format::sync_mark_offsets[i], &input.marks[i], sizeof input.marks[i]);
    return page;
}

void take_page(SegmentInput& input, std::string_view page) {
    std::memcpy(&input.header, page.data(), sizeof input.header);
    std::memcpy(&input.schema, page.data() + format::schema_offset, sizeof input.schema);
    std::memcpy(input.schema_text, page.data() + format::schema_offset + sizeof input.schema,
                sizeof input.schema_text);
    for (size_t i = 0; i < std::size(input.marks); ++i)
        std::memcpy(&input.marks[i], page.data() + format::sync_mark_offsets[i], sizeof input.marks[i]);
}

}  // namespace vexfs::fuzz
