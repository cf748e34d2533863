// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/tuner/module_failure.h"

#include <fmt/format.h>

#include <cerrno>
#include <string_view>

#include "vexfsd/tuner/tuning.h"

namespace vexfs::tuner {
namespace {

Error cant(ErrorCode code, std::string_view doing, std::string why, std::string hint,
           const ModuleFacts& facts) {
    if (!facts.log.empty()) why += fmt::format("; the kernel says: {}", facts.log);
    return {code, fmt::format("the module vexfs_v2 is not {}: {}", doing, why), std::move(hint)};
}

Error refused(const ModuleFacts& facts) {
    if (!facts.root)
        return cant(ErrorCode::permission_denied, "loaded", "permission denied", only_root_may, facts);
    if (facts.modules_disabled) {
        return cant(ErrorCode::unsupported, "loaded", "kernel.modules_disabled is 1",
                    "no module is loaded until the next start of the machine", facts);
    }
    if (!facts.lockdown.empty()) {
        return cant(
            ErrorCode::unsupported, "loaded",
            fmt::format("the kernel is locked down ({}), and the module's signature is none that it trusts",
                        facts.lockdown),
            "sign it with a key that the firmware knows: mokutil --import /var/lib/dkms/mok.pub, and "
            "start the machine anew",
            facts);
    }
    return cant(ErrorCode::permission_denied, "loaded", "the kernel refuses it",
                "in a container, load it on the host", facts);
}

}  // namespace

std::string release_in(const std::string& vermagic) {
    return vermagic.substr(0, vermagic.find(' '));
}

Error why_not_loaded(int error_number, const ModuleFacts& facts) {
    if (!facts.modules) {
        return cant(ErrorCode::unsupported, "loaded", "this kernel was built without loadable modules",
                    "mount by FUSE: --backend fuse", facts);
    }
    switch (error_number) {
        case ENOENT:
            return cant(ErrorCode::not_found, "loaded",
                        fmt::format("there is none for this kernel, {}", facts.release),
                        fmt::format("apt-get install vexfs-dkms linux-headers-{}", facts.release), facts);
        case ENOEXEC:
            if (!facts.built_for.empty() && release_in(facts.built_for) != facts.release) {
                return cant(
                    ErrorCode::unsupported, "loaded",
                    fmt::format("it was built for {}, and the kernel is {}", release_in(facts.built_for),
                                facts.release),
                    fmt::format("build it for this one: apt-get install linux-headers-{} && dkms autoinstall",
                                facts.release),
                    facts);
            }
            return cant(ErrorCode::unsupported, "loaded",
                        fmt::format("its format isn't this kernel's: it was built for '{}'", facts.built_for),
                        "build it with the kernel's own headers and compiler: dkms autoinstall", facts);
        case ENOKEY:
        case EKEYREJECTED:
        case EBADMSG:
            return cant(
                ErrorCode::unsupported, "loaded", "its signature is missing, or none that the kernel trusts",
                "enrol the key that DKMS signs with: mokutil --import /var/lib/dkms/mok.pub, and start the "
                "machine anew",
                facts);
        case EPERM:
        case EACCES: return refused(facts);
        case ERANGE:
        case EINVAL:
            return cant(ErrorCode::invalid_argument, "loaded", "it refuses a parameter",
                        "'vexfsctl module plan' shows them with their ranges; they stand under [module] of "
                        "vexfsd.toml(5)",
                        facts);
        default: break;
    }
    Error error = fail_errno("the module vexfs_v2 is not loaded", error_number).value();
    if (!facts.log.empty()) error.message += fmt::format("; the kernel says: {}", facts.log);
    return error;
}

Error why_not_unloaded(int error_number, const ModuleFacts& facts) {
    switch (error_number) {
        case ENOENT: return cant(ErrorCode::not_found, "unloaded", "it is not loaded", {}, facts);
        case EPERM:
        case EACCES:
            if (facts.root) break;
            return cant(ErrorCode::permission_denied, "unloaded", "permission denied", only_root_may, facts);
        case EAGAIN:
        case EBUSY:
            return cant(ErrorCode::busy, "unloaded", "it is in use by a mount or a daemon",
                        "'vexfsctl umount' first, or 'systemctl stop vexfsd'", facts);
        default: break;
    }
    return fail_errno("the module vexfs_v2 is not unloaded", error_number).value();
}

}  // namespace vexfs::tuner
