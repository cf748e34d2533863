// SPDX-License-Identifier: Apache-2.0
// Filters answered from columns, with what Filter::matches() says of each row.
#pragma once

#include <cstdint>
#include <roaring/roaring.hh>
#include <set>

#include "engine/base/function_ref.h"
#include "engine/filter/node.h"
#include "engine/payload/column.h"

namespace vexfs::payload {

using Path = Filter::Node::Path;

// The fields that the filter looks at.
std::set<Path> fields_of(const Filter::Node& node);

// Of the rows below `end`, those that the filter takes; `column` gives that of each of its fields.
Roaring evaluate(const Filter::Node& node, FunctionRef<const Column&(const Path&)> column, uint32_t end);

}  // namespace vexfs::payload
