#include "cli/rules.h"

#include <fmt/format.h>

#include <string>

#include "cli/json_output.h"
#include "cli/table.h"
#include "policy/all_rules.h"

namespace mountguard::cli {
namespace {

std::string PageOf(const policy::RuleInfo& rule) {
  return fmt::format("docs/rules/{}.md", rule.id);
}

void WriteJsonRules(std::ostream& out) {
  Json rules = Json::array();
  for (const policy::RuleInfo& rule : policy::AllRules()) {
    rules.push_back({{"id", rule.id},
                     {"origin", ToString(rule.origin)},
                     {"defaultAction", ToString(rule.default_action)},
                     {"summary", rule.summary},
                     {"remedy", rule.remedy},
                     {"page", PageOf(rule)}});
  }
  WriteJson({{"apiVersion", "mountguard.io/v1"}, {"kind", "RuleList"}, {"rules", std::move(rules)}},
            out);
}

void WriteTextRules(const Terminal& terminal, std::ostream& out) {
  Table table({"ID", "ORIGIN", "DEFAULT", "SUMMARY"});
  for (const policy::RuleInfo& rule : policy::AllRules()) {
    table.Add({std::string(rule.id), std::string(ToString(rule.origin)),
               std::string(ToString(rule.default_action)), std::string(rule.summary)});
  }
  table.Write("", terminal, out);
  out << "\nEach has a page: docs/rules/ID.md\n";
}

ExitCode RunRules(const Command& command, const Arguments& arguments, Environment& env) {
  std::string format = "text";
  const std::vector<FlagGroup> groups = {
      {"Result", {{"-o,--output", &format, "text|json", "how to print it (text)"}}}};
  if (const auto done = ParseFlags(command, groups, nullptr, arguments, env)) return *done;
  if (format == "json") {
    WriteJsonRules(env.out);
  } else {
    WriteTextRules(env.terminal, env.out);
  }
  return ExitCode::kClean;
}

}  // namespace

const Command kRulesCommand = {
    "rules",
    "",
    "list the built-in rules",
    "Rules of origin \"kubernetes\" are the API server's own, letter for letter; \"advice\" speaks "
    "of\n"
    "what passes validation and still hurts. A policy sets what each of them does.",
    "  mountguard rules\n"
    "  mountguard rules -o json\n",
    &RunRules,
};

}  // namespace mountguard::cli
