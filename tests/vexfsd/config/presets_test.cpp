// SPDX-License-Identifier: Apache-2.0
// Presets read from directories, and mistakes in them.
#include "vexfsd/config/presets.h"

#include "tests/vexfsd/config/config_files.h"

using namespace vexfs;
using namespace vexfs::test;

namespace {

constexpr const char* good = R"(description = "for tests"
algorithm = "hnsw"
target_recall = 0.9
[parameters]
m = 8
max_m = 16
)";

Texts names(const PresetCatalog& catalog) {
    Texts all;
    for (const Preset& preset : catalog.presets()) all.push_back(preset.name);
    return all;
}

}  // namespace

TEST_CASE("a preset is a file with its name") {
    const ConfigFiles files;
    const std::string path = files.write("presets/quick.toml", good);
    const PresetCatalog catalog = PresetCatalog::load({files.path("presets")});
    CHECK(catalog.problems().empty());
    const Preset* const preset = catalog.find("quick").value();
    CHECK(to_json(*preset) == nlohmann::json{{"name", "quick"},
                                             {"description", "for tests"},
                                             {"algorithm", "hnsw"},
                                             {"target_recall", 0.9},
                                             {"parameters", {{"m", 8}, {"max_m", 16}}},
                                             {"file", path}});
    const Schema schema = schema_of(*preset).value();
    CHECK(schema.preset == "quick");
    CHECK(schema.algorithm == Algorithm::hnsw);
    CHECK(schema.target_recall == 0.9);
    CHECK(schema.hnsw.m == 8);
    CHECK(schema.hnsw.max_m == 16);
    CHECK(schema.hnsw.ef_search == HnswParameters{}.ef_search);
}

TEST_CASE("a preset of a later directory takes the place of one with its name") {
    const ConfigFiles files;
    files.write("usr/quick.toml", good);
    files.write("usr/other.toml", good);
    files.write("etc/quick.toml", "algorithm = \"flat\"\n");
    const PresetCatalog catalog =
        PresetCatalog::load({files.path("usr"), files.path("etc"), files.path("none")});
    CHECK(names(catalog) == Texts{"other", "quick"});
    CHECK(catalog.find("quick").value()->algorithm == Algorithm::flat);
}

TEST_CASE("a wrong preset is left out with all that is wrong, and the others stand") {
    const ConfigFiles files;
    files.write("presets/quick.toml", good);
    const std::string wrong = files.write("presets/wrong.toml", R"(descripton = "a typo"
algorithm = "hnsw"
target_recall = 1.5
[parameters]
m = 1
n = 2
ef_search = "many"
)");
    const PresetCatalog catalog = PresetCatalog::load({files.path("presets")});
    CHECK(names(catalog) == Texts{"quick"});
    Texts problems;
    for (const ConfigProblem& problem : catalog.problems()) problems.push_back(problem.text());
    REQUIRE(problems.size() == 5);
    CHECK(problems[0] == wrong + R"(:1:1: a preset has no key descripton (did you mean "description"?))");
    CHECK(problems[1] == wrong + ":7:13: ef_search must be a whole number from 1 to 65536, not \"many\"");
    CHECK(problems[2] == wrong + ":5:5: m must be a whole number from 2 to 128, not 1");
    CHECK_THAT(problems[3], Catch::StartsWith(wrong + ":6:5: parameter 'n' is not known"));
    CHECK_THAT(problems[4], Catch::StartsWith(wrong + ":3:17: target_recall is 1.5"));

    const auto found = catalog.find("wrong");
    REQUIRE_FALSE(found);
    CHECK(found.error().code == ErrorCode::invalid_argument);
    CHECK_THAT(found.error().message, Catch::StartsWith("preset wrong is wrong: " + wrong));
}

TEST_CASE("a preset names an algorithm that there is") {
    const ConfigFiles files;
    files.write("presets/none.toml", "target_recall = 0.9\n");
    files.write("presets/tree.toml", "algorithm = \"tree\"\n");
    files.write("presets/seven.toml", "algorithm = 7\n");
    const PresetCatalog catalog = PresetCatalog::load({files.path("presets")});
    CHECK(catalog.presets().empty());
    CHECK(catalog.problems().size() == 3);
}

TEST_CASE("what is wrong of parameters together is told as well") {
    const ConfigFiles files;
    const std::string file =
        files.write("presets/odd.toml", "algorithm = \"hnsw\"\n[parameters]\nm = 64\nmax_m = 32\n");
    const PresetCatalog catalog = PresetCatalog::load({files.path("presets")});
    CHECK(catalog.presets().empty());
    REQUIRE(catalog.problems().size() == 1);
    CHECK(catalog.problems()[0].text() == file + ": max_m 32 is below m 64");
}

TEST_CASE("a preset promises a recall above 0 and below 1, as a schema can hold it") {
    const ConfigFiles files;
    for (const char* recall : {"0", "1", "1.0", "-0.5", "nan", "inf", "\"0.9\"", "true"}) {
        files.write("presets/p.toml", "algorithm = \"hnsw\"\ntarget_recall = " + std::string(recall) + "\n");
        CAPTURE(recall);
        CHECK(PresetCatalog::load({files.path("presets")}).problems().size() == 1);
    }
    files.write("presets/p.toml", "algorithm = \"hnsw\"\ntarget_recall = 0.999\n");
    const PresetCatalog catalog = PresetCatalog::load({files.path("presets")});
    REQUIRE(catalog.problems().empty());
    Schema schema = schema_of(*catalog.find("p").value()).value();
    schema.dimension = 1;
    CHECK(schema_from_json(to_json(schema)).value() == schema);
}

TEST_CASE("a file that is no TOML is a problem of its own") {
    const ConfigFiles files;
    files.write("presets/quick.toml", good);
    files.write("presets/broken.toml", "algorithm = \n");
    const PresetCatalog catalog = PresetCatalog::load({files.path("presets")});
    CHECK(names(catalog) == Texts{"quick"});
    REQUIRE(catalog.problems().size() == 1);
    CHECK(catalog.problems()[0].line == 1);
}

TEST_CASE("an unknown preset is told with the one that was probably meant, or with all") {
    const ConfigFiles files;
    files.write("presets/quick.toml", good);
    files.write("presets/thorough.toml", good);
    const PresetCatalog catalog = PresetCatalog::load({files.path("presets")});
    const auto refused = [](const PresetCatalog& from, const std::string& name) {
        const auto found = from.find(name);
        REQUIRE_FALSE(found);
        CHECK(found.error().code == ErrorCode::not_found);
        CHECK(found.error().message == "there is no preset " + name);
        return found.error().hint;
    };
    CHECK(refused(catalog, "quik") == "did you mean \"quick\"?");
    CHECK(refused(catalog, "balanced") == "there are quick, thorough");
    CHECK(refused(PresetCatalog::load({"/nonexistent"}), "quick") == "there are none in /nonexistent");
}
