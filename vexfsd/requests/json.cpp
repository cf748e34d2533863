// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/requests/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <unordered_set>
#include <vector>

namespace vexfs {
namespace {

using json = nlohmann::json;

constexpr size_t excerpt_bytes_max = 80;

// The keys of an object. Most have few, which are sooner compared than hashed.
class Keys {
  public:
    // False where it is there.
    bool insert(const std::string& name) {
        if (!many_.empty()) return many_.insert(name).second;
        if (std::ranges::find(few_, name) != few_.end()) return false;
        few_.push_back(name);
        if (few_.size() == few_max) many_.insert(few_.begin(), few_.end());
        return true;
    }

  private:
    static constexpr size_t few_max = 16;
    std::vector<std::string> few_;
    std::unordered_set<std::string> many_;
};

// Builds the document as nlohmann does, and refuses what its parser lets through.
class StrictBuilder : public nlohmann::detail::json_sax_dom_parser<json> {
  public:
    using Base = nlohmann::detail::json_sax_dom_parser<json>;
    explicit StrictBuilder(json& document) : Base(document, false) {}

    bool start_object(std::size_t elements) {
        if (!deeper()) return false;
        keys_.emplace_back();
        return Base::start_object(elements);
    }
    bool end_object() {
        keys_.pop_back();
        --depth_;
        return Base::end_object();
    }
    bool start_array(std::size_t elements) { return deeper() && Base::start_array(elements); }
    bool end_array() {
        --depth_;
        return Base::end_array();
    }
    bool key(json::string_t& name) {
        if (!keys_.back().insert(name)) {
            return refuse(fmt::format("key {} is there twice in one object", excerpt(name)));
        }
        return Base::key(name);
    }
    bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception& error) {
        // "[json.exception.parse_error.101] parse error at line 1, column 5: syntax error ..."
        std::string_view what = error.what();
        if (const size_t start = what.rfind("syntax error"); start != std::string_view::npos) {
            what.remove_prefix(start);
        }
        return refuse(fmt::format("byte {}: {}", position, what.substr(0, 2 * excerpt_bytes_max)));
    }

    const std::optional<std::string>& refusal() const { return refusal_; }

  private:
    bool deeper() {
        if (++depth_ <= json_depth_max) return true;
        return refuse(fmt::format("it is nested deeper than {} levels", json_depth_max));
    }
    bool refuse(std::string why) {
        refusal_ = std::move(why);
        return false;
    }

    int depth_ = 0;
    std::vector<Keys> keys_;
    std::optional<std::string> refusal_;
};

}  // namespace

Result<json> parse_object(std::string_view text) {
    json root;
    StrictBuilder builder(root);
    if (!json::sax_parse(text.begin(), text.end(), &builder)) {
        return fail(ErrorCode::malformed, fmt::format("the request is not JSON: {}",
                                                      builder.refusal().value_or("it can't be read")));
    }
    if (!root.is_object()) {
        return fail(ErrorCode::malformed, fmt::format("the request is {}, not a JSON object", excerpt(root)));
    }
    return root;
}

std::string to_text(const json& value) {
    return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string excerpt(const json& value) {
    // Without printing all of a large array for the sake of its first bytes.
    if (value.is_structured() && value.size() > excerpt_bytes_max / 2) {
        return value.is_array() ? fmt::format("an array of {}", value.size())
                                : fmt::format("an object of {} keys", value.size());
    }
    std::string text = to_text(value);
    if (text.size() <= excerpt_bytes_max) return text;
    size_t cut = excerpt_bytes_max;
    while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xC0) == 0x80) --cut;
    text.resize(cut);
    return text + "...";
}

}  // namespace vexfs
