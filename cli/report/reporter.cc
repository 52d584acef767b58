#include "cli/report/reporter.h"

#include <algorithm>

#include "policy/all_rules.h"

namespace mountguard::cli {
namespace {

/// What a policy's author wrote over several lines as one.
std::string OneLine(std::string_view text) {
  std::string line;
  for (const char c : text) {
    const bool blank = c == ' ' || c == '\t' || c == '\n' || c == '\r';
    if (!blank) {
      line += c;
    } else if (!line.empty() && line.back() != ' ') {
      line += ' ';
    }
  }
  if (!line.empty() && line.back() == ' ') line.pop_back();
  return line;
}

}  // namespace

const ReportRule* ReportBasis::FindRule(std::string_view id) const {
  const auto rule = std::lower_bound(
      rules.begin(), rules.end(), id,
      [](const ReportRule& known, std::string_view wanted) { return known.id < wanted; });
  return rule != rules.end() && rule->id == id ? &*rule : nullptr;
}

const ReportException* ReportBasis::FindException(std::string_view name) const {
  for (const ReportException& exception : exceptions) {
    if (exception.name == name) return &exception;
  }
  return nullptr;
}

ReportBasis BasisOf(const policy::PolicySet& policies, std::string_view profile,
                    core::WallTime now) {
  ReportBasis basis;
  for (const policy::RuleInfo& rule : policy::AllRules()) {
    basis.rules.push_back({std::string(rule.id), rule.origin, rule.default_action, "",
                           std::string(rule.summary), std::string(rule.remedy)});
  }
  for (const policy::MountPolicy& policy : policies.policies()) {
    if (!policy.IsIn(profile)) continue;
    for (const policy::PolicyRule& rule : policy.rules) {
      basis.rules.push_back({rule.name, policy::Origin::kPolicy, rule.actions.Strongest(),
                             policy.name, OneLine(rule.description), ""});
    }
    for (const policy::PolicyException& exception : policy.exceptions) {
      basis.exceptions.push_back(
          {exception.name, OneLine(exception.reason), policy.name, policy.file,
           exception.expires ? exception.expires_position : exception.position, exception.expires,
           exception.ExpiredAt(now)});
    }
  }
  std::sort(basis.rules.begin(), basis.rules.end(),
            [](const ReportRule& a, const ReportRule& b) { return a.id < b.id; });
  return basis;
}

bool CheckReport::Fails(const CheckResult& result) const {
  return result.stands() && basis.fail_on != policy::Action::kOff &&
         result.action() >= basis.fail_on;
}

ExitCode CheckReport::exit_code() const {
  const bool failed = std::any_of(results.begin(), results.end(),
                                  [this](const CheckResult& result) { return Fails(result); });
  return Combine(failed ? ExitCode::kFindings : ExitCode::kClean,
                 errors.empty() ? ExitCode::kClean : ExitCode::kUnreadable);
}

const std::vector<ReportFormat>& ReportFormats() {
  static const std::vector<ReportFormat> formats = {
      {"text", "for people: every place with its lines and a remedy", &WriteTextReport},
      {"json", "for programs: everything that is known of every result", &WriteJsonReport},
      {"sarif", "SARIF 2.1.0, for code scanning and editors", &WriteSarifReport},
      {"junit", "JUnit's XML, for the test pages of CI systems", &WriteJUnitReport},
      {"github", "annotations of GitHub Actions", &WriteGitHubReport},
      {"gitlab", "GitLab's Code Quality", &WriteGitLabReport},
      {"policyreport", "PolicyReports, to apply to a cluster", &WritePolicyReport},
      {"html", "a page that stands alone, with filters", &WriteHtmlReport},
  };
  return formats;
}

const ReportFormat* FindReportFormat(std::string_view name) {
  for (const ReportFormat& format : ReportFormats()) {
    if (format.name == name) return &format;
  }
  return nullptr;
}

}  // namespace mountguard::cli
