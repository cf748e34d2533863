// SPDX-License-Identifier: Apache-2.0
// What a collection should hold, kept in the plainest way, and the steps that change both.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "engine/collection/local_collection.h"

namespace vexfs::test {

inline constexpr uint32_t model_dimension = 4;
inline constexpr uint64_t import_key = 77;

struct Model {
    struct Value {
        std::vector<float> vector;
        std::string metadata;
        bool operator==(const Value&) const = default;
    };
    std::map<uint64_t, Value> points;
    uint64_t imported_rows = 0;
    // That an insert without ids may assign first; more than one where a recovery left it open.
    std::set<uint64_t> next_ids{0};

    // All but next_ids, which show at the next insert.
    bool looks_like(const Model& other) const {
        return points == other.points && imported_rows == other.imported_rows;
    }
    std::string text() const;
};

// What the collection says that it holds; internal where its answers contradict each other.
Result<Model> read_back(const Collection& collection);

enum class Action {
    insert_one,
    insert_many,
    upsert,
    erase,
    import_rows,
    metadata,
    configure,
    sync_behind,
    reclaim,
    reindex,
    snapshot  // by a History that has the disk
};

struct Step {
    Action action;
    Durability durability = Durability::group;  // metadata have the collection's
};
std::string text_of(const std::vector<Step>& steps);
// One of each action with each durability, but no snapshot.
const std::vector<Step>& all_steps();

// The steps done to one collection and what is certain since.
class History {
  public:
    // Snapshots are made on `disk`.
    explicit History(Model start, uint32_t gid = 0, Disk* disk = nullptr)
        : disk_(disk), states_{std::move(start)}, gids_{gid} {}

    // Does the step to the collection. An error is that of the collection, or internal where a success is not
    // what the model expects. `number` makes its vectors and names differ from those of other steps.
    Result<void> perform(LocalCollection& collection, const Step& step, uint64_t number);

    // After a step failed: what the collection shows is the state before it or after it, and with that it
    // goes on. internal where it shows something else.
    Result<void> go_on_after(const Error& error, const LocalCollection& collection);

    // What a recovered collection holds, if that is a state which a recovery may find: all that is certain,
    // and of the rest some steps from the first on, each whole. internal where it is not.
    Result<Model> recovered(const LocalCollection& collection) const;
    // That all snapshots so far are on a disk as they were made.
    Result<void> check_snapshots(Disk& disk) const;
    const Model& now() const { return states_.back(); }  // that the collection shows

  private:
    Result<void> configure(LocalCollection& collection, uint64_t number);
    Result<void> write(LocalCollection& collection, const Step& step, uint64_t number);
    Result<void> snapshot(LocalCollection& collection, uint64_t number);

    Disk* disk_;
    std::vector<Model> states_;               // from the last one that is certain to be on the disk
    std::vector<Model> attempted_;            // a step under way, and those that failed with no success since
    std::set<uint32_t> gids_;                 // that a recovery may find
    std::map<std::string, Model> snapshots_;  // by directory
};

}  // namespace vexfs::test
