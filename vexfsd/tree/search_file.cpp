// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/tree/search_file.h"

#include <fmt/format.h>

#include <cstring>
#include <utility>

#include "vexfsd/requests/json.h"
#include "vexfsd/tree/asking.h"
#include "vexfsd/tree/written_kind.h"

namespace vexfs {
namespace {

using json = nlohmann::json;

std::string lines_of(const json& results) {
    std::string lines;
    for (size_t query = 0; query < results.size(); ++query) {
        for (const json& hit : results[query]) {
            json line = hit;
            if (results.size() > 1) line["query"] = query;
            lines += to_text(line) + '\n';
        }
    }
    return lines;
}

}  // namespace

SearchFile::SearchFile(Service& service, MemoryBudget& budget, bool readable, Caller caller,
                       std::string collection, uint32_t dimension, uint64_t request_bytes_max)
    : StreamFile(budget, readable),
      service_(service),
      caller_(std::move(caller)),
      collection_(std::move(collection)),
      dimension_(dimension),
      request_bytes_max_(request_bytes_max) {}

Outcome<void> SearchFile::take(std::span<const std::byte> bytes) {
    if (held_.size() + bytes.size() > request_bytes_max_) {
        return refuse(EMSGSIZE, fmt::format("the query has more than {} bytes", request_bytes_max_),
                      "server.max_request_bytes is the limit");
    }
    held_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return {};
}

// The first of what is held; malformed header where it is nothing that can be asked.
Message SearchFile::next_request() {
    Message request;
    if (written_kind(held_, true) == WrittenKind::lines) {
        const size_t end = held_.find('\n');
        auto header = decode_header(std::string_view(held_).substr(0, end));
        held_.erase(0, end == std::string::npos ? end : end + 1);
        // Blanks between lines ask for nothing.
        held_.erase(0, held_.find_first_not_of(" \t\r\n"));
        request.header = header ? std::move(*header) : json(header.error().message);
        request.text = true;
        return request;
    }
    const std::string rows = std::exchange(held_, {});
    std::vector<float> values(rows.size() / sizeof(float));
    if (!values.empty()) std::memcpy(values.data(), rows.data(), values.size() * sizeof(float));
    const uint64_t count = std::max<uint64_t>(1, values.size() / dimension_);
    if (rows.size() != count * dimension_ * sizeof(float)) {
        request.header =
            json(fmt::format("{} bytes are no rows of {} f32 values, the dimension of collection "
                             "{}, and no JSON",
                             rows.size(), dimension_, collection_));
        return request;
    }
    add_array(request, "vectors", values, {count, dimension_});
    return request;
}

Outcome<bool> SearchFile::work() {
    if (held_.find_first_not_of(" \t\r\n") == std::string::npos) {
        held_.clear();
        return false;
    }
    Message request = next_request();
    if (request.header.is_string()) {
        put_reply(error_line({ErrorCode::malformed, request.header.get<std::string>(), {}}));
        return true;
    }
    request.header["op"] = request.header.contains("max_distance") ? "search_range" : "search";
    request.header["collection"] = collection_;
    const auto reply = ask(service_, request, caller_);
    put_reply(reply ? lines_of(reply->header.at("results")) : error_line(reply.error()));
    return true;
}

}  // namespace vexfs
