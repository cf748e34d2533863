// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/tree/call_file.h"

#include <utility>

namespace vexfs {
namespace {

uint64_t bytes_of(const RawMessage& request) {
    return sizeof request + request.header.size() + request.body.size();
}

}  // namespace

CallFile::CallFile(Service& service, MemoryBudget& budget, bool readable, Caller caller,
                   std::string collection, uint64_t request_bytes_max)
    : StreamFile(budget, readable),
      service_(service),
      caller_(std::move(caller)),
      collection_(std::move(collection)),
      request_bytes_max_(request_bytes_max) {}

Outcome<void> CallFile::take(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        bytes = bytes.subspan(reader_.feed(bytes, request_bytes_max_));
        if (reader_.failure()) {
            // The reply says why, for those who read it; what is written next is the beginning of a request.
            failure_ = reader_.failure();
            failed_text_ = reader_.text();
            reader_ = {};
            return tl::unexpected<Failure>(*failure_);
        }
        if (!reader_.complete()) continue;
        requests_.push_back(reader_.take());
        requests_bytes_ += bytes_of(requests_.back());
    }
    return {};
}

// A line needs no newline where its writer goes over to reading, or is gone.
void CallFile::end_line() {
    if (!reader_.midway() || !reader_.text()) return;
    reader_.end();
    requests_.push_back(reader_.take());
    requests_bytes_ += bytes_of(requests_.back());
}

Message CallFile::next_reply() {
    RawMessage request = std::move(requests_.front());
    requests_.pop_front();
    requests_bytes_ -= bytes_of(request);
    return reply_to(std::move(request));
}

Message CallFile::reply_to(RawMessage request) {
    return answer(std::move(request), caller_, [this](Message& asked, const Caller& caller) {
        if (!collection_.empty() && Service::lacks_collection(asked.header))
            asked.header["collection"] = collection_;
        return service_.handle(asked, caller);
    });
}

bool CallFile::answer_whole(std::span<const std::byte> bytes) {
    if (reader_.midway() || !requests_.empty() || failure_) return false;
    auto request = whole_frame(bytes, request_bytes_max_);
    if (request) put_reply(reply_to(std::move(*request)));
    return request.has_value();
}

Outcome<bool> CallFile::work() {
    if (requests_.empty()) end_line();
    if (!requests_.empty()) {
        put_reply(next_reply());
        return true;
    }
    const auto failure = std::exchange(failure_, std::nullopt);
    if (!failure) return false;
    Message reply = error_message(*failure);
    reply.text = failed_text_;
    put_reply(std::move(reply));
    return true;
}

Outcome<void> CallFile::finish() {
    if (!readable()) end_line();
    Outcome<void> outcome;
    while (!requests_.empty()) {
        Message reply = next_reply();
        if (readable()) {
            put_reply(std::move(reply));
            continue;
        }
        hold_back(reply);
        if (auto error = error_of(reply)) outcome = tl::unexpected<Failure>(*std::move(error));
    }
    return outcome;
}

uint64_t CallFile::held_bytes() const {
    return reader_.held_bytes() + requests_bytes_;
}

void CallFile::drop_held() {
    reader_ = {};
    requests_.clear();
    requests_bytes_ = 0;
}

}  // namespace vexfs
