// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/bus/authorization.h"

#include <cerrno>
#include <memory>

#include "vexfsd/bus/error.h"

namespace vexfs::bus {
namespace {

constexpr uint64_t patience_us = 300'000'000;  // for the user to find the password
constexpr unsigned waiting_max = 16;

unsigned waiting = 0;

struct Waiting {
    sd_bus_message* call;
    const Action& action;
    sd_bus_message_handler_t then;
    void* context;

    Waiting(sd_bus_message* asked, const Action& wanted, sd_bus_message_handler_t does, void* with)
        : call(sd_bus_message_ref(asked)), action(wanted), then(does), context(with) {
        ++waiting;
    }
    ~Waiting() {
        sd_bus_message_unref(call);
        --waiting;
    }
    Waiting(const Waiting&) = delete;
    Waiting& operator=(const Waiting&) = delete;
};

Error refused(const Action& action) {
    return {
        ErrorCode::permission_denied, action.refused,
        "an administrator may: run it with sudo(8), or log in where a polkit agent can ask for the password"};
}

bool is_root(sd_bus_message* call) {
    sd_bus_creds* creds = nullptr;
    uid_t user = static_cast<uid_t>(-1);
    const bool known = sd_bus_query_sender_creds(call, SD_BUS_CREDS_EUID, &creds) >= 0 &&
                       sd_bus_creds_get_euid(creds, &user) >= 0;
    sd_bus_creds_unref(creds);
    return known && user == 0;
}

int answered(sd_bus_message* reply, void* context, sd_bus_error*) {
    const std::unique_ptr<Waiting> asked(static_cast<Waiting*>(context));
    sd_bus_error error{};
    int authorized = 0;
    if (sd_bus_message_get_error(reply) != nullptr) {
        // Without polkit nobody but root may.
        set_error(&error, refused(asked->action));
    } else if (sd_bus_message_enter_container(reply, 'r', "bba{ss}") < 0 ||
               sd_bus_message_read(reply, "b", &authorized) < 0 || authorized == 0) {
        set_error(&error, refused(asked->action));
    } else if (const int result = asked->then(asked->call, asked->context, &error);
               result < 0 && !sd_bus_error_is_set(&error)) {
        sd_bus_error_set_errno(&error, result);
    }
    if (sd_bus_error_is_set(&error)) sd_bus_reply_method_error(asked->call, &error);
    sd_bus_error_free(&error);
    return 0;
}

}  // namespace

unsigned waiting_for_authorization() {
    return waiting;
}

int when_authorized(sd_bus_message* call, const Action& action, sd_bus_message_handler_t then, void* context,
                    sd_bus_error* error) {
    if (is_root(call)) return then(call, context, error);
    if (waiting >= waiting_max)
        return set_error(error, {ErrorCode::busy, "too many wait for polkit already", {}});
    auto asked = std::make_unique<Waiting>(call, action, then, context);
    const uint32_t interactive = sd_bus_message_get_allow_interactive_authorization(call) > 0 ? 1 : 0;
    sd_bus_message* question = nullptr;
    int result =
        sd_bus_message_new_method_call(sd_bus_message_get_bus(call), &question, "org.freedesktop.PolicyKit1",
                                       "/org/freedesktop/PolicyKit1/Authority",
                                       "org.freedesktop.PolicyKit1.Authority", "CheckAuthorization");
    if (result >= 0) {
        result = sd_bus_message_append(question, "(sa{sv})sa{ss}us", "system-bus-name", 1, "name", "s",
                                       sd_bus_message_get_sender(call), action.id, 0, interactive, "");
    }
    if (result >= 0) {
        result = sd_bus_call_async(sd_bus_message_get_bus(call), nullptr, question, answered, asked.get(),
                                   patience_us);
    }
    sd_bus_message_unref(question);
    if (result < 0) return result;
    static_cast<void>(asked.release());  // answered() takes it
    return 1;
}

}  // namespace vexfs::bus
