// SPDX-License-Identifier: Apache-2.0
// Reads every byte of a collection's files and tells what is wrong with them. Nothing is changed.
//
// Works beside a collection that serves, as of the moment when the check begins, and on one that can't be
// opened.
#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/storage/disk.h"
#include "engine/storage/log_scan.h"
#include "engine/storage/manifest.h"

namespace vexfs {

enum class Severity {
    note,     // nothing is lost and nothing needs to be done
    warning,  // damage, but of no data: it can be made again from what is there
    damage,   // data are lost, or the collection can't be opened
};
enum class Part { manifest, log, index, other };  // of a collection

std::string_view name_of(Severity severity);
std::string_view name_of(Part part);

struct Finding {
    std::string file;  // in the collection's directory
    uint64_t offset = 0;
    uint64_t bytes = 0;  // from there on, 0 where it is a place or all of the file
    Severity severity = Severity::note;
    Part part = Part::other;
    std::string what;         // "the record's body fails its checksum"
    std::string consequence;  // "up to 100 points that one request wrote are lost"
    std::string remedy;
};

struct CheckReport {
    static constexpr size_t findings_max = 1'000;

    std::string collection;
    std::vector<Finding> findings;
    uint64_t findings_left_out = 0;                        // over findings_max
    uint64_t files = 0, bytes = 0, records = 0, rows = 0;  // read; records and rows whole ones

    bool clean() const;  // but for notes
    void add(Finding finding);
};

// {"collection":"docs","clean":false,"findings":[{"file","offset",...}],"files":...,...}
nlohmann::json to_json(const CheckReport& report);

// A collection's files, as they were at one moment.
struct CheckSource {
    struct Serving {
        Manifest manifest;          // that the collection goes by
        uint64_t active_bytes = 0;  // of the last log: what lies behind may be under way
    };
    std::string name;
    std::string directory;
    std::vector<std::string> files;
    Result<Manifest> stored;         // the file MANIFEST
    std::optional<Serving> serving;  // none of one that isn't open
};
// Of a collection that isn't open.
Result<CheckSource> closed_source(Disk& disk, std::string name, std::string directory);

// Bytes that are read and bytes in all; stops by returning false.
using CheckProgress = std::function<bool(uint64_t, uint64_t)>;

// timed_out where `progress` stopped it. `goes_by` says of a file that is gone meanwhile whether the
// collection still needs it.
Result<CheckReport> check_files(Disk& disk, const CheckSource& source, const CheckProgress& progress,
                                const std::function<bool(const std::string&)>& goes_by);

// How many rows may have been in a damaged place.
uint64_t rows_max_of(const LogDamage& damage, uint32_t dimension);

}  // namespace vexfs
