// SPDX-License-Identifier: Apache-2.0
// What a later daemon must know of a mount to go on with it: how the kernel began, and what is open.
//
// It is a file in memory (memfd_create), which outlives the process where somebody else has its descriptor,
// also after a SIGKILL: what is noted is there at once. It begins with a page of struct Head (ledger.cpp); a
// table of open files and directories follows, each at its own place, and behind it lie the requests that a
// daemon had taken when it ended and left to the next one.
//
// Thread-safe, but for adopting and leaving.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/unique_fd.h"
#include "vexfsd/requests/service.h"
#include "vexfsd/tree/node.h"
#include "vexfsd/tree/outcome.h"
#include "vexfsd/tree/points_file.h"

namespace vexfs::fuse {

// A request that the kernel gives again has this bit beside the number that it had.
inline constexpr uint64_t resent_bit = uint64_t{1} << 63;

// What of an open file would be lost with its daemon: nothing, what one request wrote, what several wrote, or
// what the reply to one request tells, which is under way.
class Effect {
  public:
    static constexpr Effect none() { return Effect(0); }
    static constexpr Effect of(uint64_t request) { return Effect(request & ~resent_bit); }
    static constexpr Effect of_several() { return Effect(~uint64_t{0}); }
    static constexpr Effect told_by(uint64_t request) { return Effect(request | resent_bit); }
    constexpr explicit Effect(uint64_t bits) : bits_(bits) {}

    // Whether something is lost, for the next daemon, which gets this request for the file first.
    bool lost_to(uint64_t request, bool writes) const;
    // Whether something is on its way that a daemon should wait for before it ends.
    bool pending() const { return bits_ != 0 && ((bits_ & resent_bit) == 0 || *this == of_several()); }
    uint64_t bits() const { return bits_; }
    friend bool operator==(const Effect&, const Effect&) = default;

  private:
    uint64_t bits_;
};

// An open file or directory.
struct OpenRecord {
    uint64_t opened_by = 0;  // the request
    uint64_t number = 0;     // of the inode
    Role role = Role::root;
    std::string collection;
    uint64_t point = 0;
    PointsState points;  // of files that show points
    int flags = 0;       // as of open(2)
    Caller caller;
};

class Ledger {
  public:
    static Result<std::unique_ptr<Ledger>> make();
    // Of a daemon before; malformed where it is none of ours.
    static Result<std::unique_ptr<Ledger>> adopt(UniqueFd descriptor);
    ~Ledger();
    Ledger(const Ledger&) = delete;
    Ledger& operator=(const Ledger&) = delete;

    int descriptor() const { return descriptor_.get(); }

    // Where it is mounted, and the kernel's first request, FUSE_INIT; too_large where that is not one.
    Result<void> describe(const std::string& directory, std::span<const std::byte> first_request);
    std::string directory() const;
    // Why the mount is one by FUSE and not another, cut off where that is long; empty where FUSE was wanted.
    void explain(std::string_view why);
    std::string why() const;
    std::vector<std::byte> first_request() const;

    // Its handle, which is not 0; 0 where there is no place left.
    uint64_t note(const OpenRecord& record);
    void erase(uint64_t handle);
    struct Noted {
        uint64_t handle = 0;
        OpenRecord record;
        Effect effect = Effect::none();
    };
    std::vector<Noted> noted() const;

    Effect effect(uint64_t handle) const;
    // Unless it was changed meanwhile.
    bool change_effect(uint64_t handle, Effect from, Effect to);
    // Before a request writes to the file; what there was before.
    Effect begin(uint64_t handle, uint64_t request);
    bool any_pending() const;

    // The daemon ends and nobody else uses the ledger: all that is in work is answered, but for these
    // requests, which nobody has begun. Without it, whoever adopts it knows that its daemon was killed.
    Result<void> leave(const std::vector<std::vector<std::byte>>& requests);
    // What was left; none after a daemon that was killed.
    std::optional<std::vector<std::vector<std::byte>>> take_left();

  private:
    struct Head;
    struct Place;

    explicit Ledger(UniqueFd descriptor) : descriptor_(std::move(descriptor)) {}
    Result<void> map();
    Place& place_of(uint64_t handle) const;

    UniqueFd descriptor_;
    Head* head_ = nullptr;
    Place* places_ = nullptr;
    mutable std::mutex mutex_;    // guards what follows, and the places but for their effects
    std::vector<uint32_t> free_;  // places that were in use
};

}  // namespace vexfs::fuse
