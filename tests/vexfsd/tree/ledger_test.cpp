// SPDX-License-Identifier: Apache-2.0
// What a daemon leaves to the next one of a mount.
#include "fuse/ledger.h"

#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch.hpp>

using namespace vexfs;
using namespace vexfs::fuse;

namespace {

OpenRecord record_of(uint64_t request) {
    return {request, 77, Role::point, "docs", 9, {}, O_RDWR, {1000, 1001, {5, 6}, false}};
}

std::unique_ptr<Ledger> next_of(const Ledger& ledger) {
    auto next = Ledger::adopt(UniqueFd(dup(ledger.descriptor())));
    REQUIRE(next);
    return std::move(*next);
}

std::vector<std::byte> bytes_of(size_t count) {
    return std::vector<std::byte>(count, std::byte{'x'});
}

}  // namespace

TEST_CASE("why it is a mount by FUSE is known to the next daemon, as far as there is room") {
    auto ledger = Ledger::make().value();
    ledger->explain("FUSE, because there is no module");
    CHECK(next_of(*ledger)->why() == "FUSE, because there is no module");
    ledger->explain(std::string(10000, 'w'));
    const std::string why = next_of(*ledger)->why();
    CHECK(why.size() > 1000);
    CHECK(std::string(why.size(), 'w') == why);
}

TEST_CASE("the next daemon finds where it was mounted, and what is open") {
    auto ledger = Ledger::make().value();
    REQUIRE(ledger->describe("/mnt/vexfs", bytes_of(104)));
    const uint64_t closed = ledger->note(record_of(1));
    const uint64_t open = ledger->note(record_of(2));
    ledger->erase(closed);
    ledger->erase(closed);  // asked for again
    const auto next = next_of(*ledger);
    CHECK(next->directory() == "/mnt/vexfs");
    CHECK(next->first_request() == bytes_of(104));
    CHECK(next->why().empty());
    const auto noted = next->noted();
    REQUIRE(noted.size() == 1);
    CHECK(noted[0].handle == open);
    CHECK(noted[0].effect == Effect::none());
    const OpenRecord& record = noted[0].record;
    CHECK(record.opened_by == 2);
    CHECK(record.number == 77);
    CHECK(record.role == Role::point);
    CHECK(record.collection == "docs");
    CHECK(record.point == 9);
    CHECK(record.flags == O_RDWR);
    CHECK(record.caller.uid == 1000);
    CHECK(record.caller.groups == std::vector<uint32_t>{5, 6});
    // Places are used again, handles are not.
    const uint64_t fresh = next->note(record_of(3));
    CHECK(fresh != closed);
    CHECK(fresh != open);
}

TEST_CASE("what was left is told from what a killed daemon had in work") {
    auto ledger = Ledger::make().value();
    CHECK_FALSE(next_of(*ledger)->take_left());
    REQUIRE(ledger->leave({bytes_of(10), bytes_of(1 << 20)}));
    const auto next = next_of(*ledger);
    const auto left = next->take_left();
    REQUIRE(left);
    CHECK(*left == std::vector{bytes_of(10), bytes_of(1 << 20)});
    CHECK_FALSE(next->take_left());
}

TEST_CASE("what would be lost with a daemon") {
    auto ledger = Ledger::make().value();
    const uint64_t handle = ledger->note(record_of(1));
    CHECK_FALSE(ledger->any_pending());
    SECTION("one write, which is asked for again, is not") {
        CHECK(ledger->begin(handle, 5) == Effect::none());
        CHECK(ledger->any_pending());
        const Effect effect = next_of(*ledger)->noted()[0].effect;
        CHECK_FALSE(effect.lost_to(5 | resent_bit, true));
        CHECK(effect.lost_to(6, true));
        CHECK(effect.lost_to(6 | resent_bit, false));
    }
    SECTION("several writes are") {
        ledger->begin(handle, 5);
        ledger->begin(handle, 6);
        CHECK(ledger->any_pending());
        CHECK(ledger->effect(handle).lost_to(6 | resent_bit, true));
        CHECK(ledger->effect(handle).lost_to(7, false));
    }
    SECTION("an answer that is under way is, where it is asked for again") {
        const Effect written = Effect::of(5);
        ledger->begin(handle, 5);
        CHECK(ledger->change_effect(handle, written, Effect::told_by(6)));
        CHECK_FALSE(ledger->change_effect(handle, written, Effect::none()));
        CHECK_FALSE(ledger->any_pending());
        CHECK(ledger->effect(handle).lost_to(6 | resent_bit, false));
        CHECK_FALSE(ledger->effect(handle).lost_to(7, true));
        CHECK(ledger->begin(handle, 7) == Effect::told_by(6));
        CHECK(ledger->effect(handle) == Effect::of(7));
    }
}

TEST_CASE("what is no ledger is refused") {
    CHECK_FALSE(Ledger::adopt(UniqueFd(open("/dev/null", O_RDWR))));
    auto ledger = Ledger::make().value();
    SECTION("another beginning") {
        REQUIRE(pwrite(ledger->descriptor(), "?", 1, 0) == 1);
        CHECK_FALSE(Ledger::adopt(UniqueFd(dup(ledger->descriptor()))));
    }
    SECTION("a length that can't be") {
        const uint32_t places = ~0u;
        REQUIRE(pwrite(ledger->descriptor(), &places, sizeof places, 16) == sizeof places);
        CHECK_FALSE(Ledger::adopt(UniqueFd(dup(ledger->descriptor()))));
    }
    SECTION("a path that is too long") {
        CHECK_FALSE(ledger->describe(std::string(5000, 'x'), bytes_of(1)));
        CHECK_FALSE(ledger->describe("/mnt", bytes_of(1000)));
    }
}
