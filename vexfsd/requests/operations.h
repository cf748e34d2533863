// SPDX-License-Identifier: Apache-2.0
// The operations behind Service::handle, a file per group, and what they have in common. The one table of
// them is in service.cpp.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "vexfsd/requests/checks.h"
#include "vexfsd/requests/collections_listener.h"
#include "vexfsd/requests/mounts.h"
#include "vexfsd/requests/query_cache.h"
#include "vexfsd/requests/query_times.h"
#include "vexfsd/requests/request.h"
#include "vexfsd/requests/sampler.h"

namespace vexfs {

// Most hits of one search request, all its queries together.
inline constexpr uint64_t reply_hits_max = 1 << 20;
// Most components of vectors in one reply: as JSON, and as an array of the body.
inline constexpr uint64_t reply_json_values_max = 1 << 24;
inline constexpr uint64_t reply_values_max = 1 << 26;
// A reply's metadata may come to about that much.
inline constexpr uint64_t reply_metadata_bytes_max = uint64_t{256} << 20;
inline constexpr uint64_t get_ids_max = 100'000;
inline constexpr uint64_t snapshot_read_bytes_max = uint64_t{64} << 20;  // of one request

struct ServiceContext {
    Store& store;
    std::shared_ptr<const ServiceOptions> options;
    std::chrono::steady_clock::time_point started;
    // Indexes what a collection has not indexed, behind the reply.
    std::function<void(const std::string& collection)> optimize_behind;
    // False once the service is to stop.
    std::function<bool()> running;
    Checks& checks;
    QueryCache& cache;
    QueryTimes& times;
    Sampler& sampler;
    CollectionsListeners& listeners;
    MountControl* mounts;                          // null where nothing can be mounted
    std::shared_ptr<GenerationBoard> generations;  // null where nobody keeps replies
};

enum class Wants { read, write, own };

// permission_denied unless the collection grants it.
Result<void> check_access(const Caller& caller, const std::string& collection, const Access& access,
                          Wants wants);
bool may_read(const Caller& caller, const Access& access);
bool is_powerful(const Caller& caller);

struct FoundCollection {
    std::string name;
    std::shared_ptr<Collection> collection;
    Schema schema;
};
// The one that the request's field "collection" names, if the caller may do what it wants.
Result<FoundCollection> find_collection(ServiceContext& context, const Request& request, Wants wants);

// The access of a collection that the caller restores: as it was for who may do everything and for its owner,
// else the caller's own with the mode it had. permission_denied where it is to replace one that the caller
// may not delete.
Result<std::optional<Access>> restored_access(const ServiceContext& context, const Caller& caller,
                                              const std::string& name, bool replace,
                                              const std::optional<Access>& had);
// A preset's schema, an algorithm's with its defaults, or the daemon's own; both may be named where they
// agree.
Result<Schema> named_settings(const ServiceContext& context, const std::optional<std::string>& preset,
                              const std::optional<std::string>& algorithm);
Message info_reply(const Collection& collection);

Result<Message> create_collection(ServiceContext& context, const Request& request);
Result<Message> list_collections(ServiceContext& context, const Request& request);
Result<Message> collection_info(ServiceContext& context, const Request& request);
Result<Message> delete_collection(ServiceContext& context, const Request& request);
Result<Message> configure_collection(ServiceContext& context, const Request& request);
Result<Message> optimize_collection(ServiceContext& context, const Request& request);
Result<Message> reindex_collection(ServiceContext& context, const Request& request);
Result<Message> check_collection(ServiceContext& context, const Request& request);
Result<Message> check_status(ServiceContext& context, const Request& request);

Result<Message> make_snapshot(ServiceContext& context, const Request& request);
Result<Message> list_snapshots(ServiceContext& context, const Request& request);
Result<Message> delete_snapshot(ServiceContext& context, const Request& request);
Result<Message> restore_collection(ServiceContext& context, const Request& request);
Result<Message> snapshot_files(ServiceContext& context, const Request& request);
Result<Message> read_snapshot(ServiceContext& context, const Request& request);

Result<Message> begin_restore(ServiceContext& context, const Request& request);
Result<Message> write_restore(ServiceContext& context, const Request& request);
Result<Message> commit_restore(ServiceContext& context, const Request& request);
Result<Message> abort_restore(ServiceContext& context, const Request& request);

Result<Message> insert_points(ServiceContext& context, const Request& request);
Result<Message> upsert_points(ServiceContext& context, const Request& request);
Result<Message> import_status(ServiceContext& context, const Request& request);
Result<Message> get_points(ServiceContext& context, const Request& request);
Result<Message> delete_points(ServiceContext& context, const Request& request);
Result<Message> update_metadata(ServiceContext& context, const Request& request);
Result<Message> scroll_points(ServiceContext& context, const Request& request);

Result<Message> search_nearest(ServiceContext& context, const Request& request);
Result<Message> search_range(ServiceContext& context, const Request& request);

Result<Message> report_stats(ServiceContext& context, const Request& request);
Result<Message> report_io(ServiceContext& context, const Request& request);
Result<Message> report_health(ServiceContext& context, const Request& request);
Result<Message> report_snapshot(ServiceContext& context, const Request& request);
Result<Message> report_alerts(ServiceContext& context, const Request& request);
Result<Message> report_metrics(ServiceContext& context, const Request& request);

Result<Message> mount_status(ServiceContext& context, const Request& request);
Result<Message> mount_tree(ServiceContext& context, const Request& request);
Result<Message> unmount_tree(ServiceContext& context, const Request& request);

// Stored metadata for a reply, null for none.
nlohmann::json metadata_json(const std::string& text);

// [{id, name, state, user_s, system_s, waits}] of this process.
nlohmann::json threads_json();

// [{"name","error":{"code","message"}}]
nlohmann::json quarantined_json(const Store& store);

// The points of a reply, and their vectors: in each of them for a text request, else as one array.
void put_points(Message& reply, const Request& request, const std::vector<Point>& points, uint32_t dimension,
                bool with_vector);

}  // namespace vexfs
