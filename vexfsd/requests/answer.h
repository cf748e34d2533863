// SPDX-License-Identifier: Apache-2.0
// From the bytes of a request to those of its reply.
#pragma once

#include <functional>

#include "vexfsd/requests/frame_reader.h"
#include "vexfsd/requests/service.h"

namespace vexfs {

// Answers one request, which it may complete. Called by several threads at once; it doesn't throw.
using Handler = std::function<Message(Message& request, const Caller& caller)>;

// The reply, whatever the request is. Takes the request's memory and gives it back.
Message answer(RawMessage request, const Caller& caller, const Handler& handler);

// encode_parts(), or an error where there is no memory for the reply.
Encoded encode_reply(Message reply);

}  // namespace vexfs
