// SPDX-License-Identifier: Apache-2.0
// Filters evaluated as their documentation reads, from the JSON of the filter and without regard to cost; and
// random filters and documents that have something to do with each other.
#pragma once

#include <algorithm>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

namespace naive {

using nlohmann::json;

inline bool equal(const json& a, const json& b) {
    if (a.is_number() && b.is_number()) return a.get<double>() == b.get<double>();
    if (a.type() != b.type() || a.size() != b.size()) return false;
    if (a.is_array()) return std::equal(a.begin(), a.end(), b.begin(), equal);
    if (a.is_object())
        return std::all_of(a.items().begin(), a.items().end(), [&](const auto& item) {
            return b.contains(item.key()) && equal(item.value(), b.at(item.key()));
        });
    return a == b;
}

inline bool ordered(const json& a, const json& b) {
    return (a.is_number() && b.is_number()) || (a.is_string() && b.is_string());
}

inline bool less(const json& a, const json& b) {
    return a.is_number() ? a.get<double>() < b.get<double>() : a.get<std::string>() < b.get<std::string>();
}

inline std::vector<json> at(const json& value, const std::string& path) {
    if (path.empty()) return {value};
    const size_t dot = path.find('.');
    const std::string key = path.substr(0, dot), rest = dot == std::string::npos ? "" : path.substr(dot + 1);
    std::vector<json> found;
    const auto descend = [&](const json& object) {
        if (!object.is_object() || !object.contains(key)) return;
        for (json& one : at(object.at(key), rest)) found.push_back(std::move(one));
    };
    // Objects in arrays are gone into, arrays in arrays are not.
    if (value.is_array()) {
        for (const json& element : value) descend(element);
    } else {
        descend(value);
    }
    return found;
}

inline bool matches(const json& filter, const json& document);

inline bool holds(const std::string& name, const json& operand, const json& document,
                  const std::string& path) {
    const std::vector<json> reached = at(document, path);
    std::vector<json> values = reached;
    for (const json& one : reached)
        if (one.is_array()) values.insert(values.end(), one.begin(), one.end());
    const auto any = [&](auto condition) { return std::any_of(values.begin(), values.end(), condition); };
    const auto equals = [&](const json& wanted) {
        return (wanted.is_null() && reached.empty()) ||
               any([&](const json& value) { return equal(value, wanted); });
    };
    const auto compared = [&](auto holds) {
        return any([&](const json& value) { return ordered(value, operand) && holds(value); });
    };
    if (name == "$eq") return equals(operand);
    if (name == "$ne") return !equals(operand);
    if (name == "$in") return std::any_of(operand.begin(), operand.end(), equals);
    if (name == "$nin") return std::none_of(operand.begin(), operand.end(), equals);
    if (name == "$gt") return compared([&](const json& value) { return less(operand, value); });
    if (name == "$gte") return compared([&](const json& value) { return !less(value, operand); });
    if (name == "$lt") return compared([&](const json& value) { return less(value, operand); });
    if (name == "$lte") return compared([&](const json& value) { return !less(operand, value); });
    if (name == "$between")
        return any([&](const json& value) {
            return ordered(value, operand[0]) && !less(value, operand[0]) && !less(operand[1], value);
        });
    if (name == "$exists") return operand.get<bool>() == !reached.empty();
    if (name == "$not") return !matches({{path, operand}}, document);
    throw std::logic_error("no operator " + name);
}

inline bool matches(const json& filter, const json& document) {
    for (const auto& [key, value] : filter.items()) {
        bool taken = true;
        if (key == "$and") {
            taken = std::all_of(value.begin(), value.end(),
                                [&](const json& one) { return matches(one, document); });
        } else if (key == "$or") {
            taken = std::any_of(value.begin(), value.end(),
                                [&](const json& one) { return matches(one, document); });
        } else if (key == "$not") {
            taken = !matches(value, document);
        } else if (value.is_object()) {
            for (const auto& [name, operand] : value.items())
                taken = taken && holds(name, operand, document, key);
        } else {
            taken = holds("$eq", value, document, key);
        }
        if (!taken) return false;
    }
    return true;
}

class Random {
  public:
    explicit Random(uint32_t seed) : random_(seed) {}

    size_t below(size_t end) { return std::uniform_int_distribution<size_t>(0, end - 1)(random_); }

    json scalar() {
        switch (below(8)) {
            case 0: return nullptr;
            case 1: return below(2) == 1;
            case 2: return -static_cast<int>(below(3));
            case 3: return static_cast<double>(below(4)) + 0.5;
            case 4: return static_cast<double>(below(4));  // a whole number, and not written as one
            case 5:
            case 6: return std::string(1, static_cast<char>('a' + below(3)));
            default: return below(5);
        }
    }
    json value(size_t depth) {
        switch (below(depth == 0 ? 5 : 8)) {
            case 5:
            case 6: return list([&] { return value(depth - 1); }, 3);
            case 7: return document(depth - 1);
            default: return scalar();
        }
    }
    json document(size_t depth = 2) {
        json made = json::object();
        for (const char* field : fields)
            if (below(3) != 0) made[field] = value(depth);
        return made;
    }
    json filter(size_t depth = 3) {
        json made = json::object();
        for (size_t conditions = 1 + below(2); conditions > 0; --conditions) {
            const size_t kind = below(depth == 0 ? 5 : 8);
            if (kind == 5) {
                made["$and"] = list([&] { return filter(depth - 1); }, 3);
            } else if (kind == 6) {
                made["$or"] = list([&] { return filter(depth - 1); }, 3);
            } else if (kind == 7) {
                made["$not"] = filter(depth - 1);
            } else if (kind == 0) {
                made[path()] = scalar();
            } else {
                made[path()] = operators(depth);
            }
        }
        return made;
    }

  private:
    static constexpr const char* fields[] = {"x", "y", "z"};

    std::string path() {
        std::string made = fields[below(3)];
        while (below(3) == 0) made += std::string(".") + fields[below(3)];
        return made;
    }
    json comparable() {
        return below(2) == 0 ? json(below(5)) : json(std::string(1, static_cast<char>('a' + below(3))));
    }
    json operators(size_t depth) {
        json made = json::object();
        for (size_t count = 1 + below(2); count > 0; --count) {
            switch (below(11)) {
                case 0: made["$eq"] = value(1); break;
                case 1: made["$ne"] = value(1); break;
                case 2: made["$in"] = list([&] { return value(1); }, 4); break;
                case 3: made["$nin"] = list([&] { return value(1); }, 4); break;
                case 4: made["$gt"] = comparable(); break;
                case 5: made["$gte"] = comparable(); break;
                case 6: made["$lt"] = comparable(); break;
                case 7: made["$lte"] = comparable(); break;
                case 8: {
                    const size_t low = below(4);
                    made["$between"] = {low, low + below(3)};
                    break;
                }
                case 9: made["$exists"] = below(2) == 1; break;
                default:
                    if (depth > 0) {
                        made["$not"] = operators(depth - 1);
                    } else {
                        made["$exists"] = true;
                    }
            }
        }
        return made;
    }
    template <class Make>
    json list(Make make, size_t longest) {
        json made = json::array();
        for (size_t count = 1 + below(longest); count > 0; --count) made.push_back(make());
        return made;
    }

    std::mt19937 random_;
};

}  // namespace naive
