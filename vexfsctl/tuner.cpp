// SPDX-License-Identifier: Apache-2.0
#include "vexfsctl/tuner.h"

#include <unistd.h>

#include "vexfsd/tuner/bus/tuner_client.h"

namespace vexfs::ctl {
namespace {

using namespace vexfs::tuner;

class OwnTuner final : public Tuner {
  public:
    Result<TuningReport> apply(const Profile& profile) override {
        return Tuning(kernel_values()).apply(profile);
    }
    Result<TuningReport> revert() override { return Tuning(kernel_values()).revert(); }
    Result<ModuleStatus> load(const Settings::Module& settings) override { return Module().load(settings); }
    Result<void> unload() override { return Module().unload(); }
};

class BusTuner final : public Tuner {
  public:
    explicit BusTuner(TunerClient client) : client_(std::move(client)) {}

    Result<TuningReport> apply(const Profile& profile) override { return client_.apply(profile.name); }
    Result<TuningReport> revert() override { return client_.revert(); }
    Result<ModuleStatus> load(const Settings::Module&) override { return client_.load(); }
    Result<void> unload() override { return client_.unload(); }

  private:
    TunerClient client_;
};

}  // namespace

const KernelValues& kernel_values() {
    static const KernelValues values;
    return values;
}

std::unique_ptr<Tuner> open_tuner() {
    if (geteuid() != 0) {
        if (auto client = TunerClient::open()) return std::make_unique<BusTuner>(std::move(*client));
    }
    return std::make_unique<OwnTuner>();
}

}  // namespace vexfs::ctl
