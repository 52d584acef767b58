#ifndef MOUNTGUARD_CLI_REPORT_RULE_PAGES_H_
#define MOUNTGUARD_CLI_REPORT_RULE_PAGES_H_

#include <string>
#include <string_view>

namespace mountguard::cli {

/// The page of a built-in rule, docs/rules/<id>.md, as Markdown; "" for any other rule.
std::string_view RulePageText(std::string_view id);

/// Where that page is published; "" for any other rule.
std::string RulePageUrl(std::string_view id);

/// Where all of the documentation is.
std::string_view DocumentationUrl();

}  // namespace mountguard::cli

#endif  // MOUNTGUARD_CLI_REPORT_RULE_PAGES_H_
