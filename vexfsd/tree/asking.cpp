// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/tree/asking.h"

#include "vexfsd/requests/json.h"

namespace vexfs {

Result<Message> ask(Service& service, const Message& request, const Caller& caller) {
    Message reply = service.handle(request, caller);
    if (auto error = error_of(reply)) return tl::unexpected<Error>(*std::move(error));
    return reply;
}

Result<nlohmann::json> ask(Service& service, nlohmann::json request, const Caller& caller) {
    Message message;
    message.header = std::move(request);
    message.text = true;
    VEXFS_ASSIGN(Message reply, ask(service, message, caller));
    reply.header.erase("ok");
    return std::move(reply.header);
}

std::string error_line(const Error& error) {
    return to_text(error_message(error).header) + '\n';
}

}  // namespace vexfs
