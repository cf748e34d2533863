// SPDX-License-Identifier: Apache-2.0
// A disk in memory that keeps no more than it promised.
//
// What is written reaches the platter at a sync alone. When the power is cut before that, any subset of the
// unsynced sectors may be there, each as any of the writes since left it, and the file may have any of the
// sizes it went through; a sector that the file's size covers and that never arrived holds zeros or rubbish.
// Files made, renamed and removed are certain after sync_directory() only; before, any subset of these
// changes may be there. Directories themselves are there at once. Reads and mappings see what was written,
// synced or not.
//
// A failed write leaves a part. After a failed sync some of what was not synced is on the platter and no
// later sync writes the rest: the system takes those pages for clean. Of names, a later
// sync tries again, as journals do.
//
// For one thread.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engine/storage/disk.h"

namespace vexfs::test {

inline constexpr size_t sector_bytes = 512;
inline constexpr size_t simulated_file_bytes_max = size_t{32} << 10;  // more is no_space

struct DiskCall {
    std::string_view name;  // "write_at", "sync", "rename", ...
    const std::string& path;
    bool changes = false;  // the platter, or what may be on it
    bool grows = false;    // may need space
    bool is_sync = false;  // of a file or a directory
};

// A file's content, whatever its names are.
class Inode {
  public:
    Inode();
    explicit Inode(std::vector<std::byte> platter);
    Inode(const Inode& other);

    const std::byte* data() const { return live_.get(); }
    uint64_t size() const { return size_; }
    void write(uint64_t offset, const std::byte* from, size_t bytes);
    void resize(uint64_t bytes);
    void sync();
    void fail_sync(std::mt19937_64& random);
    std::vector<std::byte> after_power_cut(std::mt19937_64& random) const;

  private:
    using Sector = std::array<std::byte, sector_bytes>;
    struct Free {
        void operator()(std::byte* memory) const;
    };
    void touch(uint64_t begin, uint64_t end);

    std::unique_ptr<std::byte, Free> live_;
    uint64_t size_ = 0;
    std::vector<std::byte> platter_;
    std::map<uint64_t, std::vector<Sector>> unsynced_;  // what each sector held, by its number
    std::vector<uint64_t> sizes_;                       // since the last sync
};

class SimulatedDisk final : public Disk {
  public:
    explicit SimulatedDisk(uint64_t seed) : random_(seed) {}

    // What is left when the power is cut now; the same for the same seed.
    std::unique_ptr<SimulatedDisk> after_power_cut(uint64_t seed) const;

    // What a process that dies now leaves: all that was written, synced or not.
    std::unique_ptr<SimulatedDisk> after_process_death(uint64_t seed) const;

    // A sync says that it is done and does nothing.
    bool lies = false;
    // Told of every call before it takes effect.
    std::function<void(const DiskCall&)> watch;
    // The errno with which a call fails, or 0.
    std::function<int(const DiskCall&)> fault;

    Result<std::unique_ptr<File>> create(const std::string& path) override;
    Result<std::unique_ptr<File>> open(const std::string& path) override;
    Result<std::string> read(const std::string& path, size_t bytes_max) override;
    Result<void> rename(const std::string& from, const std::string& to) override;
    Result<void> link(const std::string& from, const std::string& to) override;
    Result<void> remove(const std::string& path) override;
    Result<void> make_directory(const std::string& path) override;
    Result<void> remove_directory(const std::string& path) override;
    Result<std::vector<std::string>> list(const std::string& directory) override;
    Result<void> sync_directory(const std::string& path) override;

  private:
    friend class SimulatedFile;
    using Names = std::map<std::string, std::shared_ptr<Inode>>;
    // `inode` gets the name `added`, the name `removed` goes; either may be empty.
    struct NameChange {
        std::string added, removed;
        std::shared_ptr<Inode> inode;
    };
    static void apply(const NameChange& change, Names& names);
    void change(NameChange change);
    Result<void> enter(const DiskCall& call);

    std::mt19937_64 random_;
    Names names_, platter_names_;
    std::vector<NameChange> unsynced_;
    std::set<std::string> directories_;
};

}  // namespace vexfs::test
