#ifndef MOUNTGUARD_CLI_NODE_PAGE_H_
#define MOUNTGUARD_CLI_NODE_PAGE_H_

#include <string>

#include "node/doctor.h"

namespace mountguard::cli {

/// The section about a case: "docs/node.md#not-shared-root".
inline std::string PageOf(node::Case one) { return "docs/node.md#" + std::string(ToString(one)); }

}  // namespace mountguard::cli

#endif  // MOUNTGUARD_CLI_NODE_PAGE_H_
