// SPDX-License-Identifier: Apache-2.0
#include "vexfsctl/terminal.h"

#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>

namespace vexfs::ctl {
namespace {

volatile sig_atomic_t interrupt_noted = 0;

void note_interrupt(int) {
    interrupt_noted = 1;
}

}  // namespace

bool is_terminal(int descriptor) {
    return isatty(descriptor) == 1;
}

size_t terminal_columns(int descriptor) {
    winsize size{};
    if (ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
    return 80;
}

bool wants_colour(int descriptor) {
    const char* no_colour = std::getenv("NO_COLOR");
    return is_terminal(descriptor) && (no_colour == nullptr || *no_colour == '\0');
}

void note_interrupts() {
    struct sigaction action {};
    action.sa_handler = note_interrupt;
    action.sa_flags = SA_RESETHAND;
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, nullptr);
    sigaction(SIGTERM, &action, nullptr);
}

bool interrupted() {
    return interrupt_noted != 0;
}

}  // namespace vexfs::ctl
