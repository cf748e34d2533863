// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cstring>

#include "kmod/uapi/vexfs.h"
#include "tests/vm/fuzz/fuzz.h"
#include "tests/vm/fuzz/netlink.h"

namespace fuzz {
namespace {

constexpr const char* parameters[] = {"cache_size_mb",  "max_concurrent_ops", "batch_size",
                                      "worker_threads", "prefetch_enabled",   "compression_level"};
// Commands and attributes, and some more.
constexpr uint64_t commands = VEXFS_CMD_REMOVE_NAME + 2;
constexpr uint64_t attributes = VEXFS_ATTR_MAX + 4;
// A descriptor of the device may be among them: the daemon is a thread of this process.
constexpr uint64_t descriptors = 16;

class Administrator {
  public:
    explicit Administrator(uint64_t seed) : chance_(seed) {}

    void step() {
        netlink_.begin(static_cast<uint8_t>(chance_.one_in(10) ? chance_.number() : chance_.below(commands)),
                       chance_.one_in(2) ? NLM_F_DUMP : NLM_F_ACK);
        // The way it should be, most of the time.
        if (chance_.one_in(2)) {
            std::array<char, 24> name{};
            std::strcpy(name.data(), parameters[chance_.below(6)]);
            // Cut off, without its NUL, or with more than one.
            const size_t bytes =
                chance_.one_in(2) ? std::strlen(name.data()) + 1 : chance_.below(name.size());
            netlink_.add(chance_.one_in(2) ? VEXFS_ATTR_PARAMETER : VEXFS_ATTR_NAME, name.data(), bytes);
            add_number(VEXFS_ATTR_VALUE,
                       static_cast<uint32_t>(chance_.one_in(2) ? chance_.below(100) : chance_.number()));
            add_number(VEXFS_ATTR_CHANNEL, static_cast<uint32_t>(chance_.below(descriptors)));
        }
        if (chance_.one_in(4)) {
            std::array<std::byte, sizeof(vexfs_entry) + 1> bytes{};
            chance_.damage(bytes);
            netlink_.add(VEXFS_ATTR_ENTRY, bytes.data(),
                         chance_.one_in(10) ? chance_.below(bytes.size()) : sizeof(vexfs_entry));
        }
        for (uint64_t i = chance_.below(4); i > 0; --i) {
            std::array<std::byte, 64> bytes;
            chance_.fill(bytes);
            netlink_.add(static_cast<uint16_t>(chance_.below(attributes)), bytes.data(),
                         chance_.below(bytes.size()));
        }
        if (chance_.one_in(4)) chance_.damage(netlink_.body());
        netlink_.send();
    }

  private:
    void add_number(uint16_t kind, uint32_t value) {
        netlink_.add(kind, &value, chance_.one_in(10) ? chance_.below(5) : sizeof value);
    }

    Chance chance_;
    Netlink netlink_;
};

}  // namespace

void be_administrator(Run& run, uint64_t seed) {
    Administrator administrator(seed);
    while (run.next(messages)) administrator.step();
}

}  // namespace fuzz
