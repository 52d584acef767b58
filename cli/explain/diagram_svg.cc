#include "cli/explain/diagram_svg.h"

#include <fmt/format.h>
#include <fmt/ostream.h>

#include <string>
#include <string_view>

#include "cli/report/markup.h"
#include "core/code_frame.h"
#include "core/display_width.h"
#include "core/utf8.h"

namespace mountguard::cli {
namespace {

constexpr int kPadding = 12;
constexpr int kHeadLength = 9;
constexpr int kModeColumns = 16;
constexpr std::string_view kEllipsis = "…";

/// The end of a text that takes at most so many columns; what goes before it is told by dots.
std::string CutBefore(std::string_view user_text, int columns) {
  const std::string text = core::PrintableText(user_text);
  int width = core::DisplayWidth(text);
  std::size_t at = 0;
  while (width > columns - 1 && core::DisplayWidth(text) > columns) {
    const core::Rune rune = core::DecodeRune(std::string_view(text).substr(at));
    width -= core::DisplayWidth(rune.code_point);
    at += rune.length;
  }
  return at == 0 ? text : std::string(kEllipsis) + text.substr(at);
}

/// The beginning of a text that takes at most so many columns.
std::string CutBehind(std::string_view user_text, int columns) {
  const std::string text = core::PrintableText(user_text);
  if (core::DisplayWidth(text) <= columns) return text;
  std::size_t at = 0;
  int width = 0;
  for (;;) {
    const core::Rune rune = core::DecodeRune(std::string_view(text).substr(at));
    width += core::DisplayWidth(rune.code_point);
    if (width > columns - 1) return text.substr(0, at) + std::string(kEllipsis);
    at += rune.length;
  }
}

class Drawing {
 public:
  Drawing(const DiagramLayout& layout, DrawnFor reader, std::ostream& out)
      : layout_(layout), reader_(reader), out_(out) {}

  void Draw() {
    for (const PlacedOverlap& overlap : layout_.overlaps) Overlap(overlap);
    for (const PlacedLine& line : layout_.lines) Line(line);
    for (const PlacedNode& node : layout_.nodes) Node(node);
  }

 private:
  static std::string_view ClassOf(DiagramNode::Kind kind) {
    switch (kind) {
      case DiagramNode::Kind::kHost:
        return "host";
      case DiagramNode::Kind::kOtherPods:
        return "others";
      case DiagramNode::Kind::kVolume:
        return "volume";
      case DiagramNode::Kind::kContainer:
        return "container";
    }
    return "";
  }

  /// Opens a group; on a page with what makes it a stop of the Tab key.
  void Begin(std::string_view what, std::string_view id, std::string_view label) {
    fmt::print(out_, "<g class=\"{}\"", what);
    if (reader_ == DrawnFor::kPage) {
      fmt::print(out_, " data-node=\"{}\" tabindex=\"0\" role=\"img\" aria-label=\"{}\"", id,
                 Escaped(label));
    }
    fmt::print(out_, "><title>{}</title>\n", Escaped(label));
  }

  void Rectangle(std::string_view what, const Box& box) {
    fmt::print(out_, "<rect class=\"{}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"6\"/>\n",
               what, box.x, box.y, box.width, box.height);
  }

  void Text(std::string_view what, int x, int y, std::string_view text) {
    if (text.empty()) return;
    fmt::print(out_, "<text class=\"{}\" x=\"{}\" y=\"{}\">{}</text>\n", what, x, y, Escaped(text));
  }

  void Node(const PlacedNode& placed) {
    const DiagramNode& node = *placed.node;
    const Box& box = placed.box;
    const std::string label =
        node.subtitle.empty()
            ? fmt::format("{} {}", ClassOf(node.kind), node.title)
            : fmt::format("{} {}, {}", ClassOf(node.kind), node.title, node.subtitle);
    const bool itself =
        node.kind == DiagramNode::Kind::kHost || node.kind == DiagramNode::Kind::kOtherPods;
    Begin(fmt::format("node {}", ClassOf(node.kind)), node.id, itself ? node.title : label);
    Rectangle("box", box);
    if (node.kind == DiagramNode::Kind::kContainer) {
      Text("title", box.x + kPadding, box.y + 22, CutBehind(node.title, kTitleColumns));
      Text("badge", box.right() - kPadding, box.y + 22, node.subtitle);
    } else if (node.kind == DiagramNode::Kind::kHost) {
      Text("title centred", box.x + box.width / 2, box.middle() + 5, node.title);
    } else if (node.kind == DiagramNode::Kind::kOtherPods) {
      Text("title centred", box.x + box.width / 2, box.middle() - 3, node.title);
      Text("subtitle small centred", box.x + box.width / 2, box.middle() + 15, node.subtitle);
    } else {
      Text("title", box.x + kPadding, box.y + 19, CutBehind(node.title, kTitleColumns));
      Text("subtitle", box.x + kPadding, box.y + 36, CutBefore(node.subtitle, kTitleColumns));
    }
    // On a page a row is a stop of its own, so it must not lie in that of its container.
    if (reader_ == DrawnFor::kPage) fmt::print(out_, "</g>\n");
    for (const PlacedMount& row : placed.mounts) Row(node, row);
    if (reader_ == DrawnFor::kPicture) fmt::print(out_, "</g>\n");
  }

  void Row(const DiagramNode& container, const PlacedMount& row) {
    const DiagramMount& mount = *row.mount;
    Begin("node mount", mount.id,
          fmt::format("{} at {}: {}", container.title, mount.path, mount.mode));
    if (reader_ == DrawnFor::kPage) Rectangle("row", row.box);
    const int baseline = row.box.middle() + 4;
    Text("path", row.box.x + kPadding, baseline, CutBefore(mount.path, kPathColumns));
    Text("mode", row.box.right() - kPadding, baseline, CutBehind(mount.mode, kModeColumns));
    fmt::print(out_, "</g>\n");
  }

  void Line(const PlacedLine& placed) {
    const DiagramLine& line = *placed.line;
    fmt::print(out_, "<g class=\"line {}{}\"", ToString(line.forward),
               line.backward == Flow::kNone ? "" : " published");
    if (reader_ == DrawnFor::kPage) {
      fmt::print(out_, " data-from=\"{}\" data-to=\"{}\"", line.from, line.to);
    }
    fmt::print(out_, ">");
    const bool to_right = line.forward != Flow::kNone;
    const bool to_left = line.backward != Flow::kNone;
    const int x1 = placed.x1 + (to_left ? kHeadLength : 0);
    const int x2 = placed.x2 - (to_right ? kHeadLength : 0);
    const int bend = (placed.x1 + placed.x2) / 2;
    fmt::print(out_, "<path class=\"stroke\" d=\"M{},{} C{},{} {},{} {},{}\"/>", x1, placed.y1,
               bend, placed.y1, bend, placed.y2, x2, placed.y2);
    if (to_right) Head(placed.x2, placed.y2, -kHeadLength);
    if (to_left) Head(placed.x1, placed.y1, kHeadLength);
    fmt::print(out_, "</g>\n");
  }

  /// A head whose tip is at x and whose end lies `back` behind it.
  void Head(int x, int y, int back) {
    fmt::print(out_, "<path class=\"head\" d=\"M{},{} l{},-5 v10 z\"/>", x, y, back);
  }

  void Overlap(const PlacedOverlap& placed) {
    fmt::print(out_,
               "<g class=\"overlap\"><title>files in common</title>"
               "<path d=\"M{0},{1} C{2},{1} {2},{3} {0},{3}\"/></g>\n",
               placed.x, placed.y1, placed.x - 30, placed.y2);
  }

  const DiagramLayout& layout_;
  const DrawnFor reader_;
  std::ostream& out_;
};

}  // namespace

void DrawDiagram(const DiagramLayout& layout, DrawnFor reader, std::ostream& out) {
  Drawing(layout, reader, out).Draw();
}

const std::vector<LegendSample>& Legend() {
  static const std::vector<LegendSample> legend = {
      {"sees mounts as they are made", false, Flow::kLive},
      {"has those that were there at its start", false, Flow::kAtStart},
      {"publishes its own, too", false, Flow::kLive, Flow::kLive},
      {"nobody's mounts come or go", false},
      {"host paths with files in common", true},
  };
  return legend;
}

void DrawSample(const LegendSample& sample, std::ostream& out) {
  const DiagramLine line = {"", "", sample.forward, sample.backward};
  const DiagramOverlap overlap;
  DiagramLayout layout;
  if (sample.overlap) {
    layout.overlaps.push_back({&overlap, kSampleWidth - 14, 2, kSampleHeight - 2});
  } else {
    layout.lines.push_back({&line, 2, kSampleHeight / 2, kSampleWidth - 2, kSampleHeight / 2});
  }
  DrawDiagram(layout, DrawnFor::kPicture, out);
}

}  // namespace mountguard::cli
