// SPDX-License-Identifier: Apache-2.0
#include "engine/formats/lines.h"
#include "engine/formats/vector_file.h"

namespace vexfs {

struct JsonLines::State {
    formats::LineReader lines;
};

JsonLines::JsonLines(std::unique_ptr<State> state) : state_(std::move(state)) {}
JsonLines::~JsonLines() = default;

Result<std::unique_ptr<JsonLines>> JsonLines::open(const std::string& path) {
    VEXFS_ASSIGN(auto file, formats::InputFile::open(path));
    return std::unique_ptr<JsonLines>(
        new JsonLines(std::make_unique<State>(State{formats::LineReader(std::move(file))})));
}

Result<std::optional<std::string>> JsonLines::next() {
    VEXFS_ASSIGN(const auto text, state_->lines.next());
    if (!text) return std::optional<std::string>();
    if (formats::is_blank(*text)) return std::optional<std::string>("");
    VEXFS_TRY(formats::check_object_line(state_->lines.path(), state_->lines.line(), *text));
    return std::optional<std::string>(*text);
}

uint64_t JsonLines::line() const {
    return state_->lines.line();
}

}  // namespace vexfs
