// SPDX-License-Identifier: Apache-2.0
#include "tests/engine/storage/simulated_disk.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

namespace vexfs::test {
namespace {

std::string directory_of(const std::string& path) {
    return std::filesystem::path(path).parent_path().string();
}

bool coin(std::mt19937_64& random) {
    return (random() & 1) != 0;
}

class SimulatedMapping final : public Mapping {
  public:
    explicit SimulatedMapping(std::shared_ptr<Inode> inode) : inode_(std::move(inode)) {}
    const std::byte* data() const override { return inode_->data(); }

  private:
    std::shared_ptr<Inode> inode_;
};

}  // namespace

void Inode::Free::operator()(std::byte* memory) const {
    std::free(memory);
}

Inode::Inode() : live_(static_cast<std::byte*>(std::aligned_alloc(64, simulated_file_bytes_max))) {
    std::memset(live_.get(), 0, simulated_file_bytes_max);
}

Inode::Inode(std::vector<std::byte> platter) : Inode() {
    std::ranges::copy(platter, live_.get());
    size_ = platter.size();
    platter_ = std::move(platter);
}

Inode::Inode(const Inode& other) : Inode() {
    std::memcpy(live_.get(), other.live_.get(), other.size_);
    size_ = other.size_;
    platter_ = other.platter_;
    unsynced_ = other.unsynced_;
    sizes_ = other.sizes_;
}

void Inode::touch(uint64_t begin, uint64_t end) {
    for (uint64_t sector = begin / sector_bytes; sector * sector_bytes < end; ++sector)
        std::memcpy(unsynced_[sector].emplace_back().data(), live_.get() + sector * sector_bytes,
                    sector_bytes);
}

void Inode::write(uint64_t offset, const std::byte* from, size_t bytes) {
    std::memcpy(live_.get() + offset, from, bytes);
    touch(offset, offset + bytes);
    size_ = std::max<uint64_t>(size_, offset + bytes);
    sizes_.push_back(size_);
}

void Inode::resize(uint64_t bytes) {
    if (bytes < size_) {
        std::memset(live_.get() + bytes, 0, size_ - bytes);
        touch(bytes, size_);
    }
    size_ = bytes;
    sizes_.push_back(size_);
}

void Inode::sync() {
    platter_.resize(size_);
    for (const auto& [sector, versions] : unsynced_) {
        const uint64_t begin = sector * sector_bytes;
        if (begin >= size_) continue;
        std::memcpy(platter_.data() + begin, live_.get() + begin, std::min(sector_bytes, size_ - begin));
    }
    unsynced_.clear();
    sizes_.clear();
}

void Inode::fail_sync(std::mt19937_64& random) {
    platter_ = after_power_cut(random);
    unsynced_.clear();
    sizes_.clear();
}

std::vector<std::byte> Inode::after_power_cut(std::mt19937_64& random) const {
    uint64_t size = platter_.size();
    if (const size_t chosen = random() % (sizes_.size() + 1); chosen != 0) {
        // A size may be reached by and by.
        const uint64_t to = sizes_[chosen - 1];
        const auto [low, high] = std::minmax(size, to);
        size = random() % 4 == 0 ? low + random() % (high - low + 1) : to;
    }
    std::vector<std::byte> content = platter_;
    content.resize(simulated_file_bytes_max);
    const bool rubbish = random() % 4 == 0;
    for (const auto& [sector, versions] : unsynced_) {
        std::byte* to = content.data() + sector * sector_bytes;
        if (const size_t chosen = random() % (versions.size() + 1); chosen != 0) {
            std::memcpy(to, versions[chosen - 1].data(), sector_bytes);
        } else if (rubbish && sector * sector_bytes >= platter_.size()) {
            for (size_t i = 0; i < sector_bytes; ++i) to[i] = static_cast<std::byte>(random());
        }
    }
    content.resize(size);
    return content;
}

class SimulatedFile final : public File {
  public:
    SimulatedFile(SimulatedDisk& disk, std::string path, std::shared_ptr<Inode> inode)
        : disk_(disk), path_(std::move(path)), inode_(std::move(inode)) {}

    Result<void> write_at(uint64_t offset, std::span<const iovec> parts) override {
        std::vector<std::byte> content;
        for (const iovec& part : parts) {
            const auto* from = static_cast<const std::byte*>(part.iov_base);
            content.insert(content.end(), from, from + part.iov_len);
        }
        if (offset + content.size() > simulated_file_bytes_max)
            return fail_errno(fmt::format("write_at {}", path_), ENOSPC);
        if (auto entered = disk_.enter({"write_at", path_, true, true}); !entered) {
            inode_->write(offset, content.data(), disk_.random_() % (content.size() + 1));
            return entered;
        }
        inode_->write(offset, content.data(), content.size());
        return {};
    }

    Result<void> read_at(uint64_t offset, std::span<std::byte> into) const override {
        VEXFS_TRY(disk_.enter({"read_at", path_}));
        if (offset + into.size() > inode_->size())
            return fail(ErrorCode::corrupt, fmt::format("{} ends at {}", path_, inode_->size()));
        std::memcpy(into.data(), inode_->data() + offset, into.size());
        return {};
    }

    Result<uint64_t> size() const override {
        VEXFS_TRY(disk_.enter({"size", path_}));
        return inode_->size();
    }

    Result<uint64_t> links() const override {
        VEXFS_TRY(disk_.enter({"links", path_}));
        return static_cast<uint64_t>(
            std::ranges::count(disk_.names_, inode_, &SimulatedDisk::Names::value_type::second));
    }

    Result<void> truncate(uint64_t bytes) override {
        VEXFS_TRY(disk_.enter({"truncate", path_, true}));
        inode_->resize(bytes);
        return {};
    }

    Result<void> sync() override {
        if (auto entered = disk_.enter({"sync", path_, true, false, true}); !entered) {
            inode_->fail_sync(disk_.random_);
            return entered;
        }
        if (!disk_.lies) inode_->sync();
        return {};
    }

    Result<std::unique_ptr<Mapping>> map(uint64_t) const override {
        VEXFS_TRY(disk_.enter({"map", path_}));
        return std::make_unique<SimulatedMapping>(inode_);
    }

  private:
    SimulatedDisk& disk_;
    std::string path_;
    std::shared_ptr<Inode> inode_;
};

std::unique_ptr<SimulatedDisk> SimulatedDisk::after_power_cut(uint64_t seed) const {
    auto left = std::make_unique<SimulatedDisk>(seed);
    std::mt19937_64& random = left->random_;
    Names names = platter_names_;
    for (const NameChange& change : unsynced_) {
        if (coin(random)) apply(change, names);
    }
    std::map<const Inode*, std::shared_ptr<Inode>> copies;
    for (const auto& [name, inode] : names) {
        auto& copy = copies[inode.get()];
        if (!copy) copy = std::make_shared<Inode>(inode->after_power_cut(random));
        left->names_[name] = copy;
    }
    left->platter_names_ = left->names_;
    left->directories_ = directories_;
    left->lies = lies;
    return left;
}

std::unique_ptr<SimulatedDisk> SimulatedDisk::after_process_death(uint64_t seed) const {
    auto left = std::make_unique<SimulatedDisk>(seed);
    std::map<const Inode*, std::shared_ptr<Inode>> copies;
    const auto copy_of = [&](const std::shared_ptr<Inode>& inode) {
        auto& copy = copies[inode.get()];
        if (inode && !copy) copy = std::make_shared<Inode>(*inode);
        return copy;
    };
    for (const auto& [name, inode] : names_) left->names_[name] = copy_of(inode);
    for (const auto& [name, inode] : platter_names_) left->platter_names_[name] = copy_of(inode);
    for (const NameChange& change : unsynced_)
        left->unsynced_.push_back({change.added, change.removed, copy_of(change.inode)});
    left->directories_ = directories_;
    left->lies = lies;
    return left;
}

void SimulatedDisk::apply(const NameChange& change, Names& names) {
    if (!change.removed.empty()) names.erase(change.removed);
    if (!change.added.empty()) names[change.added] = change.inode;
}

void SimulatedDisk::change(NameChange change) {
    apply(change, names_);
    unsynced_.push_back(std::move(change));
}

Result<void> SimulatedDisk::enter(const DiskCall& call) {
    if (watch) watch(call);
    const int error_number = fault ? fault(call) : 0;
    if (error_number == 0) return {};
    auto failed = fail_errno(fmt::format("{} {}", call.name, call.path), error_number);
    if (call.is_sync) failed.value().code = ErrorCode::io_error;
    return failed;
}

Result<std::unique_ptr<File>> SimulatedDisk::create(const std::string& path) {
    VEXFS_TRY(enter({"create", path, true, true}));
    if (names_.contains(path)) return fail_errno(fmt::format("create {}", path), EEXIST);
    auto inode = std::make_shared<Inode>();
    change({path, {}, inode});
    return std::make_unique<SimulatedFile>(*this, path, inode);
}

Result<std::unique_ptr<File>> SimulatedDisk::open(const std::string& path) {
    VEXFS_TRY(enter({"open", path}));
    const auto entry = names_.find(path);
    if (entry == names_.end()) return fail_errno(fmt::format("open {}", path), ENOENT);
    return std::make_unique<SimulatedFile>(*this, path, entry->second);
}

Result<std::string> SimulatedDisk::read(const std::string& path, size_t bytes_max) {
    VEXFS_TRY(enter({"read", path}));
    const auto entry = names_.find(path);
    if (entry == names_.end()) return fail_errno(fmt::format("read {}", path), ENOENT);
    const Inode& inode = *entry->second;
    if (inode.size() > bytes_max) return fail(ErrorCode::corrupt, fmt::format("{} is too large", path));
    return std::string(reinterpret_cast<const char*>(inode.data()), inode.size());
}

Result<void> SimulatedDisk::rename(const std::string& from, const std::string& to) {
    VEXFS_TRY(enter({"rename", from, true, true}));
    const auto entry = names_.find(from);
    if (entry == names_.end()) return fail_errno(fmt::format("rename {}", from), ENOENT);
    change({to, from, entry->second});
    return {};
}

Result<void> SimulatedDisk::link(const std::string& from, const std::string& to) {
    VEXFS_TRY(enter({"link", from, true, true}));
    const auto entry = names_.find(from);
    if (entry == names_.end()) return fail_errno(fmt::format("link {}", from), ENOENT);
    if (names_.contains(to)) return fail_errno(fmt::format("link {} to {}", from, to), EEXIST);
    change({to, {}, entry->second});
    return {};
}

Result<void> SimulatedDisk::remove(const std::string& path) {
    VEXFS_TRY(enter({"remove", path, true}));
    if (!names_.contains(path)) return fail_errno(fmt::format("remove {}", path), ENOENT);
    change({{}, path, nullptr});
    return {};
}

Result<void> SimulatedDisk::make_directory(const std::string& path) {
    VEXFS_TRY(enter({"make_directory", path, true, true}));
    directories_.insert(path);
    return {};
}

Result<void> SimulatedDisk::remove_directory(const std::string& path) {
    VEXFS_TRY(enter({"remove_directory", path, true}));
    std::vector<std::string> gone;
    for (const auto& [name, inode] : names_) {
        if (name.starts_with(path + "/")) gone.push_back(name);
    }
    for (std::string& name : gone) change({{}, std::move(name), nullptr});
    directories_.erase(path);
    return {};
}

Result<std::vector<std::string>> SimulatedDisk::list(const std::string& directory) {
    VEXFS_TRY(enter({"list", directory}));
    if (!directories_.contains(directory)) return fail_errno(fmt::format("list {}", directory), ENOENT);
    std::vector<std::string> found;
    for (const auto& [name, inode] : names_) {
        if (directory_of(name) == directory) found.push_back(name.substr(directory.size() + 1));
    }
    return found;
}

Result<void> SimulatedDisk::sync_directory(const std::string& path) {
    VEXFS_TRY(enter({"sync_directory", path, true, false, true}));
    if (lies) return {};
    std::erase_if(unsynced_, [&](const NameChange& change) {
        if (directory_of(change.added.empty() ? change.removed : change.added) != path) return false;
        apply(change, platter_names_);
        return true;
    });
    return {};
}

}  // namespace vexfs::test
