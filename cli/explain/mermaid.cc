#include <fmt/format.h>
#include <fmt/ostream.h>

#include <string>
#include <string_view>

#include "cli/explain/diagram.h"
#include "cli/explain/explanation.h"
#include "core/code_frame.h"

namespace mountguard::cli {
namespace {

/// A label in quotes: everything that could end it, or be read as markup, is an entity.
std::string Label(std::string_view text) {
  std::string label = "\"";
  for (const char c : core::PrintableText(text)) {
    if (std::string_view("\"#&<>`[]{}()|\\;*_~").find(c) == std::string_view::npos) {
      label += c;
    } else {
      label += fmt::format("#{};", static_cast<int>(c));
    }
  }
  return label + '"';
}

std::string LabelOf(std::string_view first, std::string_view second) {
  std::string label = Label(first);
  if (second.empty()) return label;
  label.pop_back();
  return label + "<br/>" + Label(second).substr(1);
}

std::string_view Arrow(const DiagramLine& line) {
  if (line.backward != Flow::kNone) return line.forward == Flow::kLive ? "<-->" : "<---";
  switch (line.forward) {
    case Flow::kLive:
      return "-->";
    case Flow::kAtStart:
      return "-.->";
    case Flow::kNone:
      break;
  }
  return "---";
}

void WriteNode(const DiagramNode& node, std::ostream& out) {
  switch (node.kind) {
    case DiagramNode::Kind::kHost:
    case DiagramNode::Kind::kOtherPods:
      fmt::print(out, "    {}[{}]\n", node.id, LabelOf(node.title, node.subtitle));
      return;
    case DiagramNode::Kind::kVolume:
      fmt::print(out, "    {}[({})]\n", node.id, LabelOf(node.title, node.subtitle));
      return;
    case DiagramNode::Kind::kContainer:
      break;
  }
  const std::string title = node.subtitle.empty() ? node.title : node.title + ", " + node.subtitle;
  fmt::print(out, "    subgraph {}[{}]\n", node.id, Label(title));
  for (const DiagramMount& mount : node.mounts) {
    fmt::print(out, "      {}[{}]\n", mount.id, LabelOf(mount.path, mount.mode));
  }
  fmt::print(out, "    end\n");
}

}  // namespace

void WriteMermaidExplanation(const Explanation& explanation, const Terminal&, std::ostream& out) {
  fmt::print(out, "flowchart LR\n");
  int number = 0;
  for (const ExplainedPod& pod : explanation.pods) {
    const std::string id = fmt::format("pod{}", number++);
    const Diagram diagram = MakeDiagram(pod, id + "_");
    if (diagram.empty()) continue;
    fmt::print(out, "  subgraph {}[{}]\n", id, Label(diagram.title));
    for (const DiagramNode& node : diagram.nodes) WriteNode(node, out);
    fmt::print(out, "  end\n");
    for (const DiagramLine& line : diagram.lines) {
      // A head on the left alone is a line from the right.
      if (line.backward != Flow::kNone && line.forward == Flow::kNone) {
        fmt::print(out, "  {} --> {}\n", line.to, line.from);
      } else {
        fmt::print(out, "  {} {} {}\n", line.from, Arrow(line), line.to);
      }
    }
    for (const DiagramOverlap& overlap : diagram.overlaps) {
      fmt::print(out, "  {} -. \"files in common\" .- {}\n", overlap.first, overlap.second);
    }
  }
}

}  // namespace mountguard::cli
