// SPDX-License-Identifier: Apache-2.0
// The module's parameters as configured and as they are, and why it is not loaded.
#include "vexfsd/tuner/module.h"

#include <cerrno>

#include "tests/vexfsd/tuner/made_kernel.h"

using namespace vexfs;
using namespace vexfs::test;
using namespace vexfs::tuner;

namespace {

// A machine whose modules are files.
struct Made {
    MadeKernel kernel;

    Made() {
        kernel.set("sys/kernel/modules_disabled", "0");
        std::filesystem::create_directories(kernel.path("modules"));
    }
    Module module() const {
        return Module({kernel.path("sysfs"), kernel.path("modules")}, kernel, kernel.path("state"));
    }
    void loaded(const std::string& parameter, std::string_view value) const {
        kernel.set("sysfs/module/vexfs_v2/parameters/" + parameter, value);
    }
};

const ModuleParameter& parameter_of(const ModuleStatus& status, const std::string& name) {
    const auto found = std::ranges::find(status.parameters, name, &ModuleParameter::name);
    REQUIRE(found != status.parameters.end());
    return *found;
}

ModuleFacts facts() {
    ModuleFacts facts;
    facts.release = "6.1.0-30-amd64";
    facts.built_for = "6.1.0-30-amd64 SMP preempt mod_unload";
    facts.root = true;
    return facts;
}

}  // namespace

TEST_CASE("a module that isn't there says so, with the command that brings it") {
    const Made made;
    const ModuleStatus status = made.module().status({}).value();
    CHECK_FALSE(status.loaded);
    CHECK(status.file.empty());
    CHECK_THAT(status.note, Catch::Contains("there is none for this kernel"));
    CHECK(status.parameters.size() == 6);
    CHECK(parameter_of(status, "cache_size_mb").state == ParameterState::unset);
    CHECK(parameter_of(status, "prefetch_enabled").configured == "Y");

    const Error error = made.module().load({}).error();
    CHECK(error.code == ErrorCode::not_found);
    CHECK_THAT(error.hint, Catch::Contains("apt-get install vexfs-dkms linux-headers-"));
}

TEST_CASE("the parameters of a loaded module are compared with those configured") {
    const Made made;
    made.loaded("cache_size_mb", "64");
    made.loaded("batch_size", "50");
    made.loaded("prefetch_enabled", "Y");
    made.kernel.set("sysfs/module/vexfs_v2/version", "2.0.0");
    const ModuleStatus status = made.module().status({}).value();
    CHECK(status.loaded);
    CHECK(status.version == "2.0.0");
    CHECK(parameter_of(status, "cache_size_mb").state == ParameterState::same);
    CHECK(parameter_of(status, "prefetch_enabled").state == ParameterState::same);
    CHECK(parameter_of(status, "batch_size").state == ParameterState::differs);
    CHECK(parameter_of(status, "batch_size").actual == "50");
    CHECK(parameter_of(status, "worker_threads").state == ParameterState::missing);
}

TEST_CASE("a load of a module that is loaded sets what differs") {
    const Made made;
    made.loaded("batch_size", "50");
    Settings::Module settings;
    settings.batch_size = 20'000;
    const ModuleStatus status = made.module().load(settings).value();
    CHECK(parameter_of(status, "batch_size").state == ParameterState::same);
    CHECK(made.kernel.get("sysfs/module/vexfs_v2/parameters/batch_size") == "20000");
}

TEST_CASE("the reason of a load that failed is shown until the next start of the kernel") {
    const Made made;
    REQUIRE_FALSE(made.module().load({}));
    const auto kept = posix_disk().read(made.kernel.path("state/module-failure"), 4096);
    REQUIRE(kept);
    CHECK(kept->find("there is none for this kernel") != std::string::npos);
    made.kernel.reboot();
    CHECK_THAT(made.module().status({})->note, Catch::Contains("there is none"));
}

TEST_CASE("a module that isn't loaded can't be unloaded") {
    CHECK(Made().module().unload().error().code == ErrorCode::not_found);
}

TEST_CASE("a module built for another kernel is told by both names") {
    ModuleFacts known = facts();
    known.built_for = "6.1.0-28-amd64 SMP preempt mod_unload";
    const Error error = why_not_loaded(ENOEXEC, known);
    CHECK_THAT(error.message, Catch::Contains("built for 6.1.0-28-amd64, and the kernel is 6.1.0-30-amd64"));
    CHECK_THAT(error.hint, Catch::Contains("dkms autoinstall"));
    CHECK_THAT(why_not_loaded(ENOEXEC, facts()).message, Catch::Contains("its format isn't this kernel's"));
}

TEST_CASE("a signature that isn't trusted, a lockdown and a lack of rights are told apart") {
    for (const int number : {ENOKEY, EKEYREJECTED, EBADMSG})
        CHECK_THAT(why_not_loaded(number, facts()).hint, Catch::Contains("mokutil --import"));
    ModuleFacts known = facts();
    known.lockdown = "integrity";
    CHECK_THAT(why_not_loaded(EPERM, known).message, Catch::Contains("locked down (integrity)"));
    known = facts();
    known.modules_disabled = true;
    CHECK_THAT(why_not_loaded(EPERM, known).message, Catch::Contains("kernel.modules_disabled is 1"));
    known = facts();
    known.root = false;
    CHECK(why_not_loaded(EPERM, known).code == ErrorCode::permission_denied);
    CHECK_THAT(why_not_loaded(EPERM, known).hint, Catch::Contains("sudo"));
}

TEST_CASE("a parameter out of its range is told with what the kernel says of it") {
    ModuleFacts known = facts();
    known.log = "vexfs_v2: worker_threads=999 is not within 0 and 256";
    const Error error = why_not_loaded(ERANGE, known);
    CHECK(error.code == ErrorCode::invalid_argument);
    CHECK_THAT(error.message, Catch::EndsWith("the kernel says: " + known.log));
}

TEST_CASE("a kernel without modules says so") {
    ModuleFacts known = facts();
    known.modules = false;
    CHECK_THAT(why_not_loaded(ENOENT, known).message, Catch::Contains("without loadable modules"));
}

TEST_CASE("a module in use says what to stop") {
    for (const int number : {EAGAIN, EBUSY}) {
        const Error error = why_not_unloaded(number, facts());
        CHECK(error.code == ErrorCode::busy);
        CHECK_THAT(error.hint, Catch::Contains("umount"));
    }
}
