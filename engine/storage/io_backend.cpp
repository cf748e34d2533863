// SPDX-License-Identifier: Apache-2.0
#include "engine/storage/io_backend.h"

#include <fmt/format.h>

#include "engine/storage/uring_disk.h"

namespace vexfs {

std::string_view name_of(IoBackend backend) {
    switch (backend) {
        case IoBackend::automatic: return "auto";
        case IoBackend::io_uring: return "io_uring";
        case IoBackend::posix: return "posix";
    }
    return "";
}

Result<IoBackend> io_backend_from_name(std::string_view name) {
    for (const IoBackend backend : {IoBackend::automatic, IoBackend::io_uring, IoBackend::posix})
        if (name_of(backend) == name) return backend;
    return fail(ErrorCode::invalid_argument, fmt::format("I/O backend '{}' is not known", name),
                "use one of: auto, io_uring, posix");
}

ChosenDisk choose_disk(IoBackend wanted) {
    if (wanted != IoBackend::io_uring) return {&posix_disk(), IoBackend::posix, {}};
    const auto ring = uring_disk();
    if (ring) return {*ring, IoBackend::io_uring, {}};
    return {&posix_disk(), IoBackend::posix,
            fmt::format("io_uring is not available: {}{}", ring.error().message,
                        ring.error().hint.empty() ? "" : fmt::format(" ({})", ring.error().hint))};
}

}  // namespace vexfs
