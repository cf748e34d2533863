// SPDX-License-Identifier: Apache-2.0
// vectors.npy, ids.npy and metadata.jsonl: a collection's points as files that never change.
//
// Each state of the points is a file of its own behind the same name. Who looks the name up gets the state of
// now, and who opens it, a view of that state; files that are open stay what they are.
#pragma once

#include <ctime>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "engine/collection/collection.h"
#include "vexfsd/tree/memory_budget.h"
#include "vexfsd/tree/node.h"
#include "vexfsd/tree/open_file.h"

namespace vexfs {

// One state of a collection's points. Thread-safe.
class PointsFile {
  public:
    PointsFile(const std::shared_ptr<Collection>& collection, const PointsState& state);

    const PointsState& state() const { return state_; }
    timespec changed() const { return changed_; }
    uint64_t size(Role role) const;

    // A view, with the collection that it must not outlive.
    struct View {
        View(std::shared_ptr<Collection> of, PointView made, MemoryBudget& budget);
        std::shared_ptr<Collection> collection;
        PointView points;
        MemoryBudget::Share share;
    };
    // The one that is there, or a new one. ESTALE where the points have changed.
    Outcome<std::shared_ptr<const View>> view(Role role, MemoryBudget& budget) const;
    // As `made`, which is of this state.
    void set_view(Role role, const std::shared_ptr<const View>& made) const;

  private:
    const std::weak_ptr<Collection> collection_;
    const PointsState state_;
    const uint32_t dimension_;
    timespec changed_{};
    mutable std::mutex mutex_;
    mutable std::map<Role, std::weak_ptr<const View>> views_;
};

// The states of now, collection by collection. Thread-safe.
class PointsFiles {
  public:
    explicit PointsFiles(MemoryBudget& budget) : budget_(budget) {}

    Outcome<std::shared_ptr<const PointsFile>> look_up(const std::string& name, Role role,
                                                       const std::shared_ptr<Collection>& collection);
    // ESTALE where the points have changed since the node was looked up. The next look-up brings a node that
    // can be opened, however fast others write.
    Outcome<std::unique_ptr<OpenFile>> open(const Node& node);
    void forget(const std::string& name);

  private:
    struct Current {
        std::shared_ptr<const PointsFile> file;
        std::map<Role, unsigned> missed;                            // look-ups of opens that came too late
        std::deque<std::shared_ptr<const PointsFile::View>> ready;  // for those who try again
    };

    MemoryBudget& budget_;
    std::mutex mutex_;
    std::map<std::string, Current> current_;
};

}  // namespace vexfs
