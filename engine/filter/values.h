// SPDX-License-Identifier: Apache-2.0
// How JSON values compare in filters.
#pragma once

#include <compare>
#include <nlohmann/json.hpp>

namespace vexfs::filter {

// Numbers by their exact values, whatever their representation: 2^53 + 1 is not 2^53, 1 is 1.0.
std::strong_ordering compare_numbers(const nlohmann::json& a, const nlohmann::json& b);

// Both numbers, or both strings: the pairs that have an order in filters.
bool are_ordered(const nlohmann::json& a, const nlohmann::json& b);
// For such a pair.
std::strong_ordering compare_ordered(const nlohmann::json& a, const nlohmann::json& b);

// A total order of all values, types among each other included, in which equality is that of $eq. For sets of
// values; its depth of recursion is the smaller depth of the two.
std::strong_ordering compare(const nlohmann::json& a, const nlohmann::json& b);

}  // namespace vexfs::filter
