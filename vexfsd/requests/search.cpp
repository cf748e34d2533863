// SPDX-License-Identifier: Apache-2.0
// search, search_range.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <new>
#include <thread>
#include <unordered_map>

#include "engine/base/parallel.h"
#include "vexfsd/requests/json.h"
#include "vexfsd/requests/operations.h"
#include "vexfsd/requests/similar_queries.h"

namespace vexfs {
namespace {

using json = nlohmann::json;

constexpr uint32_t limit_default = 10;
constexpr uint64_t ef_search_max = 65'536;
constexpr uint64_t timeout_ms_max = 86'400'000;
constexpr size_t shared_queries_min = 32;  // of one request, from which on threads are worth their start
constexpr size_t queries_at_once = 1'024;
constexpr double shared_recall_least = 0.9;  // of groups of queries, where the collection promises none

// The query of a "like", and the point it came from.
struct Like {
    uint64_t id = 0;
    std::vector<float> vector;
};

Result<Like> like_id(const FoundCollection& found, const json& value) {
    if (!in_range(value, 0, UINT64_MAX)) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("like.id must be a whole number, not {}", excerpt(value)));
    }
    const auto id = value.get<uint64_t>();
    VEXFS_ASSIGN(auto points, found.collection->get({&id, 1}, true));
    if (points.empty()) {
        return fail(ErrorCode::not_found, fmt::format("collection {} has no point {}", found.name, id));
    }
    return Like{id, std::move(points.front().vector)};
}

Result<Like> like_field(const FoundCollection& found, const json& field, const json& value) {
    if (!field.is_string() || field.get_ref<const std::string&>().empty()) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("like.field must be a field's name, not {}", excerpt(field)));
    }
    if (value.is_structured()) {
        return fail(
            ErrorCode::invalid_argument,
            fmt::format("like.value must be a string, a number, a boolean or null, not {}", excerpt(value)));
    }
    const auto& name = field.get_ref<const std::string&>();
    VEXFS_ASSIGN(const Filter filter, Filter::parse(json{{name, value}}));
    VEXFS_ASSIGN(auto page, found.collection->scroll(0, 1, &filter, true));
    if (page.points.empty()) {
        return fail(ErrorCode::not_found, fmt::format("collection {} has no point whose {} is {}", found.name,
                                                      excerpt(name), excerpt(value)));
    }
    return Like{page.points.front().id, std::move(page.points.front().vector)};
}

Result<std::optional<Like>> like_of(const Request& request, const FoundCollection& found) {
    if (!request.has("like")) return std::nullopt;
    if (request.has("vector") || request.has("vectors") || request.array("vectors") != nullptr) {
        return fail(ErrorCode::invalid_argument, "the request has both like and vectors", "give one of them");
    }
    VEXFS_ASSIGN(const json like, request.object("like"));
    if (like.size() == 1 && like.contains("id")) {
        VEXFS_ASSIGN(Like point, like_id(found, like["id"]));
        return point;
    }
    if (like.size() == 2 && like.contains("field") && like.contains("value")) {
        VEXFS_ASSIGN(Like point, like_field(found, like["field"], like["value"]));
        return point;
    }
    return fail(ErrorCode::invalid_argument, fmt::format("like is {}", excerpt(like)),
                "{\"id\":7} or {\"field\":\"word\",\"value\":\"king\"}");
}

// Refused before anything is searched: as many hits as that make no reply.
Result<void> check_reply(uint64_t queries, uint64_t limit, const SearchRequest& search, uint32_t dimension) {
    if (queries > reply_hits_max / limit) {
        return fail(ErrorCode::too_large,
                    fmt::format("{} queries with {} hits each are too many for one request", queries, limit),
                    fmt::format("at most {} hits at a time", reply_hits_max));
    }
    const uint64_t vectors_max = reply_json_values_max / dimension;
    if (search.with_vector && queries * limit > vectors_max) {
        return fail(
            ErrorCode::too_large,
            fmt::format("{} vectors of dimension {} are too many for one reply", queries * limit, dimension),
            fmt::format("a limit of {} in all, or without with_vector", vectors_max));
    }
    return {};
}

struct Answers {
    json results = json::array();  // [queries][hits]
    json plans = json::array();    // [queries], where they are to be explained
    json grouping;                 // where similar queries were to share searches
    std::string path;
    uint64_t distances = 0;
    uint64_t hits = 0;
    uint64_t metadata_bytes = 0;
};

constexpr const char* cache_path = "cache";
// What JSON takes in memory, about: a hit without metadata and vector, a byte of metadata's text, a value.
constexpr uint64_t hit_bytes = 400;
constexpr uint64_t metadata_factor = 8;
constexpr uint64_t value_bytes = sizeof(json);

uint64_t memory_of(const Answers& answers, const SearchRequest& search) {
    const uint64_t vector_bytes = search.with_vector ? search.query.size() * value_bytes : 0;
    return answers.hits * (hit_bytes + vector_bytes) + answers.metadata_bytes * metadata_factor;
}

// The same query of the same points by the same settings has the same answer.
std::string cache_key(const Request& request, const Generation& generation) {
    std::string key =
        fmt::format("{:x} {:x} {}", generation.instance, generation.number, to_text(request.header));
    for (const ArrayView& array : request.arrays)
        key.append(reinterpret_cast<const char*>(array.bytes.data()), array.bytes.size());
    return key;
}

json plan_json(const SearchReply& reply) {
    const SearchPlan& plan = reply.plan;
    json shown{{"path", reply.path},          {"visited", plan.visited},   {"scanned", plan.scanned},
               {"filter_us", plan.filter_us}, {"index_us", plan.index_us}, {"scan_us", plan.scan_us},
               {"reply_us", plan.reply_us}};
    if (reply.ef_search > 0) shown["ef_search"] = reply.ef_search;
    if (plan.matches) {
        shown["matches"] = *plan.matches;
        shown["selectivity"] = plan.selectivity;
    }
    if (plan.expected_scan_us) shown["expected_scan_us"] = *plan.expected_scan_us;
    if (plan.expected_index_us) shown["expected_index_us"] = *plan.expected_index_us;
    return shown;
}

// Whether a search is still of use: asked while it runs.
class Use {
  public:
    Use(const ServiceContext& context, const Request& request) : context_(context), caller_(request.caller) {}

    Result<void> read(const Request& request) {
        VEXFS_ASSIGN(timeout_ms_, request.integer("timeout_ms", 1, timeout_ms_max));
        return {};
    }
    Result<void> check() const {
        if (!context_.running()) return fail(ErrorCode::unavailable, "the daemon stops");
        if (caller_.gone && *caller_.gone) return fail(ErrorCode::unavailable, "the client is gone");
        if (timeout_ms_ &&
            std::chrono::steady_clock::now() - started_ >= std::chrono::milliseconds(*timeout_ms_))
            return fail(
                ErrorCode::timed_out,
                fmt::format("the search was ended after {} ms, its timeout_ms", *timeout_ms_),
                "explain shows what takes the time; an index, a lower limit or another filter may help");
        return {};
    }

  private:
    const ServiceContext& context_;
    const Caller& caller_;
    const std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
    std::optional<uint64_t> timeout_ms_;
};

struct Answer {
    json hits = json::array();
    json plan;
    std::string path;
    uint64_t distances = 0;
    uint64_t metadata_bytes = 0;
};

void put_hits(Answer& answer, const std::vector<Hit>& hits, const SearchRequest& search, uint64_t limit,
              const std::optional<Like>& like) {
    for (const Hit& hit : hits) {
        if (like && hit.id == like->id) continue;
        if (answer.hits.size() == limit) break;
        json row{{"id", hit.id}, {"distance", hit.distance}};
        if (search.with_metadata) row["metadata"] = metadata_json(hit.metadata);
        if (search.with_vector) row["vector"] = hit.vector;
        answer.metadata_bytes += hit.metadata.size();
        answer.hits.push_back(std::move(row));
    }
}

Result<Answer> answer(const FoundCollection& found, const SearchRequest& search, uint64_t limit, bool explain,
                      const std::optional<Like>& like) {
    VEXFS_ASSIGN(const SearchReply reply, found.collection->search(search));
    Answer answer{json::array(), {}, reply.path, reply.distances, 0};
    if (explain) answer.plan = plan_json(reply);
    put_hits(answer, reply.hits, search, limit, like);
    return answer;
}

Result<void> add(Answer&& answer, bool explain, Answers& answers) {
    answers.metadata_bytes += answer.metadata_bytes;
    if (answers.metadata_bytes > reply_metadata_bytes_max) {
        return fail(ErrorCode::too_large, "the hits' metadata are too large for one reply",
                    "a lower limit, fewer queries, or with_metadata false");
    }
    if (answers.results.empty()) answers.path = std::move(answer.path);
    if (explain) answers.plans.push_back(std::move(answer.plan));
    answers.hits += answer.hits.size();
    answers.results.push_back(std::move(answer.hits));
    answers.distances += answer.distances;
    return {};
}

unsigned threads_for(size_t queries) {
    return queries < shared_queries_min ? 1 : std::max(1U, std::thread::hardware_concurrency());
}

// What one of several threads does for a request.
template <class T>
Result<T> useful(const Use& use, FunctionRef<Result<T>()> work) {
    try {
        VEXFS_TRY(use.check());
        return work();
    } catch (const std::bad_alloc&) {
        return fail(ErrorCode::too_large, "there is not enough memory for this request",
                    "ask for less at a time");
    }
}

// Answers queries one after the other, or where there are many, by all CPUs.
Result<void> answer_all(size_t queries, const Use& use, FunctionRef<Result<Answer>(size_t)> answer_one,
                        FunctionRef<Result<void>(Answer&&)> add_one) {
    const unsigned threads = threads_for(queries);
    std::vector<Result<Answer>> some;
    for (size_t first = 0; first < queries; first += some.size()) {
        some.assign(std::min(queries - first, threads == 1 ? 1 : queries_at_once), Answer{});
        parallel_for(threads, some.size(), [&](unsigned, size_t i) {
            const auto one = [&] { return answer_one(first + i); };
            some[i] = useful<Answer>(use, one);
        });
        for (size_t i = 0; i < some.size(); ++i) {
            auto added = some[i] ? add_one(std::move(*some[i])) : tl::unexpected(std::move(some[i].error()));
            if (added) continue;
            if (queries > 1) added.error().message += fmt::format(" (query {})", first + i);
            return added;
        }
    }
    return {};
}

// The answers of queries that share searches, by query, and what is told of them.
struct Grouped {
    std::unordered_map<size_t, Answer> answers;
    json report;
};

Result<Grouped> answer_groups(const FoundCollection& found, const SearchRequest& search,
                              std::span<const float> queries, double similarity, const Use& use) {
    const uint32_t dimension = found.schema.dimension;
    const auto groups = similar_queries(queries, dimension, similarity);
    const double promised = found.schema.target_recall;
    const double recall_min = promised > 0 ? promised : shared_recall_least;
    std::vector<Result<SharedHits>> shared(groups.size());
    parallel_for(threads_for(queries.size() / dimension), groups.size(), [&](unsigned, size_t i) {
        const auto together = [&] {
            std::vector<std::span<const float>> rows;
            for (const size_t query : groups[i])
                rows.push_back(queries.subspan(query * dimension, dimension));
            return search_together(*found.collection, search, rows,
                                   search.metric.value_or(found.schema.metric), recall_min);
        };
        shared[i] = useful<SharedHits>(use, together);
    });
    Grouped grouped;
    double recall = 0;
    uint64_t kept = 0;
    for (size_t i = 0; i < groups.size(); ++i) {
        VEXFS_TRY(shared[i]);
        if (shared[i]->hits.empty()) continue;
        recall += shared[i]->recall;
        ++kept;
        for (size_t k = 0; k < groups[i].size(); ++k) {
            Answer& answer = grouped.answers[groups[i][k]];
            answer.path = shared[i]->path;
            put_hits(answer, shared[i]->hits[k], search, search.limit, std::nullopt);
        }
        grouped.answers[groups[i].front()].distances = shared[i]->distances;
    }
    grouped.report = {{"groups", kept}, {"queries", grouped.answers.size()}};
    if (kept > 0) grouped.report["recall"] = recall / static_cast<double>(kept);
    return grouped;
}

Result<Answers> answers_of(ServiceContext& context, const Request& request, const FoundCollection& found,
                           bool range) {
    VEXFS_ASSIGN(const bool explain, request.flag("explain", false));
    VEXFS_ASSIGN(const auto similarity, request.number("group_similar"));
    const bool cached = context.cache.on() && !explain && !similarity;
    // Before anything is searched, so that no answer is kept under a generation that has more than it.
    std::string key = cached ? cache_key(request, found.collection->generation()) : std::string();
    Answers answers;
    if (cached) {
        if (const auto kept = context.cache.find(found.name, key)) {
            answers.results = *kept;
            answers.path = cache_path;
            return answers;
        }
    }
    SearchRequest search;
    Use use(context, request);
    VEXFS_TRY(use.read(request));
    const auto goes_on = [&] { return use.check(); };
    search.goes_on = FunctionRef<Result<void>()>(goes_on);
    VEXFS_ASSIGN(const auto given_limit, request.integer("limit", 1, search_limit_max));
    VEXFS_ASSIGN(const auto ef_search, request.integer("ef_search", 1, ef_search_max));
    VEXFS_ASSIGN(search.exact, request.flag("exact", false));
    VEXFS_ASSIGN(search.with_metadata, request.flag("with_metadata", true));
    VEXFS_ASSIGN(search.with_vector, request.flag("with_vector", false));
    VEXFS_ASSIGN(const auto metric, request.optional_string("metric"));
    if (metric) {
        VEXFS_ASSIGN(search.metric, metric_from_name(*metric));
    }
    if (similarity && (*similarity <= 0 || *similarity > 1)) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("group_similar must be a cosine above 0 and up to 1, not {}", *similarity));
    }
    if (similarity && explain) {
        return fail(ErrorCode::invalid_argument, "the request has both group_similar and explain",
                    "explain shows how each query is answered alone");
    }
    const uint64_t limit = given_limit.value_or(limit_default);
    if (ef_search) search.ef_search = static_cast<uint32_t>(*ef_search);
    if (range) {
        VEXFS_ASSIGN(search.distance_max, request.number("max_distance"));
        if (!search.distance_max) return fail(ErrorCode::invalid_argument, "the request has no max_distance");
    }
    std::optional<Filter> filter;
    if (request.has("filter")) {
        VEXFS_ASSIGN(filter, Filter::parse(request.header["filter"]));
        search.filter = &*filter;
    }
    VEXFS_ASSIGN(const auto like, like_of(request, found));
    Vectors queries;
    if (like) {
        queries.values = like->vector;
        queries.rows = 1;
    } else {
        VEXFS_ASSIGN(queries, vectors_of(request, found.name, found.schema.dimension));
        if (queries.rows == 0) return fail(ErrorCode::invalid_argument, "the request has no vectors");
    }
    VEXFS_TRY(check_reply(queries.rows, limit, search, found.schema.dimension));

    // One more for the point itself, which is left out.
    search.limit = static_cast<uint32_t>(std::min<uint64_t>(limit + (like ? 1 : 0), search_limit_max));
    search.query = queries.values.first(found.schema.dimension);
    Grouped grouped;
    if (similarity) {
        VEXFS_ASSIGN(grouped, answer_groups(found, search, queries.values, *similarity, use));
        answers.grouping = std::move(grouped.report);
    }
    const auto answer_row = [&](size_t row) -> Result<Answer> {
        if (const auto answered = grouped.answers.find(row); answered != grouped.answers.end())
            return std::move(answered->second);
        SearchRequest one = search;
        one.query = queries.values.subspan(row * found.schema.dimension, found.schema.dimension);
        return answer(found, one, limit, explain, like);
    };
    VEXFS_TRY(answer_all(queries.rows, use, answer_row,
                         [&](Answer&& answered) { return add(std::move(answered), explain, answers); }));
    if (cached) {
        context.cache.put(std::move(key), std::make_shared<const json>(answers.results),
                          memory_of(answers, search));
    }
    return answers;
}

void note_time(ServiceContext& context, const Request& request, const std::string& collection,
               const Result<Answers>& answered, uint64_t took_us) {
    if (answered) {
        context.times.record(collection, answered->path, took_us, answered->results.size());
    } else {
        context.times.record_failure(collection);
    }
    const uint64_t slow_us = context.options->slow_query_us;
    if (slow_us == 0 || took_us < slow_us || !context.options->note_slow_query) return;
    SlowQuery slow{collection, answered ? answered->path : "", took_us, 1, limit_default, "", ""};
    if (answered) slow.queries = answered->results.size();
    if (const auto limit = request.integer("limit", 1, search_limit_max); limit && *limit)
        slow.limit = **limit;
    if (request.has("filter")) slow.filter = excerpt(request.header["filter"]);
    if (!answered) slow.failure = answered.error().message;
    context.options->note_slow_query(slow);
}

// For how long the reply holds: what it tells of its own making would be another's.
std::optional<ReplyHold> hold_of(const ServiceContext& context, const Request& request,
                                 const FoundCollection& found) {
    if (!context.generations || request.has("explain") || request.has("group_similar")) return std::nullopt;
    return context.generations->read(*found.collection);
}

Result<Message> run_search(ServiceContext& context, const Request& request, bool range) {
    const auto started = std::chrono::steady_clock::now();
    VEXFS_ASSIGN(FoundCollection found, find_collection(context, request, Wants::read));
    // Before anything is looked at that the reply hangs on: whom the collection serves and its settings too.
    const auto hold = hold_of(context, request, found);
    if (hold) {
        found.schema = found.collection->schema();
        VEXFS_TRY(check_access(request.caller, found.name, found.schema.access, Wants::read));
    }
    auto answered = answers_of(context, request, found, range);
    const auto took = std::chrono::steady_clock::now() - started;
    const auto took_us =
        static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(took).count());
    note_time(context, request, found.name, answered, took_us);
    if (!answered) return tl::unexpected(std::move(answered.error()));
    Answers& answers = *answered;
    Message reply;
    reply.header = {{"results", std::move(answers.results)},
                    {"path", answers.path},
                    {"distances", answers.distances},
                    {"took_us", took_us}};
    reply.hold = hold;
    if (!answers.grouping.is_null()) reply.header["grouping"] = std::move(answers.grouping);
    if (!answers.plans.empty()) reply.header["plans"] = std::move(answers.plans);
    return reply;
}

}  // namespace

Result<Message> search_nearest(ServiceContext& context, const Request& request) {
    return run_search(context, request, false);
}

Result<Message> search_range(ServiceContext& context, const Request& request) {
    return run_search(context, request, true);
}

}  // namespace vexfs
