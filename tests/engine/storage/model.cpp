// SPDX-License-Identifier: Apache-2.0
#include "tests/engine/storage/model.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace vexfs::test {
namespace {

constexpr std::array action_names{"insert_one",  "insert_many", "upsert",    "erase",
                                  "import_rows", "metadata",    "configure", "sync_behind",
                                  "reclaim",     "reindex",     "snapshot"};

tl::unexpected<Error> wrong(std::string message) {
    return fail(ErrorCode::internal, std::move(message));
}

// Rows of one write, and what the model expects of it.
struct Rows {
    std::vector<uint64_t> ids;
    std::vector<float> vectors;
    std::vector<std::string> metadata;

    void add(uint64_t id, uint64_t number) {
        const uint64_t row = ids.size();
        ids.push_back(id);
        for (uint32_t i = 0; i < model_dimension; ++i)
            vectors.push_back(static_cast<float>(number * 1000 + row * 10 + i));
        metadata.push_back(row % 2 == 0 ? fmt::format(R"({{"row":{},"step":{}}})", row, number) : "");
    }
    Model::Value value(size_t row) const {
        const float* vector = vectors.data() + row * model_dimension;
        return {{vector, vector + model_dimension}, metadata[row]};
    }
};

Rows rows_of(const Step& step, uint64_t number, const Model& now) {
    Rows rows;
    uint64_t id = *now.next_ids.begin();
    if (step.action == Action::upsert) {
        if (!now.points.empty()) rows.add(now.points.begin()->first, number);
        rows.add(id + 3, number);
    } else {
        const size_t count = step.action == Action::insert_one    ? 1
                             : step.action == Action::insert_many ? 9
                                                                  : 2;
        for (size_t row = 0; row < count; ++row) rows.add(id++, number);
    }
    return rows;
}

std::set<uint64_t> next_ids_after(const Model& model, uint64_t highest_id) {
    std::set<uint64_t> next_ids;
    for (const uint64_t id : model.next_ids) next_ids.insert(std::max(id, highest_id + 1));
    return next_ids;
}

Result<void> other_index(Schema& schema) {
    schema.algorithm = schema.algorithm == Algorithm::flat ? Algorithm::hnsw : Algorithm::flat;
    return {};
}

std::string merged(const std::string& old, const std::string& patch) {
    auto value = old.empty() ? nlohmann::json::object() : nlohmann::json::parse(old);
    value.merge_patch(nlohmann::json::parse(patch));
    return value.dump();
}

}  // namespace

std::string Model::text() const {
    std::string text = fmt::format("imported {}, points", imported_rows);
    for (const auto& [id, value] : points)
        text += fmt::format(" {}:{}{}", id, value.vector[0], value.metadata);
    return text;
}

Result<Model> read_back(const Collection& collection) {
    Model model;
    VEXFS_ASSIGN(const auto page, collection.scroll(0, search_limit_max, nullptr, true));
    std::vector<uint64_t> ids;
    for (const Point& point : page.points) {
        ids.push_back(point.id);
        if (!model.points.insert({point.id, {point.vector, point.metadata}}).second)
            return wrong(fmt::format("a scroll shows id {} twice", point.id));
    }
    VEXFS_ASSIGN(const auto points, collection.get(ids, true));
    for (const Point& point : points) {
        if (model.points[point.id] != Model::Value{point.vector, point.metadata})
            return wrong(fmt::format("get and scroll show different points for id {}", point.id));
    }
    SearchRequest request;
    const std::vector<float> query(model_dimension);
    request.query = query;
    request.limit = search_limit_max;
    VEXFS_ASSIGN(const auto found, collection.search(request));
    if (points.size() != ids.size() || found.hits.size() != ids.size() ||
        collection.info().points != ids.size()) {
        return wrong(fmt::format("a scroll shows {} points, get {}, search {}, info {}", ids.size(),
                                 points.size(), found.hits.size(), collection.info().points));
    }
    model.imported_rows = collection.imported_rows(import_key);
    return model;
}

const std::vector<Step>& all_steps() {
    static const std::vector<Step> steps = [] {
        std::vector<Step> made;
        for (const Action action :
             {Action::insert_one, Action::insert_many, Action::upsert, Action::erase, Action::import_rows}) {
            for (const Durability durability : {Durability::group, Durability::sync, Durability::async})
                made.push_back({action, durability});
        }
        for (const Action action :
             {Action::metadata, Action::configure, Action::sync_behind, Action::reclaim, Action::reindex})
            made.push_back({action, Durability::group});
        return made;
    }();
    return steps;
}

std::string text_of(const std::vector<Step>& steps) {
    std::string text;
    for (const Step& step : steps) {
        text += fmt::format("{}{}/{}", text.empty() ? "" : ", ",
                            action_names.at(static_cast<size_t>(step.action)), name_of(step.durability));
    }
    return text;
}

Result<void> History::perform(LocalCollection& collection, const Step& step, uint64_t number) {
    if (step.action == Action::configure) return configure(collection, number);
    if (step.action == Action::sync_behind) {
        collection.sync_behind();
        if (!collection.info().read_only) states_.erase(states_.begin(), states_.end() - 1);
        return {};
    }
    if (step.action == Action::reclaim) return collection.optimize({});
    if (step.action == Action::reindex) {
        attempted_.push_back(now());  // which it leaves as it is
        VEXFS_TRY(collection.reindex(other_index, {}));
        attempted_.pop_back();
        return {};
    }
    if (step.action == Action::snapshot) return snapshot(collection, number);
    return write(collection, step, number);
}

// It seals the log, so that all before it is on the disk as well.
Result<void> History::snapshot(LocalCollection& collection, uint64_t number) {
    const std::string directory = fmt::format("/disk/snapshot-{}", number);
    VEXFS_TRY(disk_->make_directory(directory));
    VEXFS_TRY(collection.snapshot(directory));
    snapshots_.emplace(directory, now());
    states_.erase(states_.begin(), states_.end() - 1);
    return {};
}

Result<void> History::check_snapshots(Disk& disk) const {
    for (const auto& [directory, taken] : snapshots_) {
        VEXFS_ASSIGN(const auto snapshot, LocalCollection::open(disk, "points", directory, {}));
        VEXFS_ASSIGN(const Model found, read_back(*snapshot));
        if (!found.looks_like(taken))
            return wrong(
                fmt::format("{} holds\n  {}\nit was made of\n  {}", directory, found.text(), taken.text()));
    }
    return {};
}

Result<void> History::configure(LocalCollection& collection, uint64_t number) {
    const auto gid = static_cast<uint32_t>(200 + number);
    gids_.insert(gid);
    const bool async = collection.schema().durability == Durability::async;
    attempted_.push_back(now());  // which it leaves as it is
    VEXFS_TRY(collection.configure({{"gid", gid}, {"durability", async ? "group" : "async"}}));
    attempted_.pop_back();
    gids_ = {gid};
    return {};
}

Result<void> History::write(LocalCollection& collection, const Step& step, uint64_t number) {
    Durability durability = step.durability;
    Model next = now();
    if (step.action == Action::erase) {
        std::vector<uint64_t> ids{1'000'000};
        if (!next.points.empty()) {
            ids.push_back(next.points.begin()->first);
            next.points.erase(next.points.begin());
        }
        attempted_.push_back(next);
        VEXFS_ASSIGN(const uint64_t erased, collection.erase(ids, durability));
        if (erased != ids.size() - 1) return wrong(fmt::format("{} ids were erased", erased));
        if (erased == 0) return {};  // nothing was written
    } else if (step.action == Action::metadata) {
        if (next.points.empty()) return {};
        auto& [id, value] = *next.points.rbegin();
        const std::string patch = fmt::format(R"({{"changed":{}}})", number);
        const bool merge = number % 2 == 1;
        value.metadata = merge ? merged(value.metadata, patch) : patch;
        durability = collection.schema().durability;
        attempted_.push_back(next);
        VEXFS_TRY(collection.update_metadata(id, patch, merge));
    } else {
        Rows rows = rows_of(step, number, next);
        const std::vector<std::string_view> metadata(rows.metadata.begin(), rows.metadata.end());
        InsertRequest request;
        request.vectors = rows.vectors;
        request.metadata = metadata;
        request.durability = durability;
        if (step.action == Action::upsert) {
            request.ids = rows.ids;
            request.on_conflict = OnConflict::replace;
        }
        if (step.action == Action::import_rows) {
            next.imported_rows += rows.ids.size();
            request.mark = ImportMark{import_key, next.imported_rows};
        }
        const auto put = [&](Model& model) {
            for (size_t row = 0; row < rows.ids.size(); ++row) model.points[rows.ids[row]] = rows.value(row);
        };
        attempted_.push_back(next);
        put(attempted_.back());
        attempted_.back().next_ids = next_ids_after(next, rows.ids.back());
        VEXFS_ASSIGN(const InsertReply reply, collection.insert(request));
        if (request.ids.empty()) {
            if (!next.next_ids.contains(reply.ids.front()))
                return wrong(fmt::format("the id {} was assigned, {} was next", reply.ids.front(),
                                         *next.next_ids.begin()));
            rows.ids = reply.ids;
            next.next_ids = {reply.ids.back() + 1};
        } else {
            next.next_ids = next_ids_after(next, rows.ids.back());
        }
        put(next);
    }
    attempted_.clear();
    states_.push_back(std::move(next));
    if (durability != Durability::async) states_.erase(states_.begin(), states_.end() - 1);
    return {};
}

Result<void> History::go_on_after(const Error& error, const LocalCollection& collection) {
    VEXFS_ASSIGN(const Model shown, read_back(collection));
    if (error.code == ErrorCode::read_only && !attempted_.empty()) attempted_.pop_back();
    if (shown.looks_like(now())) return {};
    if (attempted_.empty() || !shown.looks_like(attempted_.back()))
        return wrong(fmt::format("after \"{}\" the collection shows\n  {}\nbefore it was\n  {}",
                                 error.message, shown.text(), now().text()));
    states_.push_back(attempted_.back());
    return {};
}

Result<Model> History::recovered(const LocalCollection& collection) const {
    if (!gids_.contains(collection.schema().access.gid))
        return wrong(fmt::format("gid is {} now", collection.schema().access.gid));
    VEXFS_ASSIGN(Model found, read_back(collection));
    found.next_ids.clear();
    std::string possible;
    const auto compare = [&](const Model& model) {
        possible += "\n  " + model.text();
        if (model.looks_like(found)) found.next_ids.insert(model.next_ids.begin(), model.next_ids.end());
    };
    std::ranges::for_each(states_, compare);
    std::ranges::for_each(attempted_, compare);
    if (found.next_ids.empty())
        return wrong(fmt::format("found:\n  {}\npossible:{}", found.text(), possible));
    return found;
}

}  // namespace vexfs::test
