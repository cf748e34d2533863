// SPDX-License-Identifier: Apache-2.0
#include "engine/base/result.h"

#include <catch2/catch.hpp>
#include <cerrno>

using namespace vexfs;

TEST_CASE("an error code and its name lead to each other") {
    for (int i = 0; i <= static_cast<int>(ErrorCode::internal); ++i) {
        const auto code = static_cast<ErrorCode>(i);
        CHECK(error_code_from_name(name_of(code)) == code);
        CHECK(errno_of(code) != 0);
    }
    CHECK(name_of(ErrorCode::dimension_mismatch) == "dimension_mismatch");
    CHECK(errno_name(ErrorCode::corrupt) == "EUCLEAN");
}

TEST_CASE("a failed system call says what failed and why") {
    const Error error = fail_errno("open /x", EACCES).value();
    CHECK(error.code == ErrorCode::permission_denied);
    CHECK(error.message == "open /x: Permission denied");
}
