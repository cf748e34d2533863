// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/requests/service.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <new>
#include <optional>

#include "engine/base/waiting.h"
#include "vexfsd/base/nearest.h"
#include "vexfsd/requests/behind.h"
#include "vexfsd/requests/json.h"
#include "vexfsd/requests/operations.h"
#include "vexfsd/watch/prometheus.h"

namespace vexfs {
namespace {

using json = nlohmann::json;
using Names = std::vector<std::string_view>;

// Of names, owners and modes of collections.
enum class Changes : uint8_t { none, one, any };

struct Operation {
    std::string_view name;
    Names fields;  // all that it takes, beside op and arrays
    Names arrays;
    Result<Message> (*run)(ServiceContext&, const Request&);
    bool is_long = false;  // others go on beside it
    Changes changes = Changes::none;
};

const std::vector<Operation>& operations() {
    const Names write{"collection", "vector", "vectors", "ids", "metadata", "durability", "import"};
    Names search{"collection", "vector", "vectors",       "like",        "limit",      "ef_search", "metric",
                 "filter",     "exact",  "with_metadata", "with_vector", "timeout_ms", "explain"};
    Names range = search;
    range.push_back("max_distance");
    search.push_back("group_similar");
    static const std::vector<Operation> all{
        {"collection.create",
         {"collection", "dimension", "metric", "algorithm", "preset", "parameters", "exist_ok"},
         {},
         create_collection,
         false,
         Changes::one},
        {"collection.list", {}, {}, list_collections},
        {"collection.info", {"collection"}, {}, collection_info},
        {"collection.delete",
         {"collection", "missing_ok", "empty"},
         {},
         delete_collection,
         false,
         Changes::one},
        {"collection.configure", {"collection", "parameters"}, {}, configure_collection, false, Changes::one},
        {"collection.optimize", {"collection", "wait"}, {}, optimize_collection, true},
        {"collection.reindex",
         {"collection", "preset", "algorithm", "parameters"},
         {},
         reindex_collection,
         true},
        {"collection.check", {"collection", "repair"}, {}, check_collection, true, Changes::any},
        {"collection.check_status", {"collection"}, {}, check_status},
        {"collection.snapshot", {"collection", "snapshot", "exist_ok"}, {}, make_snapshot, true},
        {"collection.snapshots", {"collection"}, {}, list_snapshots},
        {"collection.snapshot_delete", {"collection", "snapshot", "missing_ok"}, {}, delete_snapshot},
        {"collection.restore",
         {"collection", "snapshot", "as", "replace"},
         {},
         restore_collection,
         true,
         Changes::any},
        {"snapshot.files", {"collection", "snapshot"}, {}, snapshot_files},
        {"snapshot.read", {"collection", "snapshot", "file", "offset", "bytes"}, {}, read_snapshot},
        {"restore.begin", {"collection", "replace"}, {}, begin_restore},
        {"restore.write", {"restore", "file", "offset"}, {"data"}, write_restore},
        {"restore.commit", {"restore"}, {}, commit_restore, true, Changes::any},
        {"restore.abort", {"restore"}, {}, abort_restore},
        {"insert", write, {"vectors", "ids", "metadata"}, insert_points},
        {"upsert", write, {"vectors", "ids", "metadata"}, upsert_points},
        {"import.status", {"collection", "key"}, {}, import_status},
        {"get", {"collection", "ids", "with_vector"}, {"ids"}, get_points},
        {"delete", {"collection", "ids", "durability"}, {"ids"}, delete_points},
        {"update_metadata", {"collection", "id", "metadata", "replace"}, {}, update_metadata},
        {"search", search, {"vectors"}, search_nearest},
        {"search_range", range, {"vectors"}, search_range},
        {"scroll", {"collection", "cursor", "limit", "filter", "with_vector"}, {}, scroll_points},
        {"stats", {"collection", "queries", "threads"}, {}, report_stats},
        {"io_stats", {"collection"}, {}, report_io},
        {"health", {}, {}, report_health},
        {"watch", {"collection", "history_s"}, {}, report_snapshot},
        {"metrics", {}, {}, report_metrics},
        {"alerts", {}, {}, report_alerts},
        {"mount.status", {}, {}, mount_status},
        {"mount.mount", {"directory", "backend"}, {}, mount_tree, true},
        {"mount.unmount", {}, {}, unmount_tree, true},
    };
    return all;
}

Result<const Operation*> operation_of(const Request& request) {
    VEXFS_ASSIGN(const std::string name, request.string("op"));
    const auto found = std::ranges::find(operations(), name, &Operation::name);
    if (found != operations().end()) return &*found;
    Names known;
    for (const Operation& operation : operations()) known.push_back(operation.name);
    return fail(ErrorCode::invalid_argument, fmt::format("there is no operation {}", excerpt(name)),
                did_you_mean(name, known));
}

Result<void> check_names(const Operation& operation, const Request& request) {
    const auto contains = [](const Names& names, std::string_view name) {
        return std::find(names.begin(), names.end(), name) != names.end();
    };
    for (const auto& [field, value] : request.header.items()) {
        if (field == "op" || field == "arrays" || contains(operation.fields, field)) continue;
        return fail(ErrorCode::invalid_argument,
                    fmt::format("operation {} has no field {}", operation.name, excerpt(field)),
                    did_you_mean(field, operation.fields));
    }
    for (const ArrayView& array : request.arrays) {
        if (contains(operation.arrays, array.name)) continue;
        return fail(ErrorCode::invalid_argument,
                    fmt::format("operation {} has no array {}", operation.name, excerpt(array.name)),
                    did_you_mean(array.name, operation.arrays));
    }
    return {};
}

// Tells those who listen, however the operation has ended.
class Telling {
  public:
    Telling(CollectionsListeners& listeners, const Operation& operation, const json& header)
        : listeners_(listeners), changes_(operation.changes) {
        if (changes_ != Changes::one) return;
        const auto name = header.find("collection");
        if (name != header.end() && name->is_string()) name_ = name->get<std::string>();
        // Such a request changes nothing.
        if (name_.empty()) changes_ = Changes::none;
    }
    ~Telling() {
        if (changes_ == Changes::one)
            listeners_.each([this](CollectionsListener& each) { each.collection_changed(name_); });
        if (changes_ == Changes::any)
            listeners_.each([](CollectionsListener& each) { each.collections_changed(); });
    }
    Telling(const Telling&) = delete;
    Telling& operator=(const Telling&) = delete;

  private:
    CollectionsListeners& listeners_;
    Changes changes_;
    std::string name_;
};

Result<Message> run(ServiceContext& context, const Message& message, const Caller& caller) {
    if (!message.header.is_object()) {
        return fail(ErrorCode::malformed, "the request is not a JSON object");
    }
    Request request{message.header, {}, message.text, caller};
    VEXFS_ASSIGN(request.arrays, arrays_of(message));
    VEXFS_ASSIGN(const Operation* const operation, operation_of(request));
    VEXFS_TRY(check_names(*operation, request));
    std::optional<Waiting> beside;
    if (operation->is_long) beside.emplace();
    const Telling telling(context.listeners, *operation, request.header);
    return operation->run(context, request);
}

// What libraries throw ends here.
Result<Message> run_guarded(ServiceContext& context, const Message& message, const Caller& caller) {
    try {
        return run(context, message, caller);
    } catch (const std::bad_alloc&) {
        return fail(ErrorCode::too_large, "there is not enough memory for this request",
                    "ask for less at a time");
    } catch (const json::exception& error) {
        return fail(ErrorCode::malformed, fmt::format("the request can't be read: {}", error.what()));
    } catch (const std::exception& error) {
        return fail(ErrorCode::internal, fmt::format("the request failed: {}", error.what()));
    }
}

}  // namespace

struct Service::State {
    explicit State(Store& used_store) : store(used_store), behind(used_store) {}

    Store& store;
    const std::chrono::steady_clock::time_point started = std::chrono::steady_clock::now();
    MountControl* mounts_now() {
        const std::lock_guard lock(mutex);
        return mounts;
    }

    std::mutex mutex;  // guards what follows, to generations
    std::shared_ptr<const ServiceOptions> options;
    MountControl* mounts = nullptr;
    std::shared_ptr<GenerationBoard> generations;
    CollectionsListeners listeners;
    OptimizeBehind behind;
    Checks checks;
    QueryCache cache;
    QueryTimes times;
    Sampler sampler{store, times, cache};
};

Service::Service(Store& store, ServiceOptions options) : state_(std::make_unique<State>(store)) {
    set_options(std::move(options));
}

Service::~Service() = default;

Message Service::handle(const Message& request, const Caller& caller) {
    ServiceContext context{state_->store,
                           nullptr,
                           state_->started,
                           [this](const std::string& name) { state_->behind.add(name); },
                           [this] { return !state_->behind.stopped(); },
                           state_->checks,
                           state_->cache,
                           state_->times,
                           state_->sampler,
                           state_->listeners,
                           nullptr,
                           nullptr};
    {
        const std::lock_guard lock(state_->mutex);
        context.options = state_->options;
        context.mounts = state_->mounts;
        context.generations = state_->generations;
    }
    Result<Message> answered = run_guarded(context, request, caller);
    Message reply = answered ? std::move(*answered) : error_message(answered.error());
    if (answered) reply.header["ok"] = true;
    reply.text = request.text;
    return reply;
}

bool Service::lacks_collection(const nlohmann::json& header) {
    if (!header.is_object() || header.contains("collection")) return false;
    const auto op = header.find("op");
    if (op == header.end() || !op->is_string()) return false;
    const auto found = std::ranges::find(operations(), op->get_ref<const std::string&>(), &Operation::name);
    return found != operations().end() &&
           std::ranges::find(found->fields, "collection") != found->fields.end();
}

void Service::set_options(ServiceOptions options) {
    state_->cache.set_limits(options.cache);
    auto shared = std::make_shared<const ServiceOptions>(std::move(options));
    const std::lock_guard lock(state_->mutex);
    state_->options = std::move(shared);
}

void Service::set_mounts(MountControl* mounts) {
    const std::lock_guard lock(state_->mutex);
    state_->mounts = mounts;
}

void Service::set_generations(std::shared_ptr<GenerationBoard> generations) {
    const std::lock_guard lock(state_->mutex);
    state_->generations = std::move(generations);
}

CollectionsListeners& Service::listeners() {
    return state_->listeners;
}

void Service::set_watch_sources(WatchSources sources) {
    state_->sampler.set_sources(std::move(sources));
}

void Service::keep_alerts(const std::vector<KeptAlert>& raised) {
    state_->sampler.keep_alerts(raised);
}

void Service::set_alert_rules(std::vector<AlertRule> rules) {
    state_->sampler.set_alert_rules(std::move(rules));
}

std::shared_ptr<const Snapshot> Service::sample() {
    return state_->sampler.take(state_->mounts_now());
}

std::string Service::metrics() {
    return to_prometheus(*state_->sampler.look(state_->mounts_now()),
                         [](const std::string&) { return true; });
}

void Service::interrupt() {
    state_->behind.stop();
}

}  // namespace vexfs
