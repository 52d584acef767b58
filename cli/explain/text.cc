#include <fmt/format.h>
#include <fmt/ostream.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/explain/explanation.h"
#include "cli/explain/rule_entries.h"
#include "cli/explain/wording.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "core/code_frame.h"

namespace mountguard::cli {
namespace {

class TextWriter {
 public:
  TextWriter(const Terminal& terminal, std::ostream& out) : terminal_(terminal), out_(out) {}

  void Pod(const ExplainedPod& pod) {
    fmt::print(out_, "{}: {}\n", core::PrintableText(pod.file),
               Styled(terminal_, Style::kStrong, core::PrintableText(ObjectText(pod))));
    if (pod.mounts.empty()) {
      fmt::print(out_, "  mounts nothing\n");
    } else {
      Mounts(pod);
      for (const std::string& note : pod.notes) Item(note);
      Nodes(pod);
    }
    Edges(pod);
    Added(pod);
    Rules(pod);
    fmt::print(out_, "\n");
  }

  void Skipped(const Unexplained& one) {
    fmt::print(out_, "{}:{}: {} {}\n", core::PrintableText(one.file), one.position.line,
               Styled(terminal_, Style::kFaint, "skipped:"), core::PrintableText(one.message));
  }

 private:
  static constexpr std::string_view kIndent = "  ";

  void Mounts(const ExplainedPod& pod) {
    Table table({"CONTAINER", "VOLUME", "PATH", "MODE", "OCI", "KERNEL", "CRI"});
    for (const ExplainedMount& mount : pod.mounts) {
      table.Add({ContainerText(pod.ContainerOf(mount)), mount.volume, mount.mount_path,
                 mount.mode.value_or(""), mount.oci.value_or(""), mount.kernel.value_or(""),
                 mount.error ? *mount.error : mount.cri.value_or("")});
    }
    if (!terminal_.wraps || table.Width(kIndent) <= terminal_.width) {
      table.Write(kIndent, terminal_, out_);
      return;
    }
    // Not wide enough for a table: two lines a mount.
    for (const ExplainedMount& mount : pod.mounts) {
      fmt::print(out_, "  {} at {} {}\n", Printable(ContainerText(pod.ContainerOf(mount))),
                 Printable(mount.mount_path),
                 Styled(terminal_, Style::kFaint, "(volume " + Printable(mount.volume) + ")"));
      std::string chain = ModeText(mount) + " → ";
      chain += mount.error ? *mount.error : mount.cri.value_or("");
      if (mount.oci) chain += " → " + *mount.oci;
      if (mount.kernel) chain += " → " + *mount.kernel;
      Lines(chain, 6, 6);
    }
  }

  /// Where a runtime deviates, and what a node says if a container does not start.
  void Nodes(const ExplainedPod& pod) {
    std::vector<std::pair<std::string, std::vector<std::string>>> said;
    for (const ExplainedMount& mount : pod.mounts) {
      std::vector<std::string> lines;
      if (const std::string deviation = DeviationText(mount); !deviation.empty()) {
        lines.push_back(deviation);
      }
      for (const NodeFailure& failure : mount.failures) lines.push_back(FailureText(failure));
      if (!lines.empty()) said.emplace_back(Place(pod, mount), std::move(lines));
    }
    if (said.empty()) return;
    Section("on the node");
    for (const auto& [place, lines] : said) {
      fmt::print(out_, "    {}\n", place);
      for (const std::string& line : lines) Lines(line, 6, 8);
    }
  }

  void Edges(const ExplainedPod& pod) {
    if (pod.edges.empty()) return;
    Section("who sees whose mounts");
    for (const ExplainedEdge& edge : pod.edges) Item(edge.sentence);
  }

  /// Containers that get the same are told together: mostly all do.
  void Added(const ExplainedPod& pod) {
    std::vector<std::pair<std::string, std::string>> groups;  // what, to whom
    for (const ExplainedContainer& container : pod.containers) {
      const std::string what = AddedText(container);
      if (what.empty()) continue;
      const auto same = std::find_if(groups.begin(), groups.end(),
                                     [&what](const auto& group) { return group.first == what; });
      if (same == groups.end()) {
        groups.emplace_back(what, ContainerText(container));
      } else {
        same->second += ", " + ContainerText(container);
      }
    }
    if (groups.empty()) return;
    Section("mounted besides");
    for (const auto& [what, who] : groups) Item(who + ": " + what);
  }

  void Rules(const ExplainedPod& pod) {
    const auto [entries, silent] = ByRule(pod);
    if (entries.empty() && pod.rules.empty() && silent == 0) {
      if (!pod.judged && !pod.mounts.empty()) {
        Section("rules");
        Item("not judged: it is no whole object of its kind");
      }
      return;
    }
    Section("rules");
    for (const ExplainedRule& rule : pod.rules) {
      RuleHead(rule.rule);
      Saying(rule, "");
    }
    for (const RuleEntry& entry : entries) {
      RuleHead(entry.rule);
      for (const RuleLine& line : entry.lines) Saying(*line.rule, Places(pod, line.mounts));
    }
    if (silent > 0) {
      Lines(fmt::format("{} more of mountguard's own have nothing to say", silent), 4, 6,
            Style::kFaint);
    }
  }

  void RuleHead(const std::string& rule) { fmt::print(out_, "    {}\n", Printable(rule)); }

  void Saying(const ExplainedRule& rule, const std::string& places) {
    const std::string outcome = Printable(OutcomeText(rule));
    // What was said of is in the message already; who was passed over is not.
    const std::string head = rule.message.empty() ? outcome + ": " + places : outcome;
    if (rule.message.empty()) {
      Lines(head, 6, 8);
    } else {
      Lines(fmt::format("{}: {}", head, rule.message), 6, 8);
    }
    for (const std::string& why : rule.why) Lines(why, 8, 10, Style::kFaint);
  }

  std::string Places(const ExplainedPod& pod, const std::vector<const ExplainedMount*>& mounts) {
    constexpr std::size_t kMost = 3;
    if (mounts.size() == pod.mounts.size() && mounts.size() > 1) {
      return fmt::format("all {} mounts", mounts.size());
    }
    std::string text;
    for (std::size_t i = 0; i < std::min(mounts.size(), kMost); ++i) {
      text += (text.empty() ? "" : "; ") + Place(pod, *mounts[i]);
    }
    if (mounts.size() > kMost) text += fmt::format(" and {} more", mounts.size() - kMost);
    return text;
  }

  std::string Place(const ExplainedPod& pod, const ExplainedMount& mount) {
    return Printable(ContainerText(pod.ContainerOf(mount))) + " at " + Printable(mount.mount_path);
  }

  void Section(std::string_view title) {
    fmt::print(out_, "  {}\n", Styled(terminal_, Style::kFaint, title));
  }

  void Item(const std::string& text) { Lines("- " + text, 4, 6); }

  void Lines(const std::string& text, int column, int indent, Style style = Style::kStrong) {
    const std::string wrapped = Wrapped(terminal_, Printable(text), column, indent);
    fmt::print(out_, "{}{}\n", std::string(static_cast<std::size_t>(column), ' '),
               style == Style::kFaint ? Styled(terminal_, style, wrapped) : wrapped);
  }

  static std::string Printable(const std::string& text) { return core::PrintableText(text); }

  const Terminal& terminal_;
  std::ostream& out_;
};

}  // namespace

void WriteTextExplanation(const Explanation& explanation, const Terminal& terminal,
                          std::ostream& out) {
  TextWriter writer(terminal, out);
  for (const ExplainedPod& pod : explanation.pods) writer.Pod(pod);
  for (const Unexplained& one : explanation.skipped) writer.Skipped(one);
}

}  // namespace mountguard::cli
