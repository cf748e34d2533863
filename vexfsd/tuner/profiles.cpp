// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/tuner/profiles.h"

#include <fmt/format.h>

#include <algorithm>

#include "vexfsd/base/nearest.h"
#include "vexfsd/config/catalog.h"
#include "vexfsd/config/directories.h"
#include "vexfsd/config/toml_file.h"
#include "vexfsd/tuner/kernel_values.h"

namespace vexfs::tuner {
namespace {

constexpr size_t values_max = 256;

// Reads one profile's file; every mistake in it goes to `problems`.
class ProfileReader {
  public:
    ProfileReader(Profile& profile, std::vector<ConfigProblem>& problems)
        : profile_(profile), problems_(problems) {}

    void read(const toml::table& table) {
        for (const auto& [key, node] : table) {
            const std::string_view name = key.str();
            if (name == "description") {
                take_description(node);
            } else if (name == "set" || name == "raise") {
                take_section(node, name);
            } else {
                constexpr std::string_view known[] = {"description", "set", "raise"};
                add(key.source(), fmt::format("a profile has no key {}", name), did_you_mean(name, known));
            }
        }
        std::ranges::sort(profile_.values, {}, &ProfileValue::key);
        const auto twice = std::ranges::adjacent_find(profile_.values, {}, &ProfileValue::key);
        if (twice != profile_.values.end())
            problems_.push_back({profile_.file, 0, 0, fmt::format("{} stands there twice", twice->key), {}});
        for (const ProfileValue& value : profile_.values) check_twin(value.key);
        if (profile_.values.empty())
            problems_.push_back({profile_.file, 0, 0, "the profile has no values", "write them under [set]"});
        if (profile_.values.size() > values_max)
            problems_.push_back(
                {profile_.file, 0, 0, fmt::format("the profile has more than {} values", values_max), {}});
    }

  private:
    void add(const toml::source_region& place, std::string message, std::string hint = {}) {
        problems_.push_back(problem_at(profile_.file, place, std::move(message), std::move(hint)));
    }

    void check_twin(const std::string& key) {
        const std::string_view twin = twin_of(key);
        if (key > twin ||
            std::ranges::find(profile_.values, twin, &ProfileValue::key) == profile_.values.end())
            return;
        problems_.push_back(
            {profile_.file,
             0,
             0,
             fmt::format("the kernel takes one of {} and {}, and zeroes the other", key, twin),
             {}});
    }

    void take_description(const toml::node& node) {
        if (const auto* text = node.as_string()) {
            profile_.description = text->get();
        } else {
            add(node.source(), "description takes a string");
        }
    }

    void take_section(const toml::node& node, std::string_view section) {
        if (const auto* table = node.as_table()) {
            take_table(*table, {}, section == "raise");
        } else {
            add(node.source(), fmt::format("{} is a section, not a key", section),
                fmt::format("write [{}]", section));
        }
    }

    // vm.swappiness = 1 is a table in a table to TOML; "vm.swappiness" = 1 is one key.
    void take_table(const toml::table& table, const std::string& prefix, bool raise) {
        for (const auto& [key, node] : table) {
            const std::string name = fmt::format("{}{}", prefix, key.str());
            if (const auto* below = node.as_table()) {
                take_table(*below, name + ".", raise);
            } else {
                take_value(name, key, node, raise);
            }
        }
    }

    void take_value(const std::string& name, const toml::key& key, const toml::node& node, bool raise) {
        if (auto good = check_key(name); !good)
            return add(key.source(), good.error().message, good.error().hint);
        if (const auto* number = node.as_integer()) {
            profile_.values.push_back({name, fmt::format("{}", number->get()), raise});
            return;
        }
        const auto* text = node.as_string();
        if (raise || text == nullptr) {
            add(node.source(), fmt::format("{} takes an integer{}", name, raise ? "" : " or a string"),
                raise ? "only an integer can be raised" : "");
            return;
        }
        profile_.values.push_back({name, normal_value(text->get()), raise});
    }

    Profile& profile_;
    std::vector<ConfigProblem>& problems_;
};

}  // namespace

std::vector<std::string> ProfileCatalog::default_directories() {
    std::vector<std::string> directories = configuration_directories();
    for (std::string& directory : directories) directory += "/profiles";
    return directories;
}

ProfileCatalog ProfileCatalog::load(const std::vector<std::string>& directories) {
    ProfileCatalog catalog;
    catalog.directories_ = directories;
    for (const auto& [name, file] : toml_files_by_name(directories)) catalog.add_file(name, file);
    return catalog;
}

void ProfileCatalog::add_file(const std::string& name, const std::string& path) {
    const size_t problems_before = problems_.size();
    auto table = read_toml(path);
    if (!table) {
        problems_.push_back(table.error());
        return;
    }
    if (!*table) return;
    Profile profile{name, {}, {}, path};
    ProfileReader(profile, problems_).read(**table);
    if (problems_.size() == problems_before) profiles_.push_back(std::move(profile));
}

Result<const Profile*> ProfileCatalog::find(const std::string& name) const {
    return find_named("profile", name, profiles_, problems_, directories_);
}

}  // namespace vexfs::tuner
