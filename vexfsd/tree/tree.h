// SPDX-License-Identifier: Apache-2.0
// Collections as files and directories: names, attributes, permissions and open files, for whoever serves
// them to the kernel. See node.h for what there is and vexfs(7) for what it does.
//
// What is asked for by a program goes through the service as a request of that program's user; only names and
// attributes come from the store directly. Permissions are checked here, also where the kernel does that
// before.
//
// Thread-safe. Functions whose name says that they change something may take as long as a request does.
#pragma once

#include <sys/statvfs.h>

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vexfsd/requests/service.h"
#include "vexfsd/tree/attributes.h"
#include "vexfsd/tree/directory.h"
#include "vexfsd/tree/memory_budget.h"
#include "vexfsd/tree/node.h"
#include "vexfsd/tree/open_file.h"
#include "vexfsd/tree/options.h"
#include "vexfsd/tree/points_file.h"

namespace vexfs {

inline constexpr size_t node_name_bytes_max = 255;

class Tree {
  public:
    struct OpenAs {
        bool read = false, write = false;
        bool truncate = false;
    };
    struct Change {
        std::optional<uint32_t> mode, uid, gid;
    };

    // Removes what an earlier daemon left in the spool directory.
    static Result<std::unique_ptr<Tree>> make(Store& store, Service& service, const TreeOptions& options);
    // Holds for what comes after.
    void set_options(const TreeOptions& options);
    // Who is to know of collections that come, go and change, as long as it lives.
    void listen(const std::shared_ptr<CollectionsListener>& listener);
    // Where those look who keep replies for it; null for nowhere.
    void set_generations(std::shared_ptr<GenerationBoard> generations);

    Outcome<Node> look_up(const Node& directory, std::string_view name);
    Outcome<Attributes> attributes(const Node& node);
    Outcome<std::unique_ptr<OpenDirectory>> open_directory(const Node& directory, const Caller& caller);
    Outcome<std::unique_ptr<OpenFile>> open(const Node& node, const Caller& caller, const OpenAs& as);
    // What was open with an earlier daemon: what was allowed then is allowed still, and what was written to
    // it and had no effect yet is lost.
    Outcome<std::unique_ptr<OpenFile>> open_again(const Node& node, const Caller& caller, const OpenAs& as);
    // The node of points as they were with an earlier daemon; ESTALE where they have changed.
    Outcome<Node> node_again(Role role, const std::string& collection, const PointsState& state);
    // The one with that number, of those that every daemon has: none of points, files and states of points.
    std::optional<Node> find_by_number(uint64_t number) const;
    struct Created {
        Node node;
        std::unique_ptr<OpenFile> file;
    };
    Outcome<Created> create(const Node& directory, std::string_view name, uint32_t mode, const Caller& caller,
                            const OpenAs& as);

    // `mode` can only take away from what the configuration gives a collection.
    Outcome<Node> make_directory(const Node& directory, std::string_view name, uint32_t mode,
                                 const Caller& caller);
    Outcome<void> remove_directory(const Node& directory, std::string_view name, const Caller& caller);
    Outcome<void> remove_file(const Node& directory, std::string_view name, const Caller& caller);
    Outcome<void> change(const Node& node, const Change& change, const Caller& caller);

    // ENODATA where there is no such attribute.
    Outcome<std::string> attribute(const Node& node, std::string_view name, const Caller& caller);
    Outcome<std::vector<std::string>> attribute_names(const Node& node, const Caller& caller);
    // None takes it away.
    Outcome<void> change_attribute(const Node& node, std::string_view name,
                                   std::optional<std::string_view> value, const Caller& caller);

    // Of the disk that holds the collections.
    Outcome<struct statvfs> space() const;

    // Something of the node failed, with no way to say why: user.vexfs.error says it from now on.
    void note_failure(const Node& node, const Failure& failure);

  private:
    struct Found {
        std::shared_ptr<Collection> collection;
        Schema schema;
    };

    Tree(Store& store, Service& service, const TreeOptions& options);
    TreeOptions options() const;
    Outcome<Found> find(const std::string& collection) const;
    Outcome<void> require(const Node& node, const Caller& caller, uint32_t bits);
    Outcome<std::unique_ptr<OpenFile>> open_permitted(const Node& node, const Caller& caller,
                                                      const OpenAs& as, bool must_exist);
    Outcome<std::unique_ptr<OpenFile>> open_point(const Node& node, const Caller& caller, bool must_exist);
    std::unique_ptr<OpenFile> open_config(const Node& node, const Caller& caller);
    std::unique_ptr<OpenFile> open_report(const Node& node, const Caller& caller);
    Outcome<std::unique_ptr<OpenFile>> open_import(const Node& node, const Caller& caller, bool to_write);
    Outcome<Created> create_import(const Node& directory, std::string_view name, uint32_t mode,
                                   const Caller& caller);
    std::shared_ptr<ImportSpool> find_import(const std::string& collection, std::string_view name);
    void forget_old_imports();  // under mutex_
    Outcome<std::string> point_metadata(const Node& node, const Caller& caller);

    Store& store_;
    Service& service_;
    MemoryBudget budget_;
    PointsFiles points_;
    timespec started_{};
    std::atomic<uint64_t> serial_ = 0;

    mutable std::mutex mutex_;  // guards what follows
    TreeOptions options_;
    std::map<std::pair<std::string, std::string>, std::shared_ptr<ImportSpool>> imports_;
    std::map<std::pair<std::string, Role>, std::string> failures_;
};

}  // namespace vexfs
