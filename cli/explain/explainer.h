#ifndef MOUNTGUARD_CLI_EXPLAIN_EXPLAINER_H_
#define MOUNTGUARD_CLI_EXPLAIN_EXPLAINER_H_

#include <string>
#include <vector>

#include "cli/checker.h"
#include "cli/environment.h"
#include "cli/explain/explanation.h"
#include "core/runtime.h"
#include "policy/engine.h"

namespace mountguard::cli {

/// What all of `paths` hold, "-" being standard input, in their order. `settings` is the request
/// that is assumed; `runtime` that of the nodes, which is the engine's. What cannot be read is in
/// the explanation's errors.
Explanation Explain(const std::vector<std::string>& paths, const policy::Engine& engine,
                    core::Runtime runtime, const CheckSettings& settings, Environment& env);

}  // namespace mountguard::cli

#endif  // MOUNTGUARD_CLI_EXPLAIN_EXPLAINER_H_
