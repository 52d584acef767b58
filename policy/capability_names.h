#ifndef MOUNTGUARD_POLICY_CAPABILITY_NAMES_H_
#define MOUNTGUARD_POLICY_CAPABILITY_NAMES_H_

#include <array>
#include <string_view>

namespace mountguard::policy {

/// The capabilities of Linux 6.12 in the order of their bits (capabilities(7)), without CAP_;
/// behind them the word that stands for all of them.
inline constexpr std::array<std::string_view, 42> kCapabilityNames = {
    "CHOWN",
    "DAC_OVERRIDE",
    "DAC_READ_SEARCH",
    "FOWNER",
    "FSETID",
    "KILL",
    "SETGID",
    "SETUID",
    "SETPCAP",
    "LINUX_IMMUTABLE",
    "NET_BIND_SERVICE",
    "NET_BROADCAST",
    "NET_ADMIN",
    "NET_RAW",
    "IPC_LOCK",
    "IPC_OWNER",
    "SYS_MODULE",
    "SYS_RAWIO",
    "SYS_CHROOT",
    "SYS_PTRACE",
    "SYS_PACCT",
    "SYS_ADMIN",
    "SYS_BOOT",
    "SYS_NICE",
    "SYS_RESOURCE",
    "SYS_TIME",
    "SYS_TTY_CONFIG",
    "MKNOD",
    "LEASE",
    "AUDIT_WRITE",
    "AUDIT_CONTROL",
    "SETFCAP",
    "MAC_OVERRIDE",
    "MAC_ADMIN",
    "SYSLOG",
    "WAKE_ALARM",
    "BLOCK_SUSPEND",
    "AUDIT_READ",
    "PERFMON",
    "BPF",
    "CHECKPOINT_RESTORE",
    "ALL",
};

}  // namespace mountguard::policy

#endif  // MOUNTGUARD_POLICY_CAPABILITY_NAMES_H_
