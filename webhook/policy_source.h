#ifndef MOUNTGUARD_WEBHOOK_POLICY_SOURCE_H_
#define MOUNTGUARD_WEBHOOK_POLICY_SOURCE_H_

#include <string>
#include <vector>

#include "core/file_reader.h"
#include "core/result.h"
#include "policy/policy_loader.h"

namespace mountguard::webhook {

/// Reads the policy files behind `paths` as they are at one moment.
///
/// A directory is read file by file, and a ConfigMap volume may be swapped in between: the first
/// file would be of the old set and the second of the new one, which together may be a set that
/// nobody wrote. So all is read until two readings agree. Fails if a file cannot be read, or if
/// the files never come to rest.
core::Result<std::vector<policy::PolicyFile>> ReadPolicySnapshot(
    const std::vector<std::string>& paths, const core::FileReader& reader);

}  // namespace mountguard::webhook

#endif  // MOUNTGUARD_WEBHOOK_POLICY_SOURCE_H_
