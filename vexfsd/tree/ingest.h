// SPDX-License-Identifier: Apache-2.0
// A file of vectors into a collection, by requests of a batch each.
#pragma once

#include <string>

#include "vexfsd/requests/service.h"
#include "vexfsd/tree/outcome.h"

namespace vexfs {

// `path` ends as its format wants it, vector_file.h. A file that was stopped in the middle before goes on
// from there; one that is in already goes in a second time.
// Where indexing is behind it waits between batches, as long as their replies are to be held back.
Outcome<void> ingest(Service& service, const Caller& caller, const std::string& collection,
                     const std::string& path, const std::string& shown_name);

}  // namespace vexfs
