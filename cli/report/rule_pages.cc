#include "cli/report/rule_pages.h"

#include <fmt/format.h>

#include "cli/report/assets.h"

namespace mountguard::cli {

std::string_view RulePageText(std::string_view id) {
  for (const RulePage& page : kRulePages) {
    if (page.id == id) return page.text;
  }
  return "";
}

std::string RulePageUrl(std::string_view id) {
  if (RulePageText(id).empty()) return "";
  return fmt::format("{}/rules/{}.md", DocumentationUrl(), id);
}

std::string_view DocumentationUrl() { return MOUNTGUARD_DOCS_URL; }

}  // namespace mountguard::cli
