// SPDX-License-Identifier: Apache-2.0
// What systemd has in mind with the unit that this process belongs to.
#pragma once

namespace vexfs {

// Whether the unit is being stopped and not to be started again at once. False where that can't be found out:
// without a bus, or where the process is no unit's.
bool unit_stops_for_good();

}  // namespace vexfs
