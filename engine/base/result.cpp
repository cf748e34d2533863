// SPDX-License-Identifier: Apache-2.0
#include "engine/base/result.h"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace vexfs {
namespace {

struct Row {
    ErrorCode code;
    std::string_view name;
    std::string_view errno_name;
    int number;
};

#define VEXFS_ROW(code, number)                 \
    Row {                                       \
        ErrorCode::code, #code, #number, number \
    }
constexpr std::array rows{
    VEXFS_ROW(invalid_argument, EINVAL),
    VEXFS_ROW(malformed, EBADMSG),
    VEXFS_ROW(dimension_mismatch, EINVAL),
    VEXFS_ROW(not_finite, EDOM),
    VEXFS_ROW(not_found, ENOENT),
    VEXFS_ROW(already_exists, EEXIST),
    VEXFS_ROW(permission_denied, EACCES),
    VEXFS_ROW(too_large, EMSGSIZE),
    VEXFS_ROW(unsupported, EOPNOTSUPP),
    VEXFS_ROW(busy, EBUSY),
    VEXFS_ROW(unavailable, ECONNREFUSED),
    VEXFS_ROW(timed_out, ETIMEDOUT),
    VEXFS_ROW(read_only, EROFS),
    VEXFS_ROW(no_space, ENOSPC),
    VEXFS_ROW(io_error, EIO),
    VEXFS_ROW(corrupt, EUCLEAN),
    VEXFS_ROW(internal, EPROTO),
};
#undef VEXFS_ROW

const Row& row_of(ErrorCode code) {
    return rows[static_cast<size_t>(code)];
}

ErrorCode code_from_errno(int number) {
    switch (number) {
        case ENOENT: return ErrorCode::not_found;
        case EEXIST: return ErrorCode::already_exists;
        case EACCES:
        case EPERM: return ErrorCode::permission_denied;
        case ENOSPC:
        case EFBIG:  // a limit on files
        case EDQUOT: return ErrorCode::no_space;
        case EROFS: return ErrorCode::read_only;
        case ECONNREFUSED: return ErrorCode::unavailable;
        case ETIMEDOUT: return ErrorCode::timed_out;
        case EBUSY:
        case EMFILE:  // too many files or mappings: it passes, and the disk is well
        case ENFILE:
        case ENOMEM: return ErrorCode::busy;
        case EINVAL:
        case EISDIR:
        case ENOTDIR:
        case ENAMETOOLONG: return ErrorCode::invalid_argument;
        default: return ErrorCode::io_error;
    }
}

}  // namespace

std::string_view name_of(ErrorCode code) {
    return row_of(code).name;
}
std::string_view errno_name(ErrorCode code) {
    return row_of(code).errno_name;
}
int errno_of(ErrorCode code) {
    return row_of(code).number;
}

ErrorCode error_code_from_name(std::string_view name) {
    for (const Row& row : rows) {
        if (row.name == name) return row.code;
    }
    return ErrorCode::internal;
}

tl::unexpected<Error> fail_errno(std::string_view what, int error_number) {
    return fail(code_from_errno(error_number),
                fmt::format("{}: {}", what, std::generic_category().message(error_number)));
}

}  // namespace vexfs
