// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/tree/points_file.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "engine/formats/npy_header.h"

namespace vexfs {
namespace {

// Views that wait for those who look a name up a second time; who gets none there tries once more in vain.
constexpr size_t ready_max = 16;
// The kernel looks up the entry that it has, and as that is another now, the name anew.
constexpr unsigned lookups_of_a_retry = 2;

ViewOf view_of(Role role) {
    return role == Role::vectors ? ViewOf::vectors : role == Role::ids ? ViewOf::ids : ViewOf::metadata;
}

bool same(const PointsState& a, const PointsState& b) {
    return a.instance == b.instance && a.version == b.version;
}

Outcome<std::shared_ptr<const PointsFile::View>> make_view(std::shared_ptr<Collection> collection, Role role,
                                                           MemoryBudget& budget) {
    PointView points = collection->view(view_of(role));
    const auto view = std::make_shared<PointsFile::View>(std::move(collection), std::move(points), budget);
    VEXFS_TREE_TRY(view->share.resize(view->points.memory_bytes()));
    return view;
}

class OpenPointsFile final : public OpenFile {
  public:
    OpenPointsFile(std::string header, std::shared_ptr<const PointsFile::View> view)
        : header_(std::move(header)), view_(std::move(view)) {}

    Outcome<size_t> read(uint64_t offset, std::span<std::byte> bytes) override {
        size_t done = 0;
        if (offset < header_.size()) {
            done = std::min(bytes.size(), header_.size() - offset);
            std::memcpy(bytes.data(), header_.data() + offset, done);
        }
        const uint64_t at = offset + done - header_.size();
        const uint64_t end = view_->points.bytes();
        if (done < bytes.size() && at < end) {
            const size_t count = std::min<uint64_t>(bytes.size() - done, end - at);
            view_->points.read(at, bytes.subspan(done, count));
            done += count;
        }
        return done;
    }
    Outcome<size_t> write(uint64_t, std::span<const std::byte>) override {
        return refuse(EBADF, "the file shows points, it takes none");
    }
    Outcome<void> truncate(uint64_t) override { return refuse(EPERM, "the file shows points"); }
    bool never_changes() const override { return true; }
    std::optional<Backing> backing(size_t pieces_max) const override {
        Backing backing{header_, view_->points.pieces(pieces_max)};
        if (backing.pieces.empty()) return std::nullopt;
        return backing;
    }

  private:
    const std::string header_;
    const std::shared_ptr<const PointsFile::View> view_;
};

std::string header_of(Role role, uint64_t points, uint32_t dimension) {
    const std::array<uint64_t, 2> shape{points, dimension};
    switch (role) {
        case Role::vectors: return formats::make_npy_header("<f4", shape);
        case Role::ids: return formats::make_npy_header("<u8", std::span(shape).first(1));
        default: return {};
    }
}

}  // namespace

PointsFile::View::View(std::shared_ptr<Collection> of, PointView made, MemoryBudget& budget)
    : collection(std::move(of)), points(std::move(made)), share(budget, [] {}) {}

PointsFile::PointsFile(const std::shared_ptr<Collection>& collection, const PointsState& state)
    : collection_(collection), state_(state), dimension_(collection->schema().dimension) {
    clock_gettime(CLOCK_REALTIME, &changed_);
}

uint64_t PointsFile::size(Role role) const {
    switch (role) {
        case Role::vectors: return formats::npy_header_bytes + state_.points * dimension_ * sizeof(float);
        case Role::ids: return formats::npy_header_bytes + state_.points * sizeof(uint64_t);
        default: return state_.metadata_bytes + state_.points;
    }
}

Outcome<std::shared_ptr<const PointsFile::View>> PointsFile::view(Role role, MemoryBudget& budget) const {
    const std::lock_guard lock(mutex_);
    if (auto there = views_[role].lock()) return there;
    auto collection = collection_.lock();
    if (!collection || !same(collection->points_state(), state_))
        return refuse(ESTALE, "the points have changed");
    VEXFS_TREE_ASSIGN(auto made, make_view(std::move(collection), role, budget));
    if (!same(made->points.state(), state_)) return refuse(ESTALE, "the points have changed");
    views_[role] = made;
    return made;
}

void PointsFile::set_view(Role role, const std::shared_ptr<const View>& made) const {
    const std::lock_guard lock(mutex_);
    views_[role] = made;
}

Outcome<std::shared_ptr<const PointsFile>> PointsFiles::look_up(
    const std::string& name, Role role, const std::shared_ptr<Collection>& collection) {
    const PointsState state = collection->points_state();
    std::unique_lock lock(mutex_);
    Current& current = current_[name];
    if (current.missed[role] != 0) {
        --current.missed[role];
        lock.unlock();
        VEXFS_TREE_ASSIGN(auto made, make_view(collection, role, budget_));
        const auto file = std::make_shared<const PointsFile>(collection, made->points.state());
        file->set_view(role, made);
        lock.lock();
        Current& again = current_[name];
        again.file = file;
        again.ready.push_back(std::move(made));
        if (again.ready.size() > ready_max) again.ready.pop_front();
        return file;
    }
    if (!current.file || !same(current.file->state(), state))
        current.file = std::make_shared<const PointsFile>(collection, state);
    return current.file;
}

Outcome<std::unique_ptr<OpenFile>> PointsFiles::open(const Node& node) {
    auto view = node.state->view(node.role, budget_);
    {
        const std::lock_guard lock(mutex_);
        Current& current = current_[node.collection];
        if (view) {
            std::erase(current.ready, *view);
        } else if (view.error().number == ESTALE) {
            current.missed[node.role] += lookups_of_a_retry;
        }
    }
    VEXFS_TREE_TRY(view);
    const uint32_t dimension = (*view)->collection->schema().dimension;
    return std::make_unique<OpenPointsFile>(header_of(node.role, node.state->state().points, dimension),
                                            *view);
}

void PointsFiles::forget(const std::string& name) {
    const std::lock_guard lock(mutex_);
    current_.erase(name);
}

}  // namespace vexfs
