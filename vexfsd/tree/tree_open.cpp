// SPDX-License-Identifier: Apache-2.0
// Opening and creating files.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "engine/formats/vector_file.h"
#include "vexfsd/requests/json.h"
#include "vexfsd/tree/asking.h"
#include "vexfsd/tree/call_file.h"
#include "vexfsd/tree/config_file.h"
#include "vexfsd/tree/config_text.h"
#include "vexfsd/tree/import_spool.h"
#include "vexfsd/tree/ingest.h"
#include "vexfsd/tree/insert_file.h"
#include "vexfsd/tree/point_file.h"
#include "vexfsd/tree/report_file.h"
#include "vexfsd/tree/search_file.h"
#include "vexfsd/tree/tree.h"

namespace vexfs {
namespace {

using json = nlohmann::json;

constexpr int report_indent = 2;

std::string report_text(const json& report) {
    return report.dump(report_indent, ' ', false, json::error_handler_t::replace) + '\n';
}

class ImportFile final : public OpenFile {
  public:
    using Take = std::function<Outcome<void>(const std::string& path)>;
    // Of a spool that was opened for it.
    ImportFile(std::shared_ptr<ImportSpool> spool, Take take)
        : spool_(std::move(spool)), take_(std::move(take)) {}
    ~ImportFile() override { spool_->close(); }

    Outcome<size_t> read(uint64_t offset, std::span<std::byte> bytes) override {
        return spool_->read(offset, bytes);
    }
    Outcome<size_t> write(uint64_t offset, std::span<const std::byte> bytes) override {
        return spool_->write(offset, bytes);
    }
    Outcome<void> truncate(uint64_t bytes) override { return spool_->truncate(bytes); }
    Outcome<void> flush() override { return spool_->take_in(take_); }
    Outcome<void> sync() override { return {}; }
    bool may_take_long() const override { return true; }
    bool flush_waits() const override { return true; }
    bool midway() override { return !spool_->taken(); }

  private:
    const std::shared_ptr<ImportSpool> spool_;
    const Take take_;
};

}  // namespace

Outcome<std::unique_ptr<OpenFile>> Tree::open(const Node& node, const Caller& caller, const OpenAs& as) {
    if (is_directory(node.role)) return refuse(EISDIR, "a directory is listed, not opened");
    VEXFS_TREE_TRY(require(node, caller, (as.read ? may_read_bit : 0u) | (as.write ? may_write_bit : 0u)));
    return open_permitted(node, caller, as, true);
}

Outcome<std::unique_ptr<OpenFile>> Tree::open_again(const Node& node, const Caller& caller,
                                                    const OpenAs& as) {
    if (node.role == Role::import_file && !node.spool)
        return refuse(ESTALE, "the copy ended with the daemon before", "copy it anew");
    return open_permitted(node, caller, as, !as.write);
}

Outcome<std::unique_ptr<OpenFile>> Tree::open_permitted(const Node& node, const Caller& caller,
                                                        const OpenAs& as, bool must_exist) {
    const TreeOptions now = options();
    switch (node.role) {
        case Role::version:
            return std::make_unique<ReportFile>([] { return std::string(VEXFS_VERSION) + '\n'; });
        case Role::metrics:
            return std::make_unique<ReportFile>([this, caller]() -> Outcome<std::string> {
                VEXFS_TREE_ASSIGN(json told, ask(service_, json{{"op", "metrics"}}, caller));
                return told["text"].get<std::string>();
            });
        case Role::health:
        case Role::all_stats:
        case Role::stats:
        case Role::io_stats: return open_report(node, caller);
        case Role::any_call:
        case Role::call:
            return std::make_unique<CallFile>(service_, budget_, as.read, caller, node.collection,
                                              now.request_bytes_max);
        case Role::vectors:
        case Role::ids:
        case Role::metadata: return points_.open(node);
        case Role::import_file: return open_import(node, caller, as.write);
        case Role::config: return open_config(node, caller);
        case Role::point: {
            VEXFS_TREE_ASSIGN(auto file, open_point(node, caller, must_exist));
            if (as.truncate) VEXFS_TREE_TRY(file->truncate(0));
            return file;
        }
        default: break;
    }
    VEXFS_TREE_ASSIGN(const Found found, find(node.collection));
    const uint32_t dimension = found.schema.dimension;
    if (node.role == Role::search) {
        return std::make_unique<SearchFile>(service_, budget_, as.read, caller, node.collection, dimension,
                                            now.request_bytes_max);
    }
    return std::make_unique<InsertFile>(service_, budget_, as.read, caller, node.collection, dimension,
                                        now.request_bytes_max);
}

std::unique_ptr<OpenFile> Tree::open_report(const Node& node, const Caller& caller) {
    return std::make_unique<ReportFile>([this, node, caller]() -> Outcome<std::string> {
        json request{{"op", node.role == Role::health     ? "health"
                            : node.role == Role::io_stats ? "io_stats"
                                                          : "stats"}};
        if (!node.collection.empty()) request["collection"] = node.collection;
        VEXFS_TREE_ASSIGN(json report, ask(service_, std::move(request), caller));
        if (node.role == Role::stats) {
            VEXFS_TREE_ASSIGN(
                const json info,
                ask(service_, {{"op", "collection.info"}, {"collection", node.collection}}, caller));
            report.update(info);
        }
        return report_text(report);
    });
}

std::unique_ptr<OpenFile> Tree::open_config(const Node& node, const Caller& caller) {
    const auto text = [this, node]() -> Outcome<std::string> {
        VEXFS_TREE_ASSIGN(const Found found, find(node.collection));
        return config_text(found.schema);
    };
    const auto apply = [this, node, caller](const std::string& written) -> Outcome<void> {
        VEXFS_TREE_ASSIGN(const Found found, find(node.collection));
        VEXFS_TREE_ASSIGN(const json changes, changes_in(written, found.schema));
        if (changes.empty()) return {};
        VEXFS_TREE_TRY(
            ask(service_,
                {{"op", "collection.configure"}, {"collection", node.collection}, {"parameters", changes}},
                caller));
        return {};
    };
    return std::make_unique<ConfigFile>(text, apply);
}

Outcome<std::unique_ptr<OpenFile>> Tree::open_point(const Node& node, const Caller& caller, bool must_exist) {
    VEXFS_TREE_ASSIGN(const Found found, find(node.collection));
    Message request;
    request.header = {{"op", "get"}, {"collection", node.collection}, {"with_vector", true}};
    add_array(request, "ids", std::span(&node.point, 1), {1});
    const auto reply = ask(service_, request, caller);
    // Who may write and not read can still write it.
    const bool there = reply && !reply->body.empty();
    if (!there && must_exist && (reply || reply.error().code != ErrorCode::permission_denied))
        return refuse(ENOENT, fmt::format("there is no point {}", node.point));
    std::vector<float> vector(there ? found.schema.dimension : 0);
    if (there) std::memcpy(vector.data(), reply->body.data(), vector.size() * sizeof(float));
    const auto store = [this, node, caller](std::span<const float> values) -> Outcome<void> {
        const auto metadata = point_metadata(node, caller);
        Message upsert;
        upsert.header = {{"op", "upsert"}, {"collection", node.collection}};
        add_array(upsert, "vectors", values, {1, values.size()});
        add_array(upsert, "ids", std::span(&node.point, 1), {1});
        if (metadata) add_array(upsert, "metadata", *metadata + '\n');
        VEXFS_TREE_TRY(ask(service_, upsert, caller));
        return {};
    };
    return PointFile::open(std::move(vector), found.schema.dimension, budget_, store);
}

Outcome<std::unique_ptr<OpenFile>> Tree::open_import(const Node& node, const Caller& caller, bool to_write) {
    VEXFS_TREE_TRY(node.spool->open(to_write));
    const auto take = [this, node, caller](const std::string& path) {
        return ingest(service_, caller, node.collection, path, node.spool->name());
    };
    return std::make_unique<ImportFile>(node.spool, take);
}

Outcome<Tree::Created> Tree::create(const Node& directory, std::string_view name, uint32_t mode,
                                    const Caller& caller, const OpenAs& as) {
    if (name.size() > node_name_bytes_max) return refuse(ENAMETOOLONG, "the name is too long");
    if (directory.role == Role::import) return create_import(directory, name, mode, caller);
    if (directory.role != Role::points)
        return refuse(EPERM, "files are made below import and points alone", "mkdir makes a collection");
    VEXFS_TREE_TRY(require(directory, caller, may_write_bit | may_search_bit));
    const auto id = point_id(name);
    if (!id) return refuse(EINVAL, fmt::format("{} is no id of a point", excerpt(std::string(name))));
    Created created;
    created.node = {Role::point, directory.collection, *id, nullptr, nullptr};
    VEXFS_TREE_ASSIGN(created.file, open_point(created.node, caller, false));
    if (as.truncate) VEXFS_TREE_TRY(created.file->truncate(0));
    return created;
}

Outcome<Tree::Created> Tree::create_import(const Node& directory, std::string_view name, uint32_t mode,
                                           const Caller& caller) {
    VEXFS_TREE_TRY(require(directory, caller, may_write_bit | may_search_bit));
    const uint64_t serial = ++serial_;
    const std::string text(name);
    // The readers know a format by the end of its name.
    const size_t dot = text.rfind('.');
    const bool known = format_from_path(text).has_value();
    const std::string path = fmt::format("{}/{}{}", options().spool_directory, serial,
                                         known && dot != std::string::npos ? text.substr(dot) : "");
    const auto spool = std::make_shared<ImportSpool>(path, text, mode & 0666, caller.uid, caller.gid, serial);
    Created created;
    created.node = {Role::import_file, directory.collection, 0, nullptr, spool};
    VEXFS_TREE_ASSIGN(created.file, open_import(created.node, caller, true));
    const std::lock_guard lock(mutex_);
    forget_old_imports();
    const auto [entry, fresh] = imports_.try_emplace({directory.collection, text}, spool);
    if (!fresh) return refuse(EEXIST, fmt::format("{} is being copied in already", text));
    return created;
}

}  // namespace vexfs
