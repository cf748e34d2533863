// SPDX-License-Identifier: Apache-2.0
// How the tree asks the service: the one way to what it shows and does.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>

#include "vexfsd/requests/service.h"
#include "vexfsd/tree/outcome.h"

namespace vexfs {

// Of vectors in a request that inserts some of many: as much as goes into the log at once.
inline constexpr uint64_t batch_bytes = uint64_t{4} << 20;

// The reply to a request, or the error that it carries.
Result<Message> ask(Service& service, const Message& request, const Caller& caller);
// The same of a request that is a line, which is answered without arrays.
Result<nlohmann::json> ask(Service& service, nlohmann::json request, const Caller& caller);

// An error reply for a file that is read as lines: {"ok":false,"error":{...}} and a newline.
std::string error_line(const Error& error);

}  // namespace vexfs
