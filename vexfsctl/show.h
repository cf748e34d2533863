// SPDX-License-Identifier: Apache-2.0
// Replies as what nouns print.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "vexfsctl/output.h"

namespace vexfs::ctl {

// A reply's own fields, without "ok" and "arrays", for the JSON envelope.
nlohmann::ordered_json payload_of(const nlohmann::json& reply);

// A field as text: strings bare, everything else as JSON, "" where it is missing or null.
std::string cell(const nlohmann::json& object, const std::string& key);

// A reply as lines "key value", nested objects flattened to "schema.parameters.m"; bytes for people in
// tables.
Result<void> print_pairs(Output& out, const nlohmann::json& reply);

// Says on stderr which collections could not be opened, and why.
void note_quarantined(const Output& out, const nlohmann::json& reply);

}  // namespace vexfs::ctl
