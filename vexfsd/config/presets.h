// SPDX-License-Identifier: Apache-2.0
// Presets: sets of a collection's parameters with a name and a promised recall, a file each.
//
//   description = "..."
//   algorithm = "hnsw"
//   target_recall = 0.96        # recall@10
//   [parameters]
//   m = 16
//
// NAME.toml of a later directory takes the place of an earlier one's.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/collection/schema.h"
#include "vexfsd/config/settings.h"

namespace vexfs {

struct Preset {
    std::string name;
    std::string description;
    Algorithm algorithm = Algorithm::hnsw;
    double target_recall = 0;
    nlohmann::json parameters = nlohmann::json::object();
    std::string file;
};

// {"name","description","algorithm","target_recall","parameters","file"}
nlohmann::json to_json(const Preset& preset);

// The schema of a collection made from the preset, all but the dimension; unsupported where this build lacks
// its algorithm.
Result<Schema> schema_of(const Preset& preset);

// What of the preset a collection takes while it serves, for collection.configure; `schema` is that of its
// info. unsupported where the preset changes what it was built with.
Result<nlohmann::json> live_parameters(const Preset& preset, const std::string& collection,
                                       const nlohmann::json& schema);

class PresetCatalog {
  public:
    // presets/ in each of configuration_directories().
    static std::vector<std::string> default_directories();

    // Directories that there are not are passed over. A wrong file is left out and among problems().
    static PresetCatalog load(const std::vector<std::string>& directories = default_directories());

    const std::vector<Preset>& presets() const { return presets_; }  // sorted by name
    const std::vector<ConfigProblem>& problems() const { return problems_; }
    // not_found, naming what there is or what is wrong with its file. The preset lives as long as the
    // catalog.
    Result<const Preset*> find(const std::string& name) const;

  private:
    void add_file(const std::string& name, const std::string& path);

    std::vector<Preset> presets_;
    std::vector<ConfigProblem> problems_;
    std::vector<std::string> directories_;
};

}  // namespace vexfs
