#ifndef MOUNTGUARD_CLI_EXPLAIN_DIAGRAM_SVG_H_
#define MOUNTGUARD_CLI_EXPLAIN_DIAGRAM_SVG_H_

#include <iosfwd>
#include <string_view>
#include <vector>

#include "cli/explain/diagram_layout.h"

namespace mountguard::cli {

/// Who looks at a drawing: a picture stands by itself; on a page its nodes can be focused, and
/// carry in data-node, lines in data-from and data-to, what a script goes by.
enum class DrawnFor { kPicture, kPage };

/// Draws into an svg element that is open; the style is diagram.css.
void DrawDiagram(const DiagramLayout& layout, DrawnFor reader, std::ostream& out);

/// A line and what it means.
struct LegendSample {
  std::string_view meaning;
  bool overlap = false;  // no line, but the bracket of two volumes
  Flow forward = Flow::kNone;
  Flow backward = Flow::kNone;
};
const std::vector<LegendSample>& Legend();

/// Draws the line of a sample, as it is drawn in diagrams.
inline constexpr int kSampleWidth = 48;
inline constexpr int kSampleHeight = 20;
void DrawSample(const LegendSample& sample, std::ostream& out);

}  // namespace mountguard::cli

#endif  // MOUNTGUARD_CLI_EXPLAIN_DIAGRAM_SVG_H_
