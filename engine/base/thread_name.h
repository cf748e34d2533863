// SPDX-License-Identifier: Apache-2.0
// What a thread is called where threads are listed.
#pragma once

#include <pthread.h>

namespace vexfs {

// Of the thread that calls it; 15 characters at most.
inline void name_thread(const char* name) {
    pthread_setname_np(pthread_self(), name);
}

}  // namespace vexfs
