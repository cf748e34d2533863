// SPDX-License-Identifier: Apache-2.0
#include "engine/storage/paced_disk.h"

namespace vexfs {

class PacedDisk::PacedFile final : public ForwardingFile {
  public:
    PacedFile(PacedDisk& disk, std::unique_ptr<File> below) : ForwardingFile(std::move(below)), disk_(disk) {}

    Result<void> write_at(uint64_t offset, std::span<const iovec> parts) override {
        disk_.pay(parts);
        return ForwardingFile::write_at(offset, parts);
    }
    Result<void> write_and_sync(uint64_t offset, std::span<const iovec> parts) override {
        disk_.pay(parts);
        return ForwardingFile::write_and_sync(offset, parts);
    }

  private:
    PacedDisk& disk_;
};

std::unique_ptr<File> PacedDisk::wrap(const std::string&, std::unique_ptr<File> below) {
    return std::make_unique<PacedFile>(*this, std::move(below));
}

void PacedDisk::pay(std::span<const iovec> parts) {
    const auto wait = budget_.take(bytes_of(parts));
    if (wait > IoBudget::Clock::duration::zero()) sleep_(wait);
}

}  // namespace vexfs
