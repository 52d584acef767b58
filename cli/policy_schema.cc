#include "cli/policy_schema.h"

#include <string>

#include "cli/outputs.h"
#include "cli/policy_json_schema.h"

namespace mountguard::cli {
namespace {

ExitCode RunPolicySchema(const Command& command, const Arguments& arguments, Environment& env) {
  std::string file;
  const std::vector<FlagGroup> groups = {
      {"Result",
       {{"-o,--output", &file, "FILE", "where to write it, instead of standard output"}}}};
  if (const auto done = ParseFlags(command, groups, nullptr, arguments, env)) return *done;
  if (file == "-") file.clear();
  return WriteOutputs({{"schema", file}}, env, [](std::string_view, const Terminal&, auto& out) {
    WriteJson(PolicyJsonSchema(), out);
  });
}

}  // namespace

const Command kPolicySchemaCommand = {
    "policy schema",
    "",
    "write the JSON Schema of policies and suites, for editors",
    "With it a YAML language server completes fields and words, shows what they mean, and marks\n"
    "what is wrong while it is typed. The first line of a policy names it:\n"
    "\n"
    "  # yaml-language-server: $schema=mountpolicy.schema.json\n"
    "\n"
    "It is JSON Schema draft-07, of MountPolicy and MountPolicyTest. What spans several places, "
    "such\n"
    "as a name that is given twice, only `policy lint` can tell.",
    "  mountguard policy schema -o mountpolicy.schema.json\n"
    "  mountguard policy schema | jq .definitions.block.properties.hostPath\n",
    &RunPolicySchema,
};

}  // namespace mountguard::cli
