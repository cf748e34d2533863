// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/tree/directory.h"

#include <algorithm>

namespace vexfs {
namespace {

class List final : public OpenDirectory {
  public:
    explicit List(std::vector<DirectoryEntry> entries) : entries_(std::move(entries)) {
        for (size_t i = 0; i < entries_.size(); ++i) entries_[i].next = i + 1;
    }
    std::vector<DirectoryEntry> entries(uint64_t position, size_t count_max) const override {
        const size_t begin = std::min<uint64_t>(position, entries_.size());
        const size_t end = begin + std::min(count_max, entries_.size() - begin);
        return {entries_.begin() + static_cast<ptrdiff_t>(begin),
                entries_.begin() + static_cast<ptrdiff_t>(end)};
    }

  private:
    std::vector<DirectoryEntry> entries_;
};

class Points final : public OpenDirectory {
  public:
    Points(Node directory, std::shared_ptr<Collection> collection)
        : directory_(std::move(directory)), collection_(std::move(collection)) {}
    std::vector<DirectoryEntry> entries(uint64_t position, size_t count_max) const override {
        std::vector<DirectoryEntry> some;
        for (const Collection::Listed& point :
             collection_->list_ids(position, static_cast<uint32_t>(count_max))) {
            Node node{Role::point, directory_.collection, point.id, nullptr, nullptr};
            some.push_back({std::to_string(point.id), std::move(node), point.cursor});
        }
        return some;
    }

  private:
    const Node directory_;
    const std::shared_ptr<Collection> collection_;
};

}  // namespace

std::unique_ptr<OpenDirectory> list_of(std::vector<DirectoryEntry> entries) {
    return std::make_unique<List>(std::move(entries));
}

std::unique_ptr<OpenDirectory> points_of(Node directory, std::shared_ptr<Collection> collection) {
    return std::make_unique<Points>(std::move(directory), std::move(collection));
}

}  // namespace vexfs
