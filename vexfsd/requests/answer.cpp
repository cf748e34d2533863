// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/requests/answer.h"

#include <new>

namespace vexfs {
namespace {

Message no_memory(bool text) {
    Message reply = error_message(
        {ErrorCode::too_large, "there is not enough memory for this request", "ask for less at a time"});
    reply.text = text;
    return reply;
}

}  // namespace

Message answer(RawMessage raw, const Caller& caller, const Handler& handler) {
    const bool text = raw.text;
    try {
        Message reply;
        if (auto header = decode_header(raw.header)) {
            Message request;
            request.header = std::move(*header);
            request.body = std::move(raw.body);
            request.lent = raw.lent;
            request.text = text;
            reply = handler(request, caller);
        } else {
            reply = error_message(header.error());
        }
        reply.text = text;
        return reply;
    } catch (const std::bad_alloc&) {
        return no_memory(text);
    }
}

Encoded encode_reply(Message reply) {
    const bool text = reply.text;
    try {
        return encode_parts(std::move(reply));
    } catch (const std::bad_alloc&) {
        return encode_parts(no_memory(text));
    }
}

}  // namespace vexfs
