// SPDX-License-Identifier: Apache-2.0
#include "engine/filter/values.h"

#include <cmath>
#include <cstdint>

namespace vexfs::filter {
namespace {

using nlohmann::json;
using Order = std::strong_ordering;

Order order_of(int sign) {
    return sign <=> 0;
}

// Of a whole number and a double, without rounding the whole number.
template <class Integer>
Order compare_with_double(Integer whole, double real) {
    constexpr double beyond = std::is_signed_v<Integer> ? 0x1p63 : 0x1p64;  // the type's maximum + 1
    constexpr double lowest = std::is_signed_v<Integer> ? -0x1p63 : 0.0;
    if (real >= beyond) return Order::less;
    if (real < lowest) return Order::greater;
    const double floor = std::floor(real);
    const auto truncated = static_cast<Integer>(floor);
    if (whole != truncated) return whole <=> truncated;
    return real > floor ? Order::less : Order::equal;
}

Order reversed(Order order) {
    return 0 <=> order;
}

int rank(const json& value) {
    switch (value.type()) {
        case json::value_t::null: return 0;
        case json::value_t::boolean: return 1;
        case json::value_t::number_integer:
        case json::value_t::number_unsigned:
        case json::value_t::number_float: return 2;
        case json::value_t::string: return 3;
        case json::value_t::array: return 4;
        default: return 5;
    }
}

Order compare_arrays(const json& a, const json& b) {
    for (size_t i = 0; i < a.size() && i < b.size(); ++i) {
        if (const Order order = compare(a[i], b[i]); order != 0) return order;
    }
    return a.size() <=> b.size();
}

// Objects keep their keys sorted, so the order of writing is no difference.
Order compare_objects(const json& a, const json& b) {
    auto left = a.begin(), right = b.begin();
    for (; left != a.end() && right != b.end(); ++left, ++right) {
        if (const int order = left.key().compare(right.key()); order != 0) return order_of(order);
        if (const Order order = compare(*left, *right); order != 0) return order;
    }
    return a.size() <=> b.size();
}

}  // namespace

Order compare_numbers(const json& a, const json& b) {
    if (a.is_number_float()) {
        if (b.is_number_float()) {
            const double x = a.get<double>(), y = b.get<double>();
            return x < y ? Order::less : x > y ? Order::greater : Order::equal;
        }
        return reversed(compare_numbers(b, a));
    }
    // A number_unsigned is not negative; a number_integer that is not unsigned may be either.
    if (a.is_number_unsigned()) {
        if (b.is_number_float()) return compare_with_double(a.get<uint64_t>(), b.get<double>());
        if (b.is_number_unsigned()) return a.get<uint64_t>() <=> b.get<uint64_t>();
        const auto y = b.get<int64_t>();
        return y < 0 ? Order::greater : a.get<uint64_t>() <=> static_cast<uint64_t>(y);
    }
    if (b.is_number_float()) return compare_with_double(a.get<int64_t>(), b.get<double>());
    if (b.is_number_unsigned()) return reversed(compare_numbers(b, a));
    return a.get<int64_t>() <=> b.get<int64_t>();
}

bool are_ordered(const json& a, const json& b) {
    return (a.is_number() && b.is_number()) || (a.is_string() && b.is_string());
}

Order compare_ordered(const json& a, const json& b) {
    if (a.is_number()) return compare_numbers(a, b);
    return order_of(a.get_ref<const std::string&>().compare(b.get_ref<const std::string&>()));
}

Order compare(const json& a, const json& b) {
    const int left = rank(a), right = rank(b);
    if (left != right) return left <=> right;
    switch (left) {
        case 0: return Order::equal;
        case 1: return a.get<bool>() <=> b.get<bool>();
        case 2:
        case 3: return compare_ordered(a, b);
        case 4: return compare_arrays(a, b);
        default: return compare_objects(a, b);
    }
}

}  // namespace vexfs::filter
