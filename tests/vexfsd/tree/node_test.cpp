// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/tree/node.h"

#include <catch2/catch.hpp>
#include <set>

#include "vexfsd/tree/attributes.h"

using namespace vexfs;

TEST_CASE("a node has the same number whoever computes it, and another node another") {
    const auto number = [](Role role, const char* collection, uint64_t point) {
        return number_of(Node{role, collection, point, nullptr, nullptr});
    };
    CHECK(number_of(Node{}) == 1);
    CHECK(number(Role::point, "docs", 7) == number(Role::point, "docs", 7));
    std::set<uint64_t> numbers;
    for (const Role role : {Role::collection, Role::call, Role::points, Role::point}) {
        for (const char* collection : {"docs", "words"}) {
            for (const uint64_t point : {0, 1, 2}) numbers.insert(number(role, collection, point));
        }
    }
    CHECK(numbers.size() == 4 * 2 * 3);
    CHECK(numbers.count(0) + numbers.count(1) == 0);
}

TEST_CASE("an id has one name") {
    CHECK(point_id("0") == 0);
    CHECK(point_id("18446744073709551615") == UINT64_MAX);
    for (const char* name : {"", "07", "+7", "-1", "7 ", " 7", "7x", "18446744073709551616"})
        CHECK_FALSE(point_id(name));
}

TEST_CASE("names lead to roles and back") {
    for (const Role directory : {Role::root, Role::control, Role::collection}) {
        for (const auto& [name, role] : fixed_names(directory)) {
            CHECK(role_by_name(directory, name) == role);
            CHECK(name_of(role) == name);
        }
    }
    CHECK_FALSE(role_by_name(Role::root, "call"));
    CHECK(name_of(Role::point).empty());
}

TEST_CASE("modes of files follow from that of the collection") {
    CHECK(mode_of(Role::collection, 0660) == 0750);
    CHECK(mode_of(Role::collection, 0604) == 0705);
    CHECK(mode_of(Role::collection, 0620) == 0710);
    CHECK(mode_of(Role::search, 0640) == 0660);
    CHECK(mode_of(Role::call, 0620) == 0660);
    CHECK(mode_of(Role::insert, 0642) == 0606);
    CHECK(mode_of(Role::config, 0666) == 0644);
    CHECK(mode_of(Role::vectors, 0666) == 0444);
    CHECK(mode_of(Role::points, 0640) == 0750);
    CHECK(mode_of(Role::point, 0640) == 0640);
}

TEST_CASE("the first class that a caller is in decides") {
    Attributes attributes;
    attributes.uid = 1000;
    attributes.gid = 2000;
    attributes.mode = 0046;
    CHECK_FALSE(permits(attributes, {1000, 2000, {}, false}, may_read_bit));
    CHECK(permits(attributes, {1001, 2000, {}, false}, may_read_bit));
    CHECK(permits(attributes, {1001, 5, {7, 2000}, false}, may_read_bit));
    CHECK_FALSE(permits(attributes, {1001, 2000, {}, false}, may_write_bit));
    CHECK(permits(attributes, {1001, 5, {}, false}, may_read_bit | may_write_bit));
    CHECK_FALSE(permits(attributes, {1001, 5, {}, false}, may_search_bit));
    CHECK(permits(attributes, {0, 0, {}, false}, may_search_bit));
}
