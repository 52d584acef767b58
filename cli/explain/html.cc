#include <fmt/format.h>
#include <fmt/ostream.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "cli/explain/diagram.h"
#include "cli/explain/diagram_layout.h"
#include "cli/explain/diagram_svg.h"
#include "cli/explain/explanation.h"
#include "cli/explain/rule_entries.h"
#include "cli/explain/wording.h"
#include "cli/report/assets.h"
#include "cli/report/markup.h"
#include "cli/report/rule_pages.h"
#include "cli/report/wording.h"
#include "cli/version.h"

// One page that needs nothing beside it, as the html report of check. The drawing's nodes and the
// sentences of an edge carry the ids that the script (explain_page.js) brings together.

namespace mountguard::cli {
namespace {

using Outcome = ExplainedRule::Outcome;

/// The class that colours what is said of a rule, as in the report of check.
std::string_view ToneOf(const ExplainedRule& rule) {
  switch (rule.outcome) {
    case Outcome::kSpoke:
      break;
    case Outcome::kUndetermined:
      return "audit";
    default:
      return "excepted";
  }
  switch (rule.action) {
    case policy::Action::kDeny:
      return "deny";
    case policy::Action::kWarn:
      return "warn";
    default:
      return "audit";
  }
}

class ExplainPage {
 public:
  ExplainPage(const Explanation& explanation, std::ostream& out)
      : explanation_(explanation),
        out_(out),
        css_(fmt::format("{}{}{}", kHtmlReportCss, kDiagramCss, kExplainPageCss)) {}

  void Write() {
    WritePageHead("what becomes of mounts", {css_, kExplainPageJs}, out_);
    Heading();
    fmt::print(out_, "<main>\n");
    for (const ExplainedPod& pod : explanation_.pods) Pod(pod);
    if (explanation_.pods.empty()) fmt::print(out_, "<p class=\"none\">No pod to explain.</p>\n");
    Leftovers("Not read", "error", explanation_.errors);
    Leftovers("Skipped", "skipped", explanation_.skipped);
    fmt::print(out_, "</main>\n");
    Foot();
  }

 private:
  void Heading() {
    std::size_t mounts = 0;
    for (const ExplainedPod& pod : explanation_.pods) mounts += pod.mounts.size();
    const std::size_t pods = explanation_.pods.size();
    fmt::print(out_,
               "<header>\n<h1>What becomes of mounts</h1>\n"
               "<p class=\"scope\">{} pod{}, {} mount{}; who sees what and the rules are told for "
               "{}</p>\n",
               pods, pods == 1 ? "" : "s", mounts, mounts == 1 ? "" : "s", explanation_.runtime);
    if (pods > 0) {
      fmt::print(out_, "<ul class=\"legend\" aria-label=\"What the lines mean\">\n");
      for (const LegendSample& sample : Legend()) {
        fmt::print(out_,
                   "<li><svg class=\"diagram\" width=\"{}\" height=\"{}\" aria-hidden=\"true\">",
                   kSampleWidth, kSampleHeight);
        DrawSample(sample, out_);
        fmt::print(out_, "</svg>{}</li>\n", sample.meaning);
      }
      fmt::print(out_, "</ul>\n");
    }
    fmt::print(out_, "</header>\n");
  }

  void Pod(const ExplainedPod& pod) {
    prefix_ = fmt::format("pod{}_", pods_++);
    fmt::print(out_, "<section class=\"pod\">\n<h2>{}</h2>\n<p class=\"scope\">{}</p>\n",
               Escaped(ObjectText(pod)), Escaped(FileText(pod.file)));
    for (const std::string& note : pod.notes) {
      fmt::print(out_, "<p class=\"note\">{}</p>\n", Escaped(note));
    }
    if (pod.mounts.empty()) {
      fmt::print(out_, "<p>It mounts nothing.</p>\n");
    } else {
      Picture(pod);
      Mounts(pod);
      Nodes(pod);
    }
    Edges(pod);
    Added(pod);
    Rules(pod);
    fmt::print(out_, "</section>\n");
  }

  void Picture(const ExplainedPod& pod) {
    const Diagram diagram = MakeDiagram(pod, prefix_);
    const DiagramLayout layout = LayOut(diagram);
    fmt::print(out_,
               "<figure><svg class=\"diagram\" width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\""
               " role=\"group\" aria-label=\"{2}\">\n",
               layout.width, layout.height, Escaped("Diagram of " + diagram.title));
    DrawDiagram(layout, DrawnFor::kPage, out_);
    fmt::print(out_,
               "</svg></figure>\n"
               "<p class=\"details\" aria-live=\"polite\">With Tab or the mouse: what has to do "
               "with what.</p>\n");
  }

  void Mounts(const ExplainedPod& pod) {
    Open("Mounts");
    fmt::print(out_,
               "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"Mounts\"><table>\n"
               "<thead><tr><th>Container<th>Volume<th>Path<th>Mode<th>CRI<th>OCI<th>Kernel</tr>"
               "</thead>\n<tbody>\n");
    for (const ExplainedMount& mount : pod.mounts) {
      fmt::print(out_, "<tr><td>{}<td>{}<td><code>{}</code><td>{}",
                 Escaped(ContainerText(pod.ContainerOf(mount))), Escaped(mount.volume),
                 Escaped(mount.mount_path), Escaped(ModeText(mount)));
      if (mount.error) {
        fmt::print(out_, "<td colspan=\"3\" class=\"error\">{}</tr>\n", Escaped(*mount.error));
      } else {
        fmt::print(out_, "<td><code>{}</code><td><code>{}</code><td>{}</tr>\n",
                   Escaped(mount.cri.value_or("")), Escaped(mount.oci.value_or("none")),
                   Escaped(mount.kernel.value_or("none")));
      }
    }
    fmt::print(out_, "</tbody></table></div>\n");
  }

  void Nodes(const ExplainedPod& pod) {
    const auto silent = [](const ExplainedMount& mount) {
      return mount.failures.empty() && DeviationText(mount).empty();
    };
    if (std::all_of(pod.mounts.begin(), pod.mounts.end(), silent)) return;
    Open("On the node");
    fmt::print(out_, "<dl class=\"stacked\">\n");
    for (const ExplainedMount& mount : pod.mounts) {
      if (silent(mount)) continue;
      fmt::print(out_, "<dt>{}</dt>\n", PlaceText(pod, mount));
      if (const std::string text = DeviationText(mount); !text.empty()) {
        fmt::print(out_, "<dd>{}</dd>\n", Escaped(text));
      }
      for (const NodeFailure& failure : mount.failures) {
        fmt::print(out_, "<dd>{}: <code>{}</code></dd>\n", Escaped(FailureHead(failure)),
                   Escaped(failure.text));
      }
    }
    fmt::print(out_, "</dl>\n");
  }

  void Edges(const ExplainedPod& pod) {
    if (pod.edges.empty()) return;
    Open("Who sees whose mounts");
    fmt::print(out_, "<ul class=\"edges\">\n");
    for (const ExplainedEdge& edge : pod.edges) {
      fmt::print(out_, "<li data-parties=\"{}{}\">{}</li>\n", PartyIds(pod, edge.from),
                 PartyIds(pod, edge.to), Escaped(edge.sentence));
    }
    fmt::print(out_, "</ul>\n");
  }

  /// The ids of what a party is drawn as, with a space behind each: its row and its volume.
  std::string PartyIds(const ExplainedPod& pod, const ExplainedParty& party) const {
    if (party.kind == ExplainedParty::Kind::kHost) return prefix_ + "host ";
    if (party.kind == ExplainedParty::Kind::kOtherPods) return prefix_ + "others ";
    const auto index = static_cast<std::size_t>(party.mount);
    const auto volume = std::find_if(
        pod.volumes.begin(), pod.volumes.end(),
        [&](const ExplainedVolume& one) { return one.name == pod.mounts[index].volume; });
    return fmt::format("{0}mount{1} {0}volume{2} ", prefix_, index, volume - pod.volumes.begin());
  }

  void Added(const ExplainedPod& pod) {
    const auto bare = [](const ExplainedContainer& one) { return one.added.empty(); };
    if (std::all_of(pod.containers.begin(), pod.containers.end(), bare)) return;
    fmt::print(out_, "<details>\n<summary>Mounted besides</summary>\n<dl class=\"stacked\">\n");
    for (const ExplainedContainer& container : pod.containers) {
      fmt::print(out_, "<dt>{}</dt><dd>{}</dd>\n", Escaped(ContainerText(container)),
                 Escaped(AddedText(container)));
    }
    fmt::print(out_, "</dl>\n</details>\n");
  }

  void Rules(const ExplainedPod& pod) {
    const auto [entries, silent] = ByRule(pod);
    if (!pod.judged) {
      if (pod.mounts.empty()) return;
      Open("Rules");
      fmt::print(out_, "<p>Not judged: it is no whole object of its kind.</p>\n");
      return;
    }
    Open("Rules");
    for (const ExplainedRule& rule : pod.rules) {
      RuleHead(rule.rule);
      Saying(pod, {&rule, {}});
      fmt::print(out_, "</article>\n");
    }
    for (const RuleEntry& entry : entries) {
      RuleHead(entry.rule);
      for (const RuleLine& line : entry.lines) Saying(pod, line);
      fmt::print(out_, "</article>\n");
    }
    if (silent > 0) {
      fmt::print(out_, "<p class=\"scope\">{} more of mountguard's own have nothing to say.</p>\n",
                 silent);
    }
  }

  void RuleHead(const std::string& rule) {
    const std::string url = RulePageUrl(rule);
    fmt::print(out_, "<article class=\"about\">\n<h4 class=\"rule\">");
    if (url.empty()) {
      fmt::print(out_, "{}", Escaped(rule));
    } else {
      fmt::print(out_, "<a href=\"{}\" rel=\"noreferrer\">{}</a>", Escaped(url), Escaped(rule));
    }
    fmt::print(out_, "</h4>\n");
  }

  void Saying(const ExplainedPod& pod, const RuleLine& line) {
    fmt::print(out_, "<div class=\"saying {}\">\n<p><span class=\"badge\">{}</span> ",
               ToneOf(*line.rule), Escaped(OutcomeText(*line.rule)));
    std::string places;
    for (const ExplainedMount* mount : line.mounts) {
      places += (places.empty() ? "" : "; ") + PlaceText(pod, *mount);
    }
    fmt::print(out_, "{}</p>\n", places);
    if (!line.rule->message.empty()) fmt::print(out_, "<p>{}</p>\n", Escaped(line.rule->message));
    if (!line.rule->why.empty()) {
      fmt::print(out_, "<ul>\n");
      for (const std::string& why : line.rule->why) {
        fmt::print(out_, "<li>{}</li>\n", Escaped(why));
      }
      fmt::print(out_, "</ul>\n");
    }
    fmt::print(out_, "</div>\n");
  }

  static std::string PlaceText(const ExplainedPod& pod, const ExplainedMount& mount) {
    return fmt::format("{} at <code>{}</code>", Escaped(ContainerText(pod.ContainerOf(mount))),
                       Escaped(mount.mount_path));
  }

  void Open(std::string_view title) { fmt::print(out_, "<h3>{}</h3>\n", title); }

  void Leftovers(std::string_view title, std::string_view tone,
                 const std::vector<Unexplained>& list) {
    if (list.empty()) return;
    fmt::print(out_, "<section>\n<h2>{}</h2>\n", title);
    for (const Unexplained& one : list) {
      fmt::print(out_, "<article class=\"entry {}\"><p><code>{}</code></p><p>{}</p></article>\n",
                 tone, Escaped(mountguard::cli::PlaceText(one.file, one.position)),
                 Escaped(one.message));
    }
    fmt::print(out_, "</section>\n");
  }

  void Foot() {
    fmt::print(out_,
               "<footer>\n<p>mountguard {}, policy <code>{}</code></p>\n"
               "<p class=\"keys\"><kbd>Tab</kbd> goes from part to part of a diagram, "
               "<kbd>Esc</kbd> takes the highlighting away.</p>\n</footer>\n"
               "<script>{}</script>\n</body>\n</html>\n",
               ProgramVersion(), Escaped(explanation_.policy_digest), kExplainPageJs);
  }

  const Explanation& explanation_;
  std::ostream& out_;
  const std::string css_;
  std::string prefix_;  // of the ids of the pod at hand
  int pods_ = 0;
};

}  // namespace

void WriteHtmlExplanation(const Explanation& explanation, const Terminal&, std::ostream& out) {
  ExplainPage(explanation, out).Write();
}

}  // namespace mountguard::cli
