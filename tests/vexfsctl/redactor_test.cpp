// SPDX-License-Identifier: Apache-2.0
#include "vexfsctl/doctor/redactor.h"

#include <catch2/catch.hpp>

using namespace vexfs::ctl;

TEST_CASE("a name becomes the same placeholder everywhere, and only where it stands alone") {
    Redactor redactor;
    redactor.hide("collection", "docs");
    redactor.hide("collection", "docs.old");
    redactor.hide("host", "alpha");
    redactor.hide("collection", "");
    CHECK(redactor.redact("docs, docs.old and \"docs\" on alpha\n/var/docs/x docs-2 mydocs\n") ==
          "collection-1, collection-2 and \"collection-1\" on host-1\n/var/collection-1/x docs-2 mydocs\n");
}

TEST_CASE("addresses and home directories go whoever they belong to") {
    const Redactor redactor;
    CHECK(redactor.redact(
              "10.0.0.17 fe80::1:2:3:4 2001:db8:1:2:3:4:5:6 aa:bb:cc:dd:ee:ff jo@example.org /home/jo/x "
              "12:30:05 2.0.0") == "IP IP IP MAC ADDRESS /home/USER/x 12:30:05 2.0.0");
}

TEST_CASE("a line may be long, and what is long in it without a space is left out") {
    std::string line;
    while (line.size() < 1 << 20) line += "word ";
    CHECK(Redactor().redact(line + "\n") == line + "\n");
    CHECK(Redactor().redact("a " + std::string(1 << 20, 'x') + " b") == "a (1048576 bytes) b");
}
