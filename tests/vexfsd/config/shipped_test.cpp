// SPDX-License-Identifier: Apache-2.0
// The configuration and presets that are installed.
#include <sstream>

#include "tests/vexfsd/config/config_files.h"
#include "vexfsd/config/alert_rules.h"
#include "vexfsd/config/presets.h"

using namespace vexfs;
using namespace vexfs::test;

namespace {

std::string shipped_file() {
    std::ostringstream text;
    text << std::ifstream(VEXFS_SHIPPED_CONFIG "/vexfsd.toml").rdbuf();
    return text.str();
}

}  // namespace

TEST_CASE("the five shipped presets are right") {
    const PresetCatalog catalog = PresetCatalog::load({VEXFS_SHIPPED_CONFIG "/presets"});
    for (const ConfigProblem& problem : catalog.problems()) FAIL_CHECK(problem.text());
    Texts names;
    for (const Preset& preset : catalog.presets()) {
        names.push_back(preset.name);
        CAPTURE(preset.name);
        CHECK_FALSE(preset.description.empty());
        CHECK(preset.target_recall > 0.8);
        const auto schema = schema_of(preset);
        REQUIRE(schema);
        CHECK(schema->preset == preset.name);
        CHECK(schema->target_recall == preset.target_recall);
    }
    CHECK(names ==
          Texts{"balanced", "high-recall", "high-recall-lsh", "high-throughput", "memory-efficient"});
}

TEST_CASE("the shipped rules of alerts are right and describe themselves") {
    const AlertCatalog catalog = AlertCatalog::load({VEXFS_SHIPPED_CONFIG "/alerts"});
    for (const ConfigProblem& problem : catalog.problems) FAIL(problem.text());
    CHECK(catalog.rules.size() == 9);
    for (const AlertRule& rule : catalog.rules) CHECK_FALSE(rule.description.empty());
}

TEST_CASE("the shipped configuration is right and names a shipped preset") {
    const Configuration configuration = ConfigFiles::load(VEXFS_SHIPPED_CONFIG "/vexfsd.toml");
    const std::string preset = configuration.settings().collections.preset;
    CHECK(preset == "balanced");
    CHECK(PresetCatalog::load({VEXFS_SHIPPED_CONFIG "/presets"}).find(preset));
}

TEST_CASE("the shipped configuration shows every key with the value built in") {
    const ConfigFiles files;
    std::string all = shipped_file();
    // "#key = value" is a key, "# Text" is not.
    for (size_t at = 0; (at = all.find("\n#", at)) != std::string::npos; ++at) {
        if (all.compare(at + 2, 1, " ") != 0) all.erase(at + 1, 1);
    }
    const Configuration configuration = ConfigFiles::load(files.write("all.toml", all));
    for (const auto& [key, value, origin] : configuration.values()) {
        CAPTURE(key->name);
        CHECK(origin.line != 0);
        if (key->name != "collections.preset") CHECK(value == key->default_value);
    }
}
