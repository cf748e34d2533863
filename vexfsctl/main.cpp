// SPDX-License-Identifier: Apache-2.0
#include <clocale>
#include <csignal>

#include "vexfsctl/nouns.h"

int main(int argc, char** argv) {
    // Widths of characters are those of UTF-8 whatever the locale: names and metadata are UTF-8 always.
    std::setlocale(LC_CTYPE, "C.UTF-8");
    // A closed pipe is seen by the write to it, so that the engine is shut down in order.
    std::signal(SIGPIPE, SIG_IGN);
    vexfs::ctl::Cli cli;
    vexfs::ctl::register_nouns(cli);
    return cli.run(argc, argv);
}
