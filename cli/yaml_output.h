#ifndef MOUNTGUARD_CLI_YAML_OUTPUT_H_
#define MOUNTGUARD_CLI_YAML_OUTPUT_H_

#include <ostream>

#include "cli/json_output.h"

namespace mountguard::cli {

/// Writes `json` as block-style YAML that every reader takes for the same value, whatever it makes
/// of bare words: texts are quoted or literal blocks unless they are plainly words. Texts that are
/// no UTF-8 are written with U+FFFD in place of what is not.
void WriteYaml(const Json& json, std::ostream& out);

}  // namespace mountguard::cli

#endif  // MOUNTGUARD_CLI_YAML_OUTPUT_H_
