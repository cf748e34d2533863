// SPDX-License-Identifier: Apache-2.0
// org.vexfs.Manager1 on the system bus, vexfsd(8): what requests answer, for callers with the rights that
// they have; changes for root and whom polkit lets; and signals of what happens. In a thread of its own.
// Where there is no bus nobody listens, and it is looked for again now and then. Thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/collection/store.h"
#include "vexfsd/requests/service.h"
#include "vexfsd/watch/alerts.h"

namespace vexfs {

// What came of a reload: keys that were changed, keys that wait for a restart; or problems, and nothing was.
struct Reloaded {
    std::vector<std::string> changed, later, problems;
};

class ManagerState;

class ManagerBus {
  public:
    // `reload` has the configuration read again, and returns before that is done. Both others must outlive
    // this.
    static Result<std::unique_ptr<ManagerBus>> start(Service& service, const Store& store,
                                                     std::function<void()> reload);
    ~ManagerBus();

    // Sends signals.
    void tell(const AlertEvent& event);
    void tell(const Reloaded& reloaded);

  private:
    explicit ManagerBus(std::unique_ptr<ManagerState> state);

    std::unique_ptr<ManagerState> state_;
};

}  // namespace vexfs
