// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/tree/insert_file.h"

#include <fmt/format.h>

#include <cstring>
#include <utility>

#include "engine/formats/json_row.h"
#include "vexfsd/requests/answer.h"
#include "vexfsd/requests/json.h"
#include "vexfsd/tree/asking.h"

namespace vexfs {
namespace {

bool is_blank(std::string_view text) {
    return text.find_first_not_of(json_blanks) == std::string_view::npos;
}

}  // namespace

uint64_t InsertFile::Batch::bytes() const {
    return vectors.size() * sizeof(float) + ids.size() * sizeof(uint64_t) + metadata.size();
}

InsertFile::InsertFile(Service& service, MemoryBudget& budget, bool readable, Caller caller,
                       std::string collection, uint32_t dimension, uint64_t request_bytes_max)
    : StreamFile(budget, readable),
      service_(service),
      caller_(std::move(caller)),
      collection_(std::move(collection)),
      dimension_(dimension),
      request_bytes_max_(request_bytes_max) {}

Outcome<void> InsertFile::take(std::span<const std::byte> bytes) {
    if (failure_) return tl::unexpected<Failure>(*failure_);
    held_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    auto inserted = insert(false, false);
    if (!inserted && !readable()) failure_ = inserted.error();
    return readable() ? Outcome<void>() : inserted;
}

Outcome<bool> InsertFile::work() {
    const uint64_t before = held_bytes();
    // A failure was put as a reply.
    (void)insert(true, true);
    return held_bytes() < before;
}

Outcome<void> InsertFile::finish() {
    if (failure_) return tl::unexpected<Failure>(*failure_);
    auto inserted = insert(true, !readable());
    if (!inserted) {
        if (!readable()) failure_ = inserted.error();
        return inserted;
    }
    // Whoever still has the file open may write the rest.
    if (kind_ == WrittenKind::rows && !held_.empty()) {
        return refuse(EINVAL, fmt::format("{} bytes behind the last row are no row of {} f32 values",
                                          held_.size(), dimension_));
    }
    if (kind_ == WrittenKind::frames && reader_.midway())
        return refuse(EBADMSG, "the last frame is not whole");
    return {};
}

Outcome<void> InsertFile::insert(bool all, bool ended) {
    if (!kind_) kind_ = written_kind(held_, all);
    if (!kind_) return {};
    auto inserted = *kind_ == WrittenKind::rows    ? insert_rows(all)
                    : *kind_ == WrittenKind::lines ? insert_lines(all, ended)
                                                   : insert_frames();
    if (inserted) return {};
    // What came in one stretch with it is not inserted either: nobody can tell any more which of it is.
    drop_held();
    if (readable() && *kind_ != WrittenKind::frames) put_reply(error_line(inserted.error().error));
    return inserted;
}

Outcome<void> InsertFile::insert_rows(bool all) {
    const uint64_t row_bytes = dimension_ * sizeof(float);
    while (held_.size() >= row_bytes && (all || held_.size() >= batch_bytes)) {
        const uint64_t rows = std::min<uint64_t>(held_.size(), std::max(batch_bytes, row_bytes)) / row_bytes;
        batch_.vectors.resize(rows * dimension_);
        batch_.rows = rows;
        if (rows > 0) std::memcpy(batch_.vectors.data(), held_.data(), rows * row_bytes);
        held_.erase(0, rows * row_bytes);
        VEXFS_TREE_TRY(send());
    }
    return {};
}

Outcome<void> InsertFile::insert_lines(bool all, bool ended) {
    size_t begin = 0;
    Outcome<void> outcome;
    while (outcome && begin < held_.size()) {
        const size_t newline = held_.find('\n', begin);
        if (newline == std::string::npos && !ended) break;
        const size_t end = std::min(newline, held_.size());
        outcome = add_line(std::string_view(held_).substr(begin, end - begin));
        begin = std::min(end + 1, held_.size());
        if (outcome && batch_.bytes() >= batch_bytes) outcome = send();
    }
    held_.erase(0, begin);
    VEXFS_TREE_TRY(outcome);
    if (held_.size() > header_bytes_max)
        return refuse(EMSGSIZE, fmt::format("line {} has more than {} bytes", lines_ + 1, header_bytes_max));
    if (all && batch_.rows != 0) VEXFS_TREE_TRY(send());
    return {};
}

Outcome<void> InsertFile::add_line(std::string_view line) {
    ++lines_;
    if (is_blank(line)) return {};
    VEXFS_TREE_ASSIGN(formats::JsonRow row,
                      formats::parse_json_row(fmt::format("{}/insert", collection_), lines_, line));
    if (row.vector.size() != dimension_) {
        return tl::unexpected<Failure>(
            Error{ErrorCode::dimension_mismatch,
                  fmt::format("line {} has a vector of {} values, collection {} has dimension {}", lines_,
                              row.vector.size(), collection_, dimension_),
                  {}});
    }
    // One request gives all its ids or leaves all to be assigned.
    if (batch_.rows != 0 && row.id.has_value() == batch_.ids.empty()) VEXFS_TREE_TRY(send());
    batch_.vectors.insert(batch_.vectors.end(), row.vector.begin(), row.vector.end());
    if (row.id) batch_.ids.push_back(*row.id);
    batch_.metadata += row.metadata + '\n';
    batch_.any_metadata |= !row.metadata.empty();
    ++batch_.rows;
    return {};
}

Outcome<void> InsertFile::send() {
    Message request;
    request.header = {{"op", "insert"}, {"collection", collection_}};
    add_array(request, "vectors", batch_.vectors, {batch_.rows, dimension_});
    if (!batch_.ids.empty()) add_array(request, "ids", batch_.ids, {batch_.rows});
    if (batch_.any_metadata) add_array(request, "metadata", batch_.metadata);
    batch_ = {};
    VEXFS_TREE_ASSIGN(const Message reply, ask(service_, request, caller_));
    hold_back(reply);
    if (!readable()) return {};
    std::vector<uint64_t> ids(reply.body.size() / sizeof(uint64_t));
    if (!ids.empty()) std::memcpy(ids.data(), reply.body.data(), reply.body.size());
    put_reply(to_text({{"ok", true}, {"inserted", ids.size()}, {"ids", ids}}) + '\n');
    return {};
}

Outcome<void> InsertFile::insert_frames() {
    const std::string bytes = std::exchange(held_, {});
    std::span<const std::byte> rest = std::as_bytes(std::span(bytes));
    while (!rest.empty()) {
        rest = rest.subspan(reader_.feed(rest, request_bytes_max_));
        if (reader_.failure()) return tl::unexpected<Failure>(*reader_.failure());
        if (reader_.complete()) VEXFS_TREE_TRY(reply_to_frame(reader_.take()));
    }
    return {};
}

Outcome<void> InsertFile::reply_to_frame(RawMessage frame) {
    Message reply = answer(std::move(frame), caller_, [this](Message& asked, const Caller& caller) {
        const auto op = asked.header.find("op");
        if (op == asked.header.end() || (*op != "insert" && *op != "upsert")) {
            return error_message({ErrorCode::invalid_argument,
                                  "the file insert takes insert and upsert alone",
                                  "the file call takes every request"});
        }
        asked.header["collection"] = collection_;
        return service_.handle(asked, caller);
    });
    if (readable()) {
        put_reply(std::move(reply));
        return {};
    }
    hold_back(reply);
    if (auto error = error_of(reply)) return tl::unexpected<Failure>(*std::move(error));
    return {};
}

uint64_t InsertFile::held_bytes() const {
    return held_.size() + reader_.held_bytes() + batch_.bytes();
}

void InsertFile::drop_held() {
    held_ = {};
    reader_ = {};
    batch_ = {};
}

}  // namespace vexfs
