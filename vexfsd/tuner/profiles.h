// SPDX-License-Identifier: Apache-2.0
// Profiles: sets of kernel values with a name, a file each, vexfsd.toml(5).
//
//   description = "..."
//   [set]
//   vm.swappiness = 1
//   [raise]                     # only where the value is lower
//   vm.max_map_count = 262144
//
// NAME.toml of a later directory takes the place of an earlier one's.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "vexfsd/config/settings.h"

namespace vexfs::tuner {

struct ProfileValue {
    std::string key;
    std::string value;   // normal_value() of what is to be written
    bool raise = false;  // leaves a value that is higher
};

struct Profile {
    std::string name;
    std::string description;
    std::vector<ProfileValue> values;  // sorted by key
    std::string file;
};

class ProfileCatalog {
  public:
    // profiles/ in each of configuration_directories().
    static std::vector<std::string> default_directories();

    // Directories that there are not are passed over. A wrong file is left out and among problems().
    static ProfileCatalog load(const std::vector<std::string>& directories = default_directories());

    const std::vector<Profile>& profiles() const { return profiles_; }  // sorted by name
    const std::vector<ConfigProblem>& problems() const { return problems_; }
    // not_found, naming what there is or what is wrong with its file. The profile lives as long as the
    // catalog.
    Result<const Profile*> find(const std::string& name) const;

  private:
    void add_file(const std::string& name, const std::string& path);

    std::vector<Profile> profiles_;
    std::vector<ConfigProblem> problems_;
    std::vector<std::string> directories_;
};

}  // namespace vexfs::tuner
