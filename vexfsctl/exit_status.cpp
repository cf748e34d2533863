// SPDX-License-Identifier: Apache-2.0
#include "vexfsctl/exit_status.h"

#include <array>

namespace vexfs::ctl {
namespace {

constexpr std::array rows{
    ExitStatusRow{ExitStatus::success, "success"},
    ExitStatusRow{ExitStatus::failed, "failed otherwise, or the health is degraded"},
    ExitStatusRow{ExitStatus::usage, "wrong usage: an unknown noun, verb or option, or one that is missing"},
    ExitStatusRow{ExitStatus::not_found, "no such collection, point, preset or file"},
    ExitStatusRow{ExitStatus::unreachable, "the daemon can't be reached, or went away"},
    ExitStatusRow{ExitStatus::bad_input,
                  "wrong input: dimension, NaN, a malformed file, an invalid argument"},
    ExitStatusRow{ExitStatus::already_exists, "the name or id is taken"},
    ExitStatusRow{ExitStatus::busy, "busy: the data directory is locked, or a deadline passed"},
    ExitStatusRow{ExitStatus::storage, "storage: an I/O error, no space, read-only or corrupt data"},
    ExitStatusRow{ExitStatus::permission_denied, "permission denied"},
    ExitStatusRow{ExitStatus::interrupted, "interrupted"},
};

}  // namespace

std::span<const ExitStatusRow> exit_statuses() {
    return rows;
}

ExitStatus exit_status_of(ErrorCode code) {
    switch (code) {
        case ErrorCode::invalid_argument:
        case ErrorCode::malformed:
        case ErrorCode::dimension_mismatch:
        case ErrorCode::not_finite:
        case ErrorCode::too_large: return ExitStatus::bad_input;
        case ErrorCode::not_found: return ExitStatus::not_found;
        case ErrorCode::already_exists: return ExitStatus::already_exists;
        case ErrorCode::permission_denied: return ExitStatus::permission_denied;
        case ErrorCode::unavailable: return ExitStatus::unreachable;
        case ErrorCode::busy:
        case ErrorCode::timed_out: return ExitStatus::busy;
        case ErrorCode::read_only:
        case ErrorCode::no_space:
        case ErrorCode::io_error:
        case ErrorCode::corrupt: return ExitStatus::storage;
        case ErrorCode::unsupported:
        case ErrorCode::internal: return ExitStatus::failed;
    }
    return ExitStatus::failed;
}

}  // namespace vexfs::ctl
