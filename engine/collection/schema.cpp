// SPDX-License-Identifier: Apache-2.0
#include "engine/collection/schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <nlohmann/json.hpp>
#include <vector>

namespace vexfs {
namespace {

using nlohmann::json;

template <class E, size_t N>
using Names = std::array<std::pair<E, std::string_view>, N>;

constexpr Names<simd::Metric, 4> metrics{{{simd::Metric::cosine, "cosine"},
                                          {simd::Metric::euclidean, "euclidean"},
                                          {simd::Metric::dot, "dot"},
                                          {simd::Metric::manhattan, "manhattan"}}};
constexpr Names<Algorithm, 3> algorithms{
    {{Algorithm::hnsw, "hnsw"}, {Algorithm::lsh, "lsh"}, {Algorithm::flat, "flat"}}};
constexpr Names<Durability, 3> durabilities{
    {{Durability::sync, "sync"}, {Durability::group, "group"}, {Durability::async, "async"}}};
constexpr Names<Projection, 2> projections{
    {{Projection::random, "random"}, {Projection::learned, "learned"}}};
constexpr Names<GraphLayout, 2> layouts{{{GraphLayout::fast, "fast"}, {GraphLayout::compact, "compact"}}};

template <class E, size_t N>
Result<E> from_name(const Names<E, N>& names, std::string_view what, std::string_view name) {
    std::string known;
    for (const auto& [value, known_name] : names) {
        if (name == known_name) return value;
        known += known.empty() ? "" : ", ";
        known += known_name;
    }
    return fail(ErrorCode::invalid_argument, fmt::format("{} '{}' is not known", what, name),
                fmt::format("use one of: {}", known));
}

template <class E, size_t N>
std::string_view name_in(const Names<E, N>& names, E value) {
    return std::ranges::find(names, value, &std::pair<E, std::string_view>::first)->second;
}

// A parameter that can be set by name: how to read it from JSON and how to show it.
struct Parameter {
    std::string_view name;
    std::function<Result<void>(Schema&, const json&)> set;
    std::function<json(const Schema&)> get;
    std::vector<Algorithm> algorithms;  // whose parameter it is; of none, it is the collection's
};

tl::unexpected<Error> wrong(std::string_view name, std::string_view wanted, const json& value) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("{} must be {}, not {}", name, wanted, value.dump()));
}

template <class T>
Parameter whole_number(std::string_view name, T HnswParameters::*member, uint64_t low, uint64_t high) {
    return {name,
            [=](Schema& schema, const json& value) -> Result<void> {
                if (!in_range(value, low, high))
                    return wrong(name, fmt::format("a whole number from {} to {}", low, high), value);
                schema.hnsw.*member = value.get<T>();
                return {};
            },
            [=](const Schema& schema) { return json(schema.hnsw.*member); },
            {Algorithm::hnsw}};
}

Parameter whole_number(std::string_view name, uint32_t LshParameters::*member, uint64_t low, uint64_t high) {
    return {name,
            [=](Schema& schema, const json& value) -> Result<void> {
                if (!in_range(value, low, high))
                    return wrong(name, fmt::format("a whole number from {} to {}", low, high), value);
                schema.lsh.*member = value.get<uint32_t>();
                return {};
            },
            [=](const Schema& schema) { return json(schema.lsh.*member); },
            {Algorithm::lsh}};
}

// One that both have.
Parameter shared(Parameter parameter) {
    parameter.algorithms = {Algorithm::hnsw, Algorithm::lsh};
    return parameter;
}

// Who names a breadth wants that one, not the one that holds the recall.
Parameter ef_search() {
    Parameter parameter = whole_number("ef_search", &HnswParameters::ef_search, 1, 65'536);
    parameter.set = [set = parameter.set](Schema& schema, const json& value) -> Result<void> {
        VEXFS_TRY(set(schema, value));
        schema.target_recall = 0;
        return {};
    };
    return parameter;
}

Parameter io_number(std::string_view name, uint32_t IoParameters::*member, uint64_t low, uint64_t high) {
    return {name,
            [=](Schema& schema, const json& value) -> Result<void> {
                if (!in_range(value, low, high))
                    return wrong(name, fmt::format("a whole number from {} to {}", low, high), value);
                schema.io.*member = value.get<uint32_t>();
                return {};
            },
            [=](const Schema& schema) { return json(schema.io.*member); },
            {}};
}

const std::vector<Parameter>& parameters() {
    static const std::vector<Parameter> all{
        whole_number("m", &HnswParameters::m, 2, 128),
        whole_number("max_m", &HnswParameters::max_m, 2, 256),
        whole_number("ef_construction", &HnswParameters::ef_construction, 1, 4096),
        shared(ef_search()),
        {"ml",
         [](Schema& schema, const json& value) -> Result<void> {
             if (value == "auto") {
                 schema.hnsw.ml = 0;
                 return {};
             }
             if (!value.is_number() || !(value.get<double>() > 0) || value.get<double>() > 4)
                 return wrong("ml", "a number above 0, 4 at most, or \"auto\"", value);
             schema.hnsw.ml = value.get<double>();
             return {};
         },
         [](const Schema& schema) { return schema.hnsw.ml == 0 ? json("auto") : json(schema.hnsw.ml); },
         {Algorithm::hnsw}},
        shared(whole_number("seed", &HnswParameters::seed, 0, UINT64_MAX)),
        {"layout",
         [](Schema& schema, const json& value) -> Result<void> {
             if (!value.is_string()) return wrong("layout", "\"fast\" or \"compact\"", value);
             VEXFS_ASSIGN(schema.hnsw.layout, layout_from_name(value.get<std::string>()));
             return {};
         },
         [](const Schema& schema) { return json(name_of(schema.hnsw.layout)); },
         {Algorithm::hnsw}},
        whole_number("num_tables", &LshParameters::num_tables, 1, 128),
        whole_number("num_functions", &LshParameters::num_functions, 1, 64),
        whole_number("bucket_size", &LshParameters::bucket_size, 1, 65'536),
        {"projection_type",
         [](Schema& schema, const json& value) -> Result<void> {
             if (!value.is_string()) return wrong("projection_type", "\"random\" or \"learned\"", value);
             VEXFS_ASSIGN(schema.lsh.projection_type, projection_from_name(value.get<std::string>()));
             return {};
         },
         [](const Schema& schema) { return json(name_of(schema.lsh.projection_type)); },
         {Algorithm::lsh}},
        {"durability",
         [](Schema& schema, const json& value) -> Result<void> {
             if (!value.is_string()) return wrong("durability", "\"sync\", \"group\" or \"async\"", value);
             VEXFS_ASSIGN(schema.durability, durability_from_name(value.get<std::string>()));
             return {};
         },
         [](const Schema& schema) { return json(name_of(schema.durability)); },
         {}},
        {"target_recall",
         [](Schema& schema, const json& value) -> Result<void> {
             if (!value.is_number() || !(value.get<double>() >= 0) || value.get<double>() >= 1)
                 return wrong("target_recall", "a number from 0 (none) to below 1", value);
             schema.target_recall = value.get<double>();
             return {};
         },
         [](const Schema& schema) { return json(schema.target_recall); },
         {}},
        io_number("read_ahead_kb", &IoParameters::read_ahead_kb, 0, 65'536),
        io_number("write_batch_size", &IoParameters::write_batch_size, 1, 65'536),
        io_number("sync_frequency", &IoParameters::sync_frequency, 0, 1'000'000'000),
        {"use_direct_io",
         [](Schema& schema, const json& value) -> Result<void> {
             if (!value.is_boolean()) return wrong("use_direct_io", "true or false", value);
             schema.io.use_direct_io = value.get<bool>();
             return {};
         },
         [](const Schema& schema) { return json(schema.io.use_direct_io); },
         {}},
    };
    return all;
}

}  // namespace

std::string_view name_of(simd::Metric metric) {
    return name_in(metrics, metric);
}
std::string_view name_of(Algorithm algorithm) {
    return name_in(algorithms, algorithm);
}
std::string_view name_of(Durability durability) {
    return name_in(durabilities, durability);
}
std::string_view name_of(GraphLayout layout) {
    return name_in(layouts, layout);
}
std::string_view name_of(Projection projection) {
    return name_in(projections, projection);
}
Result<simd::Metric> metric_from_name(std::string_view name) {
    return from_name(metrics, "metric", name);
}
Result<Algorithm> algorithm_from_name(std::string_view name) {
    return from_name(algorithms, "algorithm", name);
}
Result<Durability> durability_from_name(std::string_view name) {
    return from_name(durabilities, "durability", name);
}
Result<GraphLayout> layout_from_name(std::string_view name) {
    return from_name(layouts, "layout", name);
}
Result<Projection> projection_from_name(std::string_view name) {
    return from_name(projections, "projection_type", name);
}

Result<void> check_collection_name(std::string_view name) {
    const auto word = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    };
    const bool good = !name.empty() && name.size() <= collection_name_bytes_max && word(name.front()) &&
                      std::ranges::all_of(name, [&](char c) { return word(c) || c == '.' || c == '-'; });
    if (good) return {};
    return fail(ErrorCode::invalid_argument,
                fmt::format("'{}' can't be a collection's name", name.substr(0, 200)),
                "use 1 to 128 letters, digits, '_', '.' and '-', not beginning with '.' or '-'");
}

bool in_range(const json& value, uint64_t low, uint64_t high) {
    if (!value.is_number_integer() || (!value.is_number_unsigned() && value.get<int64_t>() < 0)) return false;
    return value.get<uint64_t>() >= low && value.get<uint64_t>() <= high;
}

Result<void> set_parameter(Schema& schema, std::string_view name, const json& value) {
    std::string known;
    for (const Parameter& parameter : parameters()) {
        if (parameter.name == name) return parameter.set(schema, value);
        known += known.empty() ? "" : ", ";
        known += parameter.name;
    }
    return fail(ErrorCode::invalid_argument, fmt::format("parameter '{}' is not known", name),
                fmt::format("use one of: {}", known));
}

Result<void> check(const Schema& schema) {
    if (schema.dimension < 1 || schema.dimension > dimension_max)
        return fail(ErrorCode::invalid_argument,
                    fmt::format("dimension {} is not between 1 and {}", schema.dimension, dimension_max));
    if (schema.algorithm == Algorithm::lsh && schema.metric == simd::Metric::manhattan)
        return fail(ErrorCode::unsupported, "the algorithm lsh has no metric manhattan",
                    "use the algorithm hnsw or flat");
    if (schema.hnsw.max_m < schema.hnsw.m)
        return fail(ErrorCode::invalid_argument,
                    fmt::format("max_m {} is below m {}", schema.hnsw.max_m, schema.hnsw.m));
    return {};
}

json to_json(const Schema& schema) {
    json of_algorithm = json::object();
    json value{{"dimension", schema.dimension},
               {"metric", name_of(schema.metric)},
               {"algorithm", name_of(schema.algorithm)},
               {"preset", schema.preset},
               {"uid", schema.access.uid},
               {"gid", schema.access.gid},
               {"mode", schema.access.mode}};
    for (const Parameter& parameter : parameters()) {
        if (parameter.algorithms.empty()) {
            value[parameter.name] = parameter.get(schema);
        } else if (std::ranges::find(parameter.algorithms, schema.algorithm) != parameter.algorithms.end()) {
            of_algorithm[parameter.name] = parameter.get(schema);
        }
    }
    value["parameters"] = std::move(of_algorithm);
    return value;
}

Result<Schema> schema_from_json(const json& value) {
    try {
        Schema schema;
        for (const char* name : {"dimension", "uid", "gid", "mode"})
            if (!in_range(value.at(name), 0, UINT32_MAX))
                return fail(ErrorCode::malformed,
                            fmt::format("the schema's {} is {}", name, value[name].dump()));
        schema.dimension = value.at("dimension");
        VEXFS_ASSIGN(schema.metric, metric_from_name(value.at("metric").get<std::string>()));
        VEXFS_ASSIGN(schema.algorithm, algorithm_from_name(value.at("algorithm").get<std::string>()));
        schema.preset = value.at("preset");
        schema.access = {value.at("uid"), value.at("gid"), value.at("mode")};
        for (const auto& [name, setting] : value.at("parameters").items())
            VEXFS_TRY(set_parameter(schema, name, setting));
        for (const std::string_view name : {"durability", "target_recall"})
            VEXFS_TRY(set_parameter(schema, name, value.at(name)));
        // Manifests written before there were these don't have them.
        for (const std::string_view name : io_parameter_names)
            if (value.contains(name)) VEXFS_TRY(set_parameter(schema, name, value.at(name)));
        VEXFS_TRY(check(schema));
        return schema;
    } catch (const json::exception& error) {
        return fail(ErrorCode::malformed, fmt::format("the schema is not complete: {}", error.what()));
    }
}

}  // namespace vexfs
