// SPDX-License-Identifier: Apache-2.0
// A filter and metadata, a line each: the filter is refused or takes the metadata or not, and what is built
// from it answers accordingly.
#include "engine/filter/filter.h"

#include <nlohmann/json.hpp>

#include "tests/fuzz/fuzz.h"
#include "vexfsd/requests/json.h"

using namespace vexfs;
using namespace vexfs::fuzz;
using json = nlohmann::json;

namespace {

// None where wrapping makes it too deep or too large.
std::optional<bool> wrapped(json filter, std::string_view metadata) {
    const auto parsed = Filter::parse(filter);
    if (!parsed) return std::nullopt;
    return parsed->matches(metadata);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string_view input = text_of({data, size});
    const size_t newline = input.find('\n');
    // As a request brings it.
    const auto given = parse_object(input.substr(0, newline));
    if (!given) return 0;
    const auto filter = Filter::parse(*given);
    if (!filter) {
        require(!filter.error().message.empty(), "a refused filter is told why");
        return 0;
    }
    // Metadata are stored as objects, or not at all.
    std::string metadata;
    if (newline != std::string_view::npos) {
        const auto object = parse_object(input.substr(newline + 1));
        if (object) metadata = to_text(*object);
    }
    const bool takes = filter->matches(std::string_view(metadata));
    require(wrapped({{"$not", *given}}, metadata).value_or(!takes) == !takes, "$not takes what it doesn't");
    require(wrapped({{"$and", {*given, *given}}}, metadata).value_or(takes) == takes, "$and of it is it");
    require(wrapped({{"$or", {*given, *given}}}, metadata).value_or(takes) == takes, "$or of it is it");
    return 0;
}
