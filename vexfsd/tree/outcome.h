// SPDX-License-Identifier: Apache-2.0
// What an operation on the tree comes to: a value, or the errno that its caller gets. A program sees the
// number alone; the words are for the log and for the attribute user.vexfs.error.
#pragma once

#include <cerrno>
#include <string>
#include <tl/expected.hpp>

#include "engine/base/result.h"

namespace vexfs {

struct Failure {
    int number = EIO;
    Error error;

    Failure(int error_number, std::string message, std::string hint = {})
        : number(error_number), error{ErrorCode::invalid_argument, std::move(message), std::move(hint)} {}
    Failure(Error from) : number(errno_of(from.code)), error(std::move(from)) {}
};

template <class T>
using Outcome = tl::expected<T, Failure>;

inline tl::unexpected<Failure> refuse(int error_number, std::string message, std::string hint = {}) {
    return tl::unexpected<Failure>(Failure(error_number, std::move(message), std::move(hint)));
}

}  // namespace vexfs

// As VEXFS_TRY and VEXFS_ASSIGN, in functions that return an Outcome; of outcomes and results.
#define VEXFS_TREE_TRY(expression)                                                     \
    do {                                                                               \
        if (auto vexfs_outcome = (expression); !vexfs_outcome)                         \
            return tl::unexpected<::vexfs::Failure>(std::move(vexfs_outcome.error())); \
    } while (false)
#define VEXFS_TREE_ASSIGN_(name, declaration, expression)                        \
    auto name = (expression);                                                    \
    if (!name) return tl::unexpected<::vexfs::Failure>(std::move(name.error())); \
    declaration = std::move(*name)
#define VEXFS_TREE_ASSIGN(declaration, expression) \
    VEXFS_TREE_ASSIGN_(VEXFS_CONCAT(vexfs_outcome_, __LINE__), declaration, expression)
