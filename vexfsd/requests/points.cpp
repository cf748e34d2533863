// SPDX-License-Identifier: Apache-2.0
// insert, upsert, import.status, get, delete, update_metadata, scroll.
#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

#include "vexfsd/requests/json.h"
#include "vexfsd/requests/operations.h"

namespace vexfs {
namespace {

using json = nlohmann::json;

constexpr size_t get_step_ids = 256;        // looked up at a time, so that the limit on bytes can hold
constexpr uint32_t scroll_step_rows = 256;  // the same for a scroll, whose page ends early instead
constexpr size_t scroll_page_bytes = 64u << 20;
constexpr uint32_t scroll_limit_default = 100;
constexpr size_t import_key_digits = 16;

Result<uint64_t> key_from(std::string_view field, const json& value) {
    const auto wrong = [&] {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("{} must be {} hexadecimal digits and not 0, not {}", field,
                                import_key_digits, excerpt(value)));
    };
    if (!value.is_string() || value.get_ref<const std::string&>().size() != import_key_digits) return wrong();
    uint64_t key = 0;
    for (const char c : value.get_ref<const std::string&>()) {
        const auto lower = static_cast<char>(c | 0x20);
        if (c >= '0' && c <= '9') {
            key = key << 4 | static_cast<uint64_t>(c - '0');
        } else if (lower >= 'a' && lower <= 'f') {
            key = key << 4 | static_cast<uint64_t>(lower - 'a' + 10);
        } else {
            return wrong();
        }
    }
    if (key == 0) return wrong();
    return key;
}

Result<std::optional<ImportMark>> mark_of(const Request& request) {
    if (!request.has("import")) return std::nullopt;
    VEXFS_ASSIGN(const json fields, request.object("import"));
    for (const auto& [name, value] : fields.items()) {
        if (name != "key" && name != "rows_done") {
            return fail(ErrorCode::invalid_argument, fmt::format("import has no field {}", excerpt(name)));
        }
    }
    if (!fields.contains("key") || !fields.contains("rows_done")) {
        return fail(ErrorCode::invalid_argument, "import takes key and rows_done");
    }
    ImportMark mark;
    VEXFS_ASSIGN(mark.key, key_from("import.key", fields["key"]));
    if (!in_range(fields["rows_done"], 1, UINT64_MAX)) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("import.rows_done must be a whole number above 0, not {}",
                                excerpt(fields["rows_done"])));
    }
    mark.rows_done = fields["rows_done"].get<uint64_t>();
    return mark;
}

Result<Message> write_points(ServiceContext& context, const Request& request, OnConflict on_conflict) {
    VEXFS_ASSIGN(const FoundCollection found, find_collection(context, request, Wants::write));
    VEXFS_ASSIGN(const Vectors vectors, vectors_of(request, found.name, found.schema.dimension));
    VEXFS_ASSIGN(const auto ids, ids_of(request));
    VEXFS_ASSIGN(const Metadata metadata, metadata_of(request, vectors.rows));
    InsertRequest insert;
    insert.vectors = vectors.values;
    insert.metadata = metadata.texts;
    insert.on_conflict = on_conflict;
    VEXFS_ASSIGN(insert.durability, request.durability());
    VEXFS_ASSIGN(insert.mark, mark_of(request));
    if (insert.mark && insert.mark->rows_done < vectors.rows) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("import.rows_done is {}, this request alone has {} rows",
                                insert.mark->rows_done, vectors.rows));
    }
    if (ids) {
        if (ids->size() != vectors.rows) {
            return fail(ErrorCode::invalid_argument,
                        fmt::format("there are {} ids for {} vectors", ids->size(), vectors.rows));
        }
        insert.ids = *ids;
    }
    VEXFS_ASSIGN(const InsertReply inserted, found.collection->insert(insert));
    Message reply;
    reply.held_back = inserted.held_back;
    reply.header["inserted"] = inserted.ids.size();
    reply.header["replaced"] = inserted.replaced;
    if (request.text) {
        reply.header["ids"] = inserted.ids;
    } else {
        add_array(reply, "ids", inserted.ids, {inserted.ids.size()});
    }
    return reply;
}

// Refused before the points are read: as many vectors as that make no reply.
Result<void> check_values(const Request& request, uint64_t points, uint32_t dimension,
                          std::string_view field) {
    const uint64_t most = request.text ? reply_json_values_max : reply_values_max;
    if (points <= most / dimension) return {};
    return fail(ErrorCode::too_large,
                fmt::format("{} vectors of dimension {} are too many for one reply", points, dimension),
                fmt::format("at most {} at a time: fewer {}", most / dimension, field));
}

}  // namespace

json metadata_json(const std::string& text) {
    return text.empty() ? json() : json::parse(text);
}

void put_points(Message& reply, const Request& request, const std::vector<Point>& points, uint32_t dimension,
                bool with_vector) {
    json rows = json::array();
    std::vector<float> values;
    if (with_vector && !request.text) values.reserve(points.size() * dimension);
    for (const Point& point : points) {
        json row{{"id", point.id}, {"metadata", metadata_json(point.metadata)}};
        if (with_vector && request.text) row["vector"] = point.vector;
        if (with_vector && !request.text)
            values.insert(values.end(), point.vector.begin(), point.vector.end());
        rows.push_back(std::move(row));
    }
    reply.header["points"] = std::move(rows);
    if (with_vector && !request.text) add_array(reply, "vectors", values, {points.size(), dimension});
}

Result<Message> insert_points(ServiceContext& context, const Request& request) {
    return write_points(context, request, OnConflict::fail);
}

Result<Message> upsert_points(ServiceContext& context, const Request& request) {
    return write_points(context, request, OnConflict::replace);
}

Result<Message> import_status(ServiceContext& context, const Request& request) {
    VEXFS_ASSIGN(const FoundCollection found, find_collection(context, request, Wants::read));
    VEXFS_ASSIGN(const std::string text, request.string("key"));
    VEXFS_ASSIGN(const uint64_t key, key_from("key", text));
    Message reply;
    reply.header["rows_done"] = found.collection->imported_rows(key);
    return reply;
}

Result<Message> get_points(ServiceContext& context, const Request& request) {
    VEXFS_ASSIGN(const FoundCollection found, find_collection(context, request, Wants::read));
    VEXFS_ASSIGN(const bool with_vector, request.flag("with_vector", false));
    VEXFS_ASSIGN(const auto ids, ids_of(request));
    if (!ids) return fail(ErrorCode::invalid_argument, "the request has no ids");
    if (ids->size() > get_ids_max) {
        return fail(ErrorCode::too_large, fmt::format("{} ids are too many for one request", ids->size()),
                    fmt::format("at most {} at a time", get_ids_max));
    }
    if (with_vector) VEXFS_TRY(check_values(request, ids->size(), found.schema.dimension, "ids"));

    std::vector<Point> points;
    uint64_t bytes = 0;
    for (size_t first = 0; first < ids->size(); first += get_step_ids) {
        const auto step = std::span(*ids).subspan(first, std::min(get_step_ids, ids->size() - first));
        VEXFS_ASSIGN(auto some, found.collection->get(step, with_vector));
        for (Point& point : some) {
            bytes += point.metadata.size();
            points.push_back(std::move(point));
        }
        if (bytes > reply_metadata_bytes_max) {
            return fail(ErrorCode::too_large, "the points' metadata are too large for one reply",
                        "ask for fewer ids");
        }
    }
    std::unordered_set<uint64_t> there;
    for (const Point& point : points) there.insert(point.id);
    json missing = json::array();
    for (const uint64_t id : *ids) {
        if (!there.contains(id)) missing.push_back(id);
    }
    Message reply;
    put_points(reply, request, points, found.schema.dimension, with_vector);
    reply.header["missing"] = std::move(missing);
    return reply;
}

Result<Message> delete_points(ServiceContext& context, const Request& request) {
    VEXFS_ASSIGN(const FoundCollection found, find_collection(context, request, Wants::write));
    VEXFS_ASSIGN(const auto ids, ids_of(request));
    if (!ids) return fail(ErrorCode::invalid_argument, "the request has no ids");
    VEXFS_ASSIGN(const auto durability, request.durability());
    VEXFS_ASSIGN(const uint64_t deleted, found.collection->erase(*ids, durability));
    Message reply;
    reply.header["deleted"] = deleted;
    return reply;
}

Result<Message> update_metadata(ServiceContext& context, const Request& request) {
    VEXFS_ASSIGN(const FoundCollection found, find_collection(context, request, Wants::write));
    VEXFS_ASSIGN(const auto id, request.integer("id", 0, UINT64_MAX));
    if (!id) return fail(ErrorCode::invalid_argument, "the request has no id");
    VEXFS_ASSIGN(const bool replace, request.flag("replace", false));
    if (!request.has("metadata")) return fail(ErrorCode::invalid_argument, "the request has no metadata");
    std::string text;
    // null takes all of it away, and merges nothing.
    if (!request.header["metadata"].is_null()) {
        VEXFS_ASSIGN(const json metadata, request.object("metadata"));
        text = to_text(metadata);
        VEXFS_TRY(check_metadata_depth(text, 0));
    }
    VEXFS_TRY(found.collection->update_metadata(*id, text, !replace));
    return Message{};
}

Result<Message> scroll_points(ServiceContext& context, const Request& request) {
    VEXFS_ASSIGN(const FoundCollection found, find_collection(context, request, Wants::read));
    VEXFS_ASSIGN(const auto start, request.integer("cursor", 0, UINT64_MAX));
    VEXFS_ASSIGN(const auto given_limit, request.integer("limit", 1, search_limit_max));
    VEXFS_ASSIGN(const bool with_vector, request.flag("with_vector", false));
    std::optional<Filter> filter;
    if (request.has("filter")) {
        VEXFS_ASSIGN(filter, Filter::parse(request.header["filter"]));
    }
    const auto limit = static_cast<uint32_t>(given_limit.value_or(scroll_limit_default));
    if (with_vector) VEXFS_TRY(check_values(request, limit, found.schema.dimension, "points: a lower limit"));

    std::vector<Point> points;
    std::optional<uint64_t> cursor = start.value_or(0);
    uint64_t bytes = 0;
    while (cursor && points.size() < limit && bytes < scroll_page_bytes) {
        const auto step = std::min(scroll_step_rows, limit - static_cast<uint32_t>(points.size()));
        VEXFS_ASSIGN(Collection::Page page,
                     found.collection->scroll(*cursor, step, filter ? &*filter : nullptr, with_vector));
        for (Point& point : page.points) {
            bytes += point.metadata.size();
            points.push_back(std::move(point));
        }
        cursor = page.cursor;
    }
    Message reply;
    put_points(reply, request, points, found.schema.dimension, with_vector);
    reply.header["cursor"] = cursor ? json(*cursor) : json();
    return reply;
}

}  // namespace vexfs
