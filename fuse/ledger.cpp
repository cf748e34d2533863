// SPDX-License-Identifier: Apache-2.0
#include "fuse/ledger.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <climits>
#include <cstring>

#include "engine/collection/schema.h"
#include "vexfsd/tree/kinds.h"

namespace vexfs::fuse {
namespace {

constexpr std::array<char, 8> magic{'V', 'X', 'F', 'L', 'E', 'D', 'G', '1'};
constexpr size_t first_request_bytes_max = 256;
constexpr size_t why_bytes_max = 2048;
constexpr size_t groups_max = 256;
constexpr size_t head_bytes = 8192;
constexpr uint32_t places_max = 1u << 20;
constexpr unsigned place_bits = 20;  // of a handle; a serial number stands above them
constexpr size_t requests_left_max = 1u << 20;

template <class T>
std::atomic_ref<T> shared(T& value) {
    return std::atomic_ref<T>(value);
}

tl::unexpected<Error> damaged(const char* what) {
    return fail(ErrorCode::malformed, fmt::format("the ledger of the mount is damaged: {}", what));
}

Result<void> put(int file, const void* bytes, size_t count, uint64_t offset) {
    const auto* from = static_cast<const char*>(bytes);
    while (count > 0) {
        const ssize_t done = pwrite(file, from, count, static_cast<off_t>(offset));
        if (done < 0 && errno == EINTR) continue;
        if (done < 0) return fail_errno("write the ledger of the mount", errno);
        from += done;
        offset += static_cast<uint64_t>(done);
        count -= static_cast<size_t>(done);
    }
    return {};
}

bool get(int file, void* bytes, size_t count, uint64_t offset) {
    return pread(file, bytes, count, static_cast<off_t>(offset)) == static_cast<ssize_t>(count);
}

}  // namespace

struct Ledger::Head {
    std::array<char, 8> magic;
    uint64_t serial;       // of the handle given last
    uint32_t places_used;  // the first so many have been in use
    uint32_t left;         // by a daemon that ended as it should
    uint64_t requests_left;
    uint32_t directory_bytes;
    uint32_t first_request_bytes;
    std::array<char, PATH_MAX> directory;
    std::array<std::byte, first_request_bytes_max> first_request;
    uint32_t why_bytes;
    std::array<char, why_bytes_max> why;
};

struct Ledger::Place {
    uint64_t handle;  // 0 where it is free: written last
    uint64_t effect;
    uint64_t opened_by, number, point;
    uint64_t version, points, metadata_bytes, identity;
    int32_t flags;
    uint32_t kind, uid, gid, group_count, collection_bytes;
    std::array<char, collection_name_bytes_max> collection;
    std::array<uint32_t, groups_max> groups;
};

namespace {

uint64_t table_bytes(size_t place_bytes) {
    return place_bytes * places_max;
}

}  // namespace

bool Effect::lost_to(uint64_t request, bool writes) const {
    if (*this == none()) return false;
    const bool resent = (request & resent_bit) != 0;
    const uint64_t number = request & ~resent_bit;
    if (*this == of_several()) return true;
    if ((bits_ & resent_bit) != 0) return resent && *this == told_by(number);
    return !(resent && writes && *this == of(number));
}

Result<std::unique_ptr<Ledger>> Ledger::make() {
    UniqueFd file(memfd_create("vexfs-ledger", MFD_CLOEXEC));
    if (!file) return fail_errno("make the ledger of the mount", errno);
    if (ftruncate(file.get(), static_cast<off_t>(head_bytes + table_bytes(sizeof(Place)))) != 0)
        return fail_errno("make the ledger of the mount", errno);
    std::unique_ptr<Ledger> ledger(new Ledger(std::move(file)));
    VEXFS_TRY(ledger->map());
    ledger->head_->magic = magic;
    return ledger;
}

Result<std::unique_ptr<Ledger>> Ledger::adopt(UniqueFd descriptor) {
    struct stat status {};
    if (fstat(descriptor.get(), &status) != 0) return fail_errno("look at the ledger of the mount", errno);
    if (!S_ISREG(status.st_mode) ||
        static_cast<uint64_t>(status.st_size) < head_bytes + table_bytes(sizeof(Place)))
        return damaged("its size");
    std::unique_ptr<Ledger> ledger(new Ledger(std::move(descriptor)));
    VEXFS_TRY(ledger->map());
    const Head& head = *ledger->head_;
    if (head.magic != magic) return damaged("its beginning");
    if (head.places_used > places_max || head.directory_bytes > head.directory.size() ||
        head.first_request_bytes > head.first_request.size() || head.why_bytes > head.why.size())
        return damaged("its lengths");
    for (uint32_t i = 0; i < head.places_used; ++i) {
        if (ledger->places_[i].handle == 0) ledger->free_.push_back(i);
    }
    return ledger;
}

Ledger::~Ledger() {
    if (head_ != nullptr) munmap(head_, head_bytes + table_bytes(sizeof(Place)));
}

Result<void> Ledger::map() {
    static_assert(sizeof(Head) <= head_bytes);
    // Pages take memory when they are written to.
    void* const mapped = mmap(nullptr, head_bytes + table_bytes(sizeof(Place)), PROT_READ | PROT_WRITE,
                              MAP_SHARED | MAP_NORESERVE, descriptor_.get(), 0);
    if (mapped == MAP_FAILED) return fail_errno("map the ledger of the mount", errno);
    head_ = static_cast<Head*>(mapped);
    places_ = reinterpret_cast<Place*>(static_cast<std::byte*>(mapped) + head_bytes);
    return {};
}

Ledger::Place& Ledger::place_of(uint64_t handle) const {
    return places_[handle & (places_max - 1)];
}

Result<void> Ledger::describe(const std::string& directory, std::span<const std::byte> first_request) {
    if (directory.size() > head_->directory.size() || first_request.size() > head_->first_request.size())
        return fail(ErrorCode::too_large, "the ledger of the mount takes no such path or first request");
    std::ranges::copy(directory, head_->directory.begin());
    head_->directory_bytes = static_cast<uint32_t>(directory.size());
    std::ranges::copy(first_request, head_->first_request.begin());
    head_->first_request_bytes = static_cast<uint32_t>(first_request.size());
    return {};
}

void Ledger::explain(std::string_view why) {
    head_->why_bytes = 0;
    const size_t bytes = std::min(why.size(), head_->why.size());
    std::copy_n(why.begin(), bytes, head_->why.begin());
    head_->why_bytes = static_cast<uint32_t>(bytes);
}

std::string Ledger::why() const {
    return {head_->why.data(), head_->why_bytes};
}

std::string Ledger::directory() const {
    return {head_->directory.data(), head_->directory_bytes};
}

std::vector<std::byte> Ledger::first_request() const {
    const auto begin = head_->first_request.begin();
    return {begin, begin + head_->first_request_bytes};
}

uint64_t Ledger::note(const OpenRecord& record) {
    const std::lock_guard lock(mutex_);
    uint32_t index = 0;
    if (!free_.empty()) {
        index = free_.back();
        free_.pop_back();
    } else if (head_->places_used < places_max) {
        index = head_->places_used;
        shared(head_->places_used).store(index + 1, std::memory_order_release);
    } else {
        return 0;
    }
    const uint64_t handle = ++head_->serial << place_bits | index;
    Place& place = places_[index];
    shared(place.effect).store(Effect::none().bits(), std::memory_order_relaxed);
    place.opened_by = record.opened_by & ~resent_bit;
    place.number = record.number;
    place.point = record.point;
    place.version = record.points.version;
    place.points = record.points.points;
    place.metadata_bytes = record.points.metadata_bytes;
    place.identity = record.points.identity;
    place.flags = record.flags;
    place.kind = kind_of(record.role);
    place.uid = record.caller.uid;
    place.gid = record.caller.gid;
    place.group_count = static_cast<uint32_t>(std::min(record.caller.groups.size(), groups_max));
    std::copy_n(record.caller.groups.begin(), place.group_count, place.groups.begin());
    place.collection_bytes =
        static_cast<uint32_t>(std::min(record.collection.size(), place.collection.size()));
    std::copy_n(record.collection.begin(), place.collection_bytes, place.collection.begin());
    shared(place.handle).store(handle, std::memory_order_release);
    return handle;
}

void Ledger::erase(uint64_t handle) {
    Place& place = place_of(handle);
    const std::lock_guard lock(mutex_);
    if (place.handle != handle) return;
    shared(place.handle).store(0, std::memory_order_release);
    free_.push_back(static_cast<uint32_t>(&place - places_));
}

std::vector<Ledger::Noted> Ledger::noted() const {
    const std::lock_guard lock(mutex_);
    std::vector<Noted> all;
    for (uint32_t i = 0; i < head_->places_used; ++i) {
        const Place& place = places_[i];
        const auto role = role_of(place.kind);
        if (place.handle == 0 || !role) continue;
        OpenRecord record;
        record.opened_by = place.opened_by;
        record.number = place.number;
        record.role = *role;
        record.collection.assign(place.collection.data(),
                                 std::min<size_t>(place.collection_bytes, place.collection.size()));
        record.point = place.point;
        record.points = {0, place.version, place.points, place.metadata_bytes, place.identity};
        record.flags = place.flags;
        record.caller = {place.uid, place.gid, {}, false};
        const size_t groups = std::min<size_t>(place.group_count, groups_max);
        record.caller.groups.assign(place.groups.begin(), place.groups.begin() + groups);
        all.push_back({place.handle, std::move(record), effect(place.handle)});
    }
    return all;
}

Effect Ledger::effect(uint64_t handle) const {
    return Effect(shared(place_of(handle).effect).load(std::memory_order_acquire));
}

bool Ledger::change_effect(uint64_t handle, Effect from, Effect to) {
    uint64_t before = from.bits();
    return shared(place_of(handle).effect).compare_exchange_strong(before, to.bits());
}

Effect Ledger::begin(uint64_t handle, uint64_t request) {
    const auto place = shared(place_of(handle).effect);
    uint64_t before = place.load(std::memory_order_acquire);
    while (true) {
        const bool first = !Effect(before).pending() || Effect(before) == Effect::of(request);
        const Effect now = first ? Effect::of(request) : Effect::of_several();
        if (place.compare_exchange_weak(before, now.bits(), std::memory_order_acq_rel)) return Effect(before);
    }
}

bool Ledger::any_pending() const {
    const uint32_t used = shared(head_->places_used).load(std::memory_order_acquire);
    for (uint32_t i = 0; i < used; ++i) {
        if (shared(places_[i].handle).load(std::memory_order_acquire) == 0) continue;
        if (Effect(shared(places_[i].effect).load(std::memory_order_acquire)).pending()) return true;
    }
    return false;
}

Result<void> Ledger::leave(const std::vector<std::vector<std::byte>>& requests) {
    uint64_t offset = head_bytes + table_bytes(sizeof(Place));
    for (const std::vector<std::byte>& request : requests) {
        const uint64_t bytes = request.size();
        VEXFS_TRY(put(descriptor_.get(), &bytes, sizeof bytes, offset));
        VEXFS_TRY(put(descriptor_.get(), request.data(), bytes, offset + sizeof bytes));
        offset += sizeof bytes + bytes;
    }
    head_->requests_left = requests.size();
    shared(head_->left).store(1, std::memory_order_release);
    return {};
}

std::optional<std::vector<std::vector<std::byte>>> Ledger::take_left() {
    if (shared(head_->left).exchange(0, std::memory_order_acq_rel) == 0) return std::nullopt;
    std::vector<std::vector<std::byte>> requests;
    uint64_t offset = head_bytes + table_bytes(sizeof(Place));
    struct stat status {};
    if (fstat(descriptor_.get(), &status) != 0) return requests;
    const auto end = static_cast<uint64_t>(status.st_size);
    for (uint64_t i = 0; i < std::min<uint64_t>(head_->requests_left, requests_left_max); ++i) {
        uint64_t bytes = 0;
        if (!get(descriptor_.get(), &bytes, sizeof bytes, offset) || bytes > end - offset) break;
        std::vector<std::byte> request(bytes);
        if (!get(descriptor_.get(), request.data(), bytes, offset + sizeof bytes)) break;
        offset += sizeof bytes + bytes;
        requests.push_back(std::move(request));
    }
    head_->requests_left = 0;
    // Where it fails, the rest takes memory and nobody reads it.
    [[maybe_unused]] const int cut =
        ftruncate(descriptor_.get(), static_cast<off_t>(head_bytes + table_bytes(sizeof(Place))));
    return requests;
}

}  // namespace vexfs::fuse
