// SPDX-License-Identifier: Apache-2.0
// Configuration files of a test, in a directory of its own.
#pragma once

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "tests/engine/temporary_directory.h"
#include "vexfsd/config/settings.h"

namespace vexfs::test {

class ConfigFiles {
  public:
    // Writes a file, and returns its path.
    std::string write(const std::string& name, std::string_view text) const {
        const std::string path = directory_ / name;
        std::filesystem::create_directories(std::filesystem::path(path).parent_path());
        std::ofstream(path) << text;
        return path;
    }
    std::string path(const std::string& name) const { return directory_ / name; }

    // One file, and drop-ins beside it, read.
    static Configuration load(const std::string& file) {
        ConfigSources sources;
        sources.file = file;
        const auto configuration = load_configuration(sources);
        INFO((configuration ? "" : configuration.error().front().text()));
        REQUIRE(configuration);
        return *configuration;
    }

    // What is wrong with a file of that text, without the file's name.
    std::vector<std::string> problems(std::string_view text) const {
        ConfigSources sources;
        sources.file = write("wrong.toml", text);
        const auto configuration = load_configuration(sources);
        REQUIRE_FALSE(configuration);
        std::vector<std::string> texts;
        for (const ConfigProblem& problem : configuration.error()) {
            REQUIRE(problem.text().starts_with(sources.file));
            texts.push_back(problem.text().substr(sources.file.size()));
        }
        return texts;
    }

  private:
    TemporaryDirectory directory_;
};

using Texts = std::vector<std::string>;

}  // namespace vexfs::test
