#include <fmt/format.h>
#include <fmt/ostream.h>

#include <string>
#include <string_view>

#include "cli/explain/diagram.h"
#include "cli/explain/explanation.h"
#include "core/code_frame.h"

namespace mountguard::cli {
namespace {

/// What stands in quotes: Graphviz knows escapes with a backslash, and HTML's entities.
std::string DotEscaped(std::string_view text) {
  std::string escaped;
  for (const char c : core::PrintableText(text)) {
    if (c == '"' || c == '\\') escaped += '\\';
    escaped += c;
    if (c == '&') escaped += "amp;";
  }
  return escaped;
}

std::string TwoLines(std::string_view first, std::string_view second) {
  return second.empty() ? DotEscaped(first) : DotEscaped(first) + "\\n" + DotEscaped(second);
}

void Node(const DiagramNode& node, std::ostream& out) {
  if (node.kind == DiagramNode::Kind::kContainer) {
    const std::string title =
        node.subtitle.empty() ? node.title : node.title + ", " + node.subtitle;
    fmt::print(out, "    subgraph \"cluster_{}\" {{\n      label=\"{}\";\n", node.id,
               DotEscaped(title));
    for (const DiagramMount& mount : node.mounts) {
      fmt::print(out, "      {} [label=\"{}\"];\n", mount.id, TwoLines(mount.path, mount.mode));
    }
    fmt::print(out, "    }}\n");
    return;
  }
  const bool volume = node.kind == DiagramNode::Kind::kVolume;
  fmt::print(out, "    {} [label=\"{}\"{}];\n", node.id, TwoLines(node.title, node.subtitle),
             volume ? ", shape=cylinder" : ", style=bold");
}

std::string_view Attributes(const DiagramLine& line) {
  if (line.backward != Flow::kNone) return line.forward == Flow::kLive ? "dir=both" : "dir=back";
  switch (line.forward) {
    case Flow::kLive:
      return "dir=forward";
    case Flow::kAtStart:
      return "dir=forward, style=dashed";
    case Flow::kNone:
      break;
  }
  return "dir=none, color=gray";
}

}  // namespace

void WriteDotExplanation(const Explanation& explanation, const Terminal&, std::ostream& out) {
  fmt::print(out,
             "digraph mountguard {{\n"
             "  rankdir=LR;\n"
             "  node [shape=box, fontname=\"sans-serif\", fontsize=11];\n"
             "  graph [fontname=\"sans-serif\", fontsize=11, style=rounded];\n");
  int number = 0;
  for (const ExplainedPod& pod : explanation.pods) {
    const std::string id = fmt::format("pod{}", number++);
    const Diagram diagram = MakeDiagram(pod, id + "_");
    if (diagram.empty()) continue;
    fmt::print(out, "  subgraph \"cluster_{}\" {{\n    label=\"{}\";\n", id,
               DotEscaped(diagram.title));
    for (const DiagramNode& node : diagram.nodes) Node(node, out);
    for (const DiagramLine& line : diagram.lines) {
      fmt::print(out, "    {} -> {} [{}];\n", line.from, line.to, Attributes(line));
    }
    for (const DiagramOverlap& overlap : diagram.overlaps) {
      fmt::print(out,
                 "    {} -> {} [dir=none, style=dotted, constraint=false, label=\"files in "
                 "common\", fontsize=9];\n",
                 overlap.first, overlap.second);
    }
    fmt::print(out, "  }}\n");
  }
  fmt::print(out, "}}\n");
}

}  // namespace mountguard::cli
