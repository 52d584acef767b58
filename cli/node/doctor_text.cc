#include <fmt/format.h>
#include <fmt/ostream.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/node/doctor_report.h"
#include "cli/node/page.h"
#include "cli/terminal.h"
#include "core/code_frame.h"
#include "core/go_quote.h"

namespace mountguard::cli {
namespace {

using node::Answer;

/// As wide as the longest mode and its gap.
constexpr int kModeWidth = 19;

Style StyleOf(Answer answer) {
  switch (answer) {
    case Answer::kServed:
      return Style::kGood;
    case Answer::kRefused:
      return Style::kDeny;
    case Answer::kWithoutEffect:
    case Answer::kUnknown:
      return Style::kWarn;
  }
  return Style::kStrong;
}

/// A cure and the paths that it is for.
struct SharedCure {
  const node::Cure* cure;
  std::vector<std::string> paths;
};

class TextWriter {
 public:
  TextWriter(const Terminal& terminal, std::ostream& out) : terminal_(terminal), out_(out) {}

  void Node(const node::NodeView& view) {
    std::string text = "Linux";
    if (view.kernel) text += " " + ToString(*view.kernel);
    if (view.runtime) text += Program(*view.runtime);
    if (view.kubelet) text += Program(*view.kubelet);
    if (!view.oci_runtime.empty()) {
      text += fmt::format(", {} {}", view.oci_runtime,
                          view.oci_version ? ToString(*view.oci_version) : "");
    }
    if (!view.container.empty()) text += ", in " + view.container;
    if (view.user_namespace) text += ", in a user namespace";
    Line(0, text);
  }

  void Path(const DoctorReport::Path& path) {
    const node::PathFinding& finding = path.finding;
    std::string head = finding.path;
    if (finding.followed.path != finding.path) head += " -> " + finding.followed.path;
    out_ << '\n' << Styled(terminal_, Style::kStrong, core::PrintableText(head)) << '\n';
    for (const std::string& by : path.asked_by) Line(2, "named by " + by, Style::kFaint);
    if (!finding.followed.unread.empty()) {
      Line(2, "not followed to its end, what is said holds for it as written: " +
                  finding.followed.unread);
    }
    if (finding.mount) Line(2, "held by " + Told(*finding.mount));
    if (finding.checked) Line(2, "the runtime looks at " + Told(*finding.checked));
    for (const node::NeedFinding& one : finding.needs) Need(one);
    for (const node::FoundCase& one : finding.cases) {
      Line(2, fmt::format("{}: {}", ToString(one.id), one.sentence));
    }
  }

  void Cures(const DoctorReport& report) {
    const std::vector<SharedCure> cures = Gather(report);
    if (cures.empty()) return;
    Section("to mend it (nothing here was changed)");
    std::string before;
    for (const SharedCure& shared : cures) {
      const node::Cure& cure = *shared.cure;
      const std::string paths = Joined(shared.paths);
      if (paths != before) Line(2, "for " + paths, Style::kFaint);
      before = paths;
      if (!cure.file.empty()) {
        Line(4, fmt::format("write to {}:", cure.file));
        Lines(6, cure.content);
      }
      for (const std::string& command : cure.commands) Line(4, command, Style::kRemedy);
      Line(4, cure.changes);
    }
  }

  void Unseen(const std::vector<std::string>& sentences) {
    if (sentences.empty()) return;
    Section("not seen");
    for (const std::string& sentence : sentences) Line(2, sentence);
  }

  void Foot(const DoctorReport& report) {
    const bool any = std::any_of(report.paths.begin(), report.paths.end(),
                                 [](const auto& path) { return !path.finding.cases.empty(); });
    if (any) out_ << "\nEach case has a section in docs/node.md\n";
  }

 private:
  static std::string Program(const node::NodeProcess& process) {
    return fmt::format(", {}{} (process {})", process.program,
                       process.version ? " " + ToString(*process.version) : "", process.pid);
  }

  static std::string Told(const node::MountFact& mount) {
    std::string text =
        fmt::format("mount {} at {} ({} of {}), {}", mount.id, core::GoQuote(mount.mount_point),
                    mount.type, core::GoQuote(mount.source), ToString(mount.propagation));
    if (mount.shared != 0) text += fmt::format(", peer group {}", mount.shared);
    if (mount.master != 0) text += fmt::format(", slave of group {}", mount.master);
    return text;
  }

  static std::string Joined(const std::vector<std::string>& paths) {
    constexpr std::size_t kMost = 4;
    std::string text;
    for (std::size_t i = 0; i < std::min(paths.size(), kMost); ++i) {
      text += (i == 0 ? "" : ", ") + paths[i];
    }
    if (paths.size() > kMost) text += fmt::format(" and {} more", paths.size() - kMost);
    return text;
  }

  void Need(const node::NeedFinding& one) {
    const std::string answer = Styled(terminal_, StyleOf(one.answer), ToString(one.answer));
    const std::string why = one.why.empty() ? "" : ": " + core::PrintableText(one.why);
    const int column = 2 + kModeWidth;
    out_ << fmt::format(
        "  {:<{}}{}{}\n", ToString(one.need), kModeWidth, answer,
        Wrapped(terminal_, why, column + static_cast<int>(ToString(one.answer).size()), column));
    if (one.error.empty()) return;
    Line(4, fmt::format("{} says: {}", one.said_by, one.error));
  }

  static std::vector<SharedCure> Gather(const DoctorReport& report) {
    std::vector<SharedCure> cures;
    for (const DoctorReport::Path& path : report.paths) {
      for (const node::Cure& cure : path.finding.cures) {
        const auto known = std::find_if(cures.begin(), cures.end(), [&cure](const auto& one) {
          return one.cure->file == cure.file && one.cure->commands == cure.commands &&
                 one.cure->changes == cure.changes;
        });
        SharedCure& shared =
            known != cures.end() ? *known : cures.emplace_back(SharedCure{&cure, {}});
        shared.paths.push_back(path.finding.path);
      }
    }
    return cures;
  }

  void Section(std::string_view title) {
    out_ << '\n' << Styled(terminal_, Style::kFaint, title) << '\n';
  }

  void Lines(int column, std::string_view text) {
    while (!text.empty()) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      Line(column, text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
  }

  void Line(int column, std::string_view text, Style style = Style::kStrong) {
    const bool command = style == Style::kRemedy;  // is to be copied as it is
    const std::string printable = core::PrintableText(text);
    const std::string wrapped =
        command ? printable : Wrapped(terminal_, printable, column, column + 2);
    out_ << std::string(static_cast<std::size_t>(column), ' ')
         << (style == Style::kStrong ? wrapped : Styled(terminal_, style, wrapped)) << '\n';
  }

  const Terminal& terminal_;
  std::ostream& out_;
};

}  // namespace

int DoctorReport::Count(Answer answer) const {
  int count = 0;
  for (const Path& path : paths) {
    count += static_cast<int>(
        std::count_if(path.finding.needs.begin(), path.finding.needs.end(),
                      [answer](const node::NeedFinding& one) { return one.answer == answer; }));
  }
  return count;
}

bool DoctorReport::HasUnread() const {
  return std::any_of(paths.begin(), paths.end(),
                     [](const Path& path) { return !path.finding.followed.unread.empty(); });
}

void WriteTextDoctorReport(const DoctorReport& report, const Terminal& terminal,
                           std::ostream& out) {
  TextWriter writer(terminal, out);
  writer.Node(report.node);
  for (const DoctorReport::Path& path : report.paths) writer.Path(path);
  writer.Cures(report);
  writer.Unseen(report.node.unseen);
  writer.Foot(report);
}

}  // namespace mountguard::cli
