// SPDX-License-Identifier: Apache-2.0
// Errors as values. A function that can fail returns Result<T>; the error is made once, where the cause is
// known, and carries what an administrator needs: what failed, on what, why, and what to do about it.
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace vexfs {

// The names that clients see in {"error":{"code":...}}; errno_of() gives the number that a system call would
// set.
enum class ErrorCode {
    invalid_argument,    // a parameter, name or value that can never be right
    malformed,           // bytes that are not what they should be: a frame, JSON, a file of vectors
    dimension_mismatch,  // vectors of another dimension than the collection's
    not_finite,          // NaN or infinity in a vector
    not_found,           // no such collection, point, preset or file
    already_exists,      // the name or id is taken
    permission_denied,   // the caller may not do this
    too_large,           // over a stated limit
    unsupported,         // known, but this build or machine can't do it
    busy,                // held by somebody else: a locked data directory, too many clients
    unavailable,         // nobody answers: the daemon is not running or is stopping
    timed_out,           // a deadline passed
    read_only,           // the collection takes no writes until it is recovered
    no_space,            // the disk is full
    io_error,            // the disk or the network failed
    corrupt,             // stored data fails its checksum or contradicts itself
    internal,            // a fault of VexFS itself
};

std::string_view name_of(ErrorCode code);     // "dimension_mismatch"
std::string_view errno_name(ErrorCode code);  // "EINVAL"
int errno_of(ErrorCode code);                 // EINVAL
// The code with that name; internal when there is none.
ErrorCode error_code_from_name(std::string_view name);

struct Error {
    ErrorCode code = ErrorCode::internal;
    std::string message;  // one sentence without a full stop: "vector 3 has 99 values, collection words has
                          // dimension 100"
    std::string hint;     // what to do, or empty
};

template <class T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> fail(ErrorCode code, std::string message, std::string hint = {}) {
    return tl::unexpected<Error>(Error{code, std::move(message), std::move(hint)});
}

// For a system call that failed with error_number: "open /x/y: Permission denied", the code from the number.
tl::unexpected<Error> fail_errno(std::string_view what, int error_number);

}  // namespace vexfs

// VEXFS_TRY(expression): returns the error of a Result from the enclosing function, else goes on.
// VEXFS_ASSIGN(declaration, expression): the same, and the value goes to the declaration.
#define VEXFS_TRY(expression)                                                       \
    do {                                                                            \
        if (auto vexfs_result = (expression); !vexfs_result)                        \
            return tl::unexpected<::vexfs::Error>(std::move(vexfs_result.error())); \
    } while (false)
#define VEXFS_CONCAT_(a, b) a##b
#define VEXFS_CONCAT(a, b) VEXFS_CONCAT_(a, b)
#define VEXFS_ASSIGN_(name, declaration, expression)                           \
    auto name = (expression);                                                  \
    if (!name) return tl::unexpected<::vexfs::Error>(std::move(name.error())); \
    declaration = std::move(*name)
#define VEXFS_ASSIGN(declaration, expression) \
    VEXFS_ASSIGN_(VEXFS_CONCAT(vexfs_result_, __LINE__), declaration, expression)
