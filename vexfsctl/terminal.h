// SPDX-License-Identifier: Apache-2.0
// What the process is connected to: terminals, colour, signals.
#pragma once

#include <cstddef>

namespace vexfs::ctl {

bool is_terminal(int descriptor);
size_t terminal_columns(int descriptor);  // 80 where it doesn't say
bool wants_colour(int descriptor);        // a terminal, and NO_COLOR is not set

// From here on the first SIGINT or SIGTERM is only noted, so that work can stop between two steps; a second
// one ends the process.
void note_interrupts();
bool interrupted();

}  // namespace vexfs::ctl
