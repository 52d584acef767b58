#ifndef MOUNTGUARD_POLICY_POLICY_SET_H_
#define MOUNTGUARD_POLICY_POLICY_SET_H_

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "core/source_pos.h"
#include "policy/finding.h"

namespace mountguard::policy {

/// Words shared by loader, matcher and engine; the fields are those of ../docs/policy-reference.md.
/// (The block's fields follow below; an empty list means the field is not given.)

}  // namespace mountguard::policy

#endif  // MOUNTGUARD_POLICY_POLICY_SET_H_
