#include <fmt/format.h>
#include <fmt/ostream.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "cli/report/assets.h"
#include "cli/report/markup.h"
#include "cli/report/reporter.h"
#include "cli/report/rule_pages.h"
#include "cli/report/wording.h"
#include "cli/version.h"
#include "core/code_frame.h"
#include "core/display_width.h"
#include "core/utf8.h"

// One page that needs nothing beside it: style and script (html_report.css, html_report.js) are in
// it, and its own policy lets it load nothing and run no other script.

namespace mountguard::cli {
namespace {

/// The bytes of `text` that take its first `columns` columns.
std::size_t BytesOfColumns(std::string_view text, int columns) {
  std::size_t at = 0;
  while (at < text.size() && columns > 0) {
    const core::Rune rune = core::DecodeRune(text.substr(at));
    columns -= core::DisplayWidth(rune.code_point);
    at += rune.length;
  }
  return at;
}

/// Takes away the spaces that all lines begin with: a phone has no room for them.
void DropCommonIndent(core::CodeFrame* frame) {
  std::size_t indent = std::string::npos;
  for (const core::CodeFrame::Line& line : frame->lines) {
    indent = std::min(indent, line.text.find_first_not_of(' '));
  }
  indent = std::min(indent, static_cast<std::size_t>(frame->caret_column));
  for (core::CodeFrame::Line& line : frame->lines) line.text.erase(0, indent);
  frame->caret_column -= static_cast<int>(indent);
}

/// What stands in a file, in the order of the report.
struct FileEntries {
  std::vector<std::size_t> results;  // their places in the report
  std::vector<std::size_t> errors;
  std::vector<std::size_t> skipped;
};

/// What every entry begins with.
struct EntryHead {
  Standing standing;
  std::string_view rule;  // "" for none
  const std::string& file;
  core::SourcePos position;
};

class PageWriter {
 public:
  PageWriter(const CheckReport& report, std::ostream& out) : report_(report), out_(out) {}

  void Page() {
    Head();
    Heading();
    Filters();
    Entries();
    Rules();
    Foot();
  }

 private:
  void Head() { WritePageHead(OutcomeText(), {kHtmlReportCss, kHtmlReportJs}, out_); }

  /// "2 denied, 1 warned": what somebody has to do something about, or "nothing to mend".
  std::string OutcomeText() const {
    std::string text;
    for (const ReportCount& count : CountsOf(report_)) {
      if (count.standing > Standing::kWarn) continue;
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count.count, count.word);
    }
    return text.empty() ? "nothing to mend" : text;
  }

  void Heading() {
    const std::vector<ReportCount> counts = CountsOf(report_);
    Standing worst = Standing::kSkipped;
    for (const ReportCount& count : counts) worst = std::min(worst, count.standing);
    fmt::print(out_,
               "<header>\n"
               "<h1>Mount propagation</h1>\n"
               "<p class=\"outcome {}\">{}</p>\n"
               "<p class=\"scope\">{} checked</p>\n"
               "</header>\n",
               worst > Standing::kWarn ? "clean" : ToString(worst), Escaped(OutcomeText()),
               ScopeText(report_.summary));
  }

  std::map<Standing, int> CountByStanding() const {
    std::map<Standing, int> counts;
    for (const CheckResult& result : report_.results) ++counts[StandingOf(result)];
    if (!report_.errors.empty()) counts[Standing::kError] = static_cast<int>(report_.errors.size());
    if (!report_.skipped.empty()) {
      counts[Standing::kSkipped] = static_cast<int>(report_.skipped.size());
    }
    return counts;
  }

  std::set<std::string> SpokenRules() const {
    std::set<std::string> rules;
    for (const CheckResult& result : report_.results) rules.insert(result.rule);
    return rules;
  }

  /// Hidden until the script, without which it does nothing, shows it.
  void Filters() {
    fmt::print(out_,
               "<form class=\"filters\" aria-label=\"Filters\" hidden>\n"
               "<fieldset><legend>Show</legend>\n");
    for (const auto& [standing, count] : CountByStanding()) {
      fmt::print(out_,
                 "<label class=\"chip {0}\"><input type=\"checkbox\" name=\"standing\" "
                 "value=\"{0}\" checked>{0} <b>{1}</b></label>\n",
                 ToString(standing), count);
    }
    fmt::print(out_, "</fieldset>\n");
    const std::set<std::string> rules = SpokenRules();
    std::vector<std::string> files;
    for (const auto& [file, entries] : by_file_) files.push_back(FileText(file));
    Choice("rule", "Rule", "all rules", {rules.begin(), rules.end()});
    Choice("file", "File", "all files", files);
    fmt::print(out_, "<button type=\"reset\">Show all</button>\n<output></output>\n</form>\n");
  }

  void Choice(std::string_view name, std::string_view label, std::string_view all,
              const std::vector<std::string>& values) {
    fmt::print(out_,
               "<label class=\"field\"><span>{}</span><select name=\"{}\">"
               "<option value=\"\">{}</option>",
               label, name, all);
    for (const std::string& value : values) fmt::print(out_, "<option>{}</option>", Escaped(value));
    fmt::print(out_, "</select></label>\n");
  }

  void Entries() {
    fmt::print(out_, "<main>\n");
    for (const auto& [file, entries] : by_file_) {
      fmt::print(out_, "<section class=\"file\">\n<h2>{}</h2>\n", Escaped(FileText(file)));
      for (const std::size_t result : entries.results) Entry(report_.results[result]);
      for (const std::size_t error : entries.errors) Entry(report_.errors[error]);
      for (const std::size_t skipped : entries.skipped) Entry(report_.skipped[skipped]);
      fmt::print(out_, "</section>\n");
    }
    const std::string_view none =
        by_file_.empty() ? "Nothing found." : "Nothing that the filters let through.";
    fmt::print(out_, "<p class=\"none\"{}>{}</p>\n</main>\n", by_file_.empty() ? "" : " hidden",
               none);
  }

  void Entry(const CheckResult& result) {
    Begin({StandingOf(result), result.rule, result.file, result.position}, result.message);
    Frame(result.frame);
    const std::vector<ReportNote> notes = NotesOf(report_, result);
    if (!notes.empty()) {
      fmt::print(out_, "<dl>");
      for (const ReportNote& note : notes) {
        fmt::print(out_, "<dt>{}</dt><dd>{}</dd>", note.label(), Escaped(note.text));
      }
      fmt::print(out_, "</dl>\n");
    }
    fmt::print(out_, "</article>\n");
  }

  void Entry(const CheckError& error) {
    Begin({Standing::kError, "", error.file, error.position}, error.message);
    Frame(error.frame);
    fmt::print(out_, "</article>\n");
  }

  void Entry(const SkippedDocument& skipped) {
    Begin({Standing::kSkipped, "", skipped.file, skipped.position}, skipped.reason);
    fmt::print(out_, "</article>\n");
  }

  void Begin(const EntryHead& head, std::string_view message) {
    const std::string id = fmt::format("entry-{}", ++entries_);
    fmt::print(out_,
               "<article class=\"entry {0}\" id=\"{1}\" tabindex=\"-1\" data-standing=\"{0}\" "
               "data-rule=\"{2}\" data-file=\"{3}\">\n<h3><span class=\"badge\">{0}</span>",
               ToString(head.standing), id, Escaped(head.rule), Escaped(FileText(head.file)));
    if (!head.rule.empty()) {
      fmt::print(out_, " <a class=\"rule\" href=\"#rule-{0}\">{0}</a>", Escaped(head.rule));
    }
    if (head.position.known()) {
      fmt::print(out_, " <a class=\"place\" href=\"#{}\">line {}, column {}</a>", id,
                 head.position.line, head.position.column);
    }
    fmt::print(out_, "</h3>\n<p class=\"message\">{}</p>\n", Escaped(message));
  }

  void Frame(core::CodeFrame frame) {
    if (frame.empty()) return;
    DropCommonIndent(&frame);
    fmt::print(out_, "<pre tabindex=\"0\" aria-label=\"the lines around it\">");
    for (std::size_t i = 0; i < frame.lines.size(); ++i) {
      const core::CodeFrame::Line& line = frame.lines[i];
      if (i == frame.target) {
        TargetRow(frame, line);
      } else {
        fmt::print(out_, "<span class=\"row\"><span class=\"number\">{}</span>{}</span>",
                   line.number, Escaped(line.text));
      }
    }
    fmt::print(out_, "</pre>\n");
  }

  /// The line with the value, and below it the caret, pushed to its place by the same text once
  /// more, unseen: so it is right whatever the font makes of wide characters.
  void TargetRow(const core::CodeFrame& frame, const core::CodeFrame::Line& line) {
    const std::string_view text = line.text;
    const std::size_t begin = BytesOfColumns(text, frame.caret_column);
    const std::size_t length = BytesOfColumns(text.substr(begin), frame.caret_width);
    const std::string before = Escaped(text.substr(0, begin));
    fmt::print(out_,
               "<span class=\"row target\"><span class=\"number\">{}</span>{}<mark>{}</mark>{}"
               "</span>",
               line.number, before, Escaped(text.substr(begin, length)),
               Escaped(text.substr(begin + length)));
    fmt::print(out_,
               "<span class=\"row caret\" aria-hidden=\"true\"><span class=\"number\"></span>"
               "<i>{}</i>{}</span>",
               before, std::string(static_cast<std::size_t>(frame.caret_width), '^'));
  }

  void Rules() {
    const std::set<std::string> spoken = SpokenRules();
    if (spoken.empty()) return;
    fmt::print(out_, "<section>\n<h2>The rules that spoke</h2>\n");
    for (const std::string& id : spoken) {
      fmt::print(out_, "<article class=\"about\" id=\"rule-{0}\">\n<h3 class=\"rule\">{0}</h3>\n",
                 Escaped(id));
      if (const ReportRule* rule = report_.basis.FindRule(id); rule != nullptr) About(*rule);
      fmt::print(out_, "</article>\n");
    }
    fmt::print(out_, "</section>\n");
  }

  void About(const ReportRule& rule) {
    if (!rule.summary.empty()) fmt::print(out_, "<p>{}</p>\n", Escaped(rule.summary));
    if (!rule.remedy.empty()) {
      fmt::print(out_, "<p><strong>Remedy:</strong> {}</p>\n", Escaped(rule.remedy));
    }
    if (!rule.policy.empty()) {
      fmt::print(out_, "<p>A rule of the policy <code>{}</code>.</p>\n", Escaped(rule.policy));
    }
    if (const std::string url = RulePageUrl(rule.id); !url.empty()) {
      fmt::print(out_, "<p><a href=\"{}\" rel=\"noreferrer\">Its page</a></p>\n", Escaped(url));
    }
  }

  void Foot() {
    fmt::print(out_,
               "<footer>\n"
               "<p>mountguard {}</p>\n"
               "<p class=\"keys\"><kbd>j</kbd> and <kbd>k</kbd> go from entry to entry, "
               "<kbd>f</kbd> to the filters.</p>\n"
               "</footer>\n"
               "<script>{}</script>\n"
               "</body>\n"
               "</html>\n",
               ProgramVersion(), kHtmlReportJs);
  }

  static std::map<std::string, FileEntries> ByFile(const CheckReport& report) {
    std::map<std::string, FileEntries> by_file;
    std::size_t place = 0;
    for (const CheckResult& result : report.results) {
      by_file[result.file].results.push_back(place++);
    }
    place = 0;
    for (const CheckError& error : report.errors) by_file[error.file].errors.push_back(place++);
    place = 0;
    for (const SkippedDocument& skipped : report.skipped) {
      by_file[skipped.file].skipped.push_back(place++);
    }
    return by_file;
  }

  const CheckReport& report_;
  std::ostream& out_;
  const std::map<std::string, FileEntries> by_file_ = ByFile(report_);
  int entries_ = 0;
};

}  // namespace

void WriteHtmlReport(const CheckReport& report, const Terminal&, std::ostream& out) {
  PageWriter(report, out).Page();
}

}  // namespace mountguard::cli
