// SPDX-License-Identifier: Apache-2.0
// Tells of alerts on the system bus, by a signal of org.vexfs.Manager1, vexfsd(8).
#pragma once

#include "engine/base/result.h"
#include "vexfsd/watch/alerts.h"

namespace vexfs {

// Where there is no bus, nobody listens, and that is no error.
Result<void> signal_alert(const AlertEvent& event);

}  // namespace vexfs
